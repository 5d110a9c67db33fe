// Checks in the browser that an event is in the log: its leaf hash, and the audit path from it to the root (RFC 6962, 9162).

import { concat, leafBytes } from "./canonical.js";

export const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text) {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new Error("expected hex digits");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The hash of an event's leaf, computed from its columns. */
export async function leafHash(event) { return sha256(leafBytes(event)); }

/**
 * The root that a leaf and an audit path lead to (RFC 9162, 2.1.3.2), with the steps on the way.
 * Sizes are below 2^53. The code divides instead of shifting, because shifts would cut sizes to 32 bits.
 */
export async function rootFromPath(leaf, index, size, path) {
  if (index >= size) throw new Error("the event is beyond the tree");
  let node = index, last = size - 1, hash = leaf;
  const steps = [];
  for (const sibling of path) {
    if (last === 0) throw new Error("the audit path is too long");
    if (node % 2 === 1 || node === last) {
      hash = await sha256(concat([1], sibling, hash));
      steps.push({ side: "left", sibling, hash });
      while (node % 2 === 0 && node !== 0) { node = Math.floor(node / 2); last = Math.floor(last / 2); }
    } else {
      hash = await sha256(concat([1], hash, sibling));
      steps.push({ side: "right", sibling, hash });
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Error("the audit path is too short");
  return { root: hash, steps };
}

/** Fetches an event, its audit path and the head, and reports whether they agree. Throws if they cannot be fetched. */
export async function checkInclusion(position) {
  if (!globalThis.crypto?.subtle) throw new Error("this browser offers WebCrypto only over HTTPS or on this very computer");
  const head = await get("/api/ledger/head");
  const event = await get(`/api/ledger/events/${position}`);
  const proof = await get(`/api/ledger/proof/inclusion?position=${position}&size=${head.position}`);
  const leaf = await leafHash(event);
  const findings = [];
  findings.push({
    name: "leaf hash", holds: toHex(leaf) === event.leaf_hash, shown: toHex(leaf), expected: event.leaf_hash,
    text: "SHA-256 over 0x00 and the canonical JSON of the event, against the one recorded",
  });
  let root = null, steps = [], problem = null;
  try {
    ({ root, steps } = await rootFromPath(leaf, position - 1, proof.size, proof.path.map(fromHex)));
  } catch (error) {
    problem = String(error.message ?? error);
  }
  findings.push({
    name: "audit path", holds: root !== null && toHex(root) === head.root_hash && proof.size === head.position,
    shown: root ? toHex(root) : problem, expected: head.root_hash,
    text: `${steps.length} steps from the leaf to the root of the head, ${head.position} events`,
  });
  return { holds: findings.every((finding) => finding.holds), findings, steps, head };
}

export async function get(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (response.status === 401) throw new Error("the session has ended: sign in again");
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `the service answered ${response.status}`);
  }
  return response.json();
}
