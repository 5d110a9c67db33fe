// Follows the progress of the projection versions while the page is open.

import { get } from "./proof.js";

const [calm, busy] = [2000, 500];
const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
const all = (selector, version) => document.querySelectorAll(`${selector}[data-version="${CSS.escape(version)}"]`);
const key = (row) => `${row.name}/${row.version}/c${row.code_version}`;

// The state in the page's words.
function state(row) {
  const standing = row.poison !== null ? "stopped" : row.frozen ? "frozen" : row.served ? "served" : row.state;
  return row.rebuild_position === null ? standing : `${standing}, rebuilding`;
}

/** Whether the page shows exactly these versions in these states, so that only figures have changed. */
function isShown(rows) {
  return document.querySelectorAll(".state[data-version]").length === rows.length
    && rows.every((row) => all(".state", key(row))[0]?.dataset.state === state(row));
}

/** Replaces the table and the cards with the service's current ones, except a part that the reader is using. */
async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["projections", "versions"]) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (old && fresh && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(fresh));
  }
}

function move(row, head) {
  const version = key(row), done = row.rebuild_position ?? row.position;
  for (const element of all(".folded", version)) element.textContent = count(row.position);
  for (const element of all(".lag", version)) element.textContent = count(row.lag);
  for (const element of all(".rebuilt", version)) element.textContent = `rebuilt to ${count(done)}`;
  for (const element of all("progress", version)) {
    element.max = head;
    element.value = done;
    element.closest(".progress").hidden = done === head && row.rebuild_position === null;
  }
}

async function refresh() {
  const { projections, head_position: head } = await get("/api/ledger/projections");
  if (!isShown(projections)) await renew();
  for (const row of projections) move(row, head);
  return projections.some((row) => row.rebuild_position !== null);
}

// The page shows the state at the time of its request; only the changing parts are requested again.
async function follow() {
  let isBusy = false;
  if (!document.hidden) {
    try { isBusy = await refresh(); } catch { return; }
  }
  setTimeout(follow, isBusy ? busy : calm);
}

setTimeout(follow, busy);
