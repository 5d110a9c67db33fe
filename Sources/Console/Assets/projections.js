// Follows how far the projection versions are while the page is open.

import { get } from "./proof.js";

const every = 2000;
const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
const all = (selector, version) => document.querySelectorAll(`${selector}[data-version="${CSS.escape(version)}"]`);

async function refresh() {
  const status = await get("/api/ledger/projections");
  for (const row of status.projections) {
    const version = `${row.name}/${row.version}/c${row.code_version}`;
    for (const element of all(".folded", version)) element.textContent = count(row.position);
    for (const element of all(".lag", version)) element.textContent = count(row.lag);
    for (const element of all("progress", version)) {
      element.max = status.head_position;
      element.value = row.position;
      element.hidden = row.lag === 0;
    }
  }
}

// The page tells how it was when it was asked for; only what moves is asked again.
async function follow() {
  if (!document.hidden) {
    try { await refresh(); } catch { return; }
  }
  setTimeout(follow, every);
}

setTimeout(follow, every);
