// Verifies the file that it stands in, and shows what was verified. Nothing is fetched.

const text = (id) => document.getElementById(id).textContent;
const fromBase64 = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const encode = (string) => new TextEncoder().encode(string);

/** A note (C2SP signed-note) with a checkpoint in it: what was signed, its lines, and its signatures. */
function readNote(note) {
  const split = note.lastIndexOf("\n\n");
  if (split < 0) throw new Error("the head has no signature");
  const signed = note.slice(0, split + 1);
  const [origin, size, root, ...extensions] = signed.slice(0, -1).split("\n");
  const signatures = note.slice(split + 2).split("\n").filter((line) => line !== "").map((line) => {
    const parts = line.split(" ");
    if (parts.length !== 3 || parts[0] !== "\u2014") throw new Error("a signature line is malformed");
    const bytes = fromBase64(parts[2]);
    return { name: parts[1], hash: toHex(bytes.slice(0, 4)), bytes: bytes.slice(4) };
  });
  return { signed, origin, size: Number(size), root: toHex(fromBase64(root)), extensions, signatures };
}

/** A verifier's key: `name+hash+base64`, of the algorithm Ed25519. */
async function readKey(vkey) {
  const [name, hash, ...rest] = vkey.split("+");
  const bytes = fromBase64(rest.join("+"));
  if (bytes.length !== 33 || bytes[0] !== 1) throw new Error("the key is none of Ed25519");
  const expected = toHex((await sha256(concat(encode(`${name}\n`), bytes))).slice(0, 4));
  if (expected !== hash) throw new Error("the key's hash is not that of the key");
  return { name, hash, key: await crypto.subtle.importKey("raw", bytes.slice(1), { name: "Ed25519" }, false, ["verify"]) };
}

/** Checks everything that the page shows. The first finding that does not hold makes the page worthless. */
async function check(body, note, vkey) {
  const findings = [];
  const find = async (name, test) => {
    try { findings.push({ name, holds: (await test()) === true }); } catch (error) { findings.push({ name, holds: false, why: error.message }); }
  };
  const head = readNote(note), proof = JSON.parse(body);
  await find("The head is signed by the key below", async () => {
    const key = await readKey(vkey);
    if (key.name !== head.origin) throw new Error("the key is of another ledger");
    const own = head.signatures.filter((signature) => signature.name === key.name && signature.hash === key.hash);
    if (own.length === 0) throw new Error("the key signed nothing here");
    for (const signature of own) {
      if (!await crypto.subtle.verify({ name: "Ed25519" }, key.key, signature.bytes, encode(head.signed))) return false;
    }
    return true;
  });
  await find("The head vouches for every letter of this page's document", async () => {
    const line = head.extensions.find((line) => line.includes("/proof-page "));
    return line?.split(" ")[1] === `sha256:${toHex(await sha256(encode(body)))}`;
  });
  await find("The row is one of the view's rows that the head vouches for", async () => {
    const line = head.extensions.find((line) => line.includes("/rows "))?.split(" ") ?? [];
    const leaf = await sha256(concat([0], encode(`${proof.row}\n`)));
    const { root } = await rootFromPath(leaf, proof.index, proof.rows, proof.path.map(fromHex));
    return Number(line[4]) === proof.rows && line[5] === `sha256:${toHex(root)}`;
  });
  await find("The explained figure is the row's", async () => {
    if (proof.field === null) return true;
    const value = JSON.parse(proof.row)[proof.field];
    if (value === undefined) throw new Error("the row has no such column");
    const explained = proof.explanation.value;
    return JSON.stringify(value) === JSON.stringify(explained) || Number(value) === explained;
  });
  for (const { position, leaf, path } of proof.events) {
    await find(`Event ${position} is in the log`, async () => {
      if (JSON.parse(leaf).position !== position) throw new Error("the event has another position");
      const { root } = await rootFromPath(await sha256(concat([0], encode(leaf))), position - 1, head.size, path.map(fromHex));
      return toHex(root) === head.root;
    });
  }
  return { head, proof, findings };
}

function element(name, content, parent) {
  const made = document.createElement(name);
  made.textContent = content;
  parent.append(made);
  return made;
}

function show({ head, proof, findings }) {
  const main = document.querySelector("main");
  const row = JSON.parse(proof.row);
  element("h2", proof.field === null ? "The row" : proof.field.replaceAll("_", " "), main);
  if (proof.field !== null) {
    const value = row[proof.field];
    element("p", value === null ? "absent" : typeof value === "object" ? JSON.stringify(value) : String(value), main).className = "value";
  }
  element("p", `${proof.view}: ${proof.key.join(" · ")}, as of event ${head.size} of ${head.origin}`, main);
  const list = (title, lines) => {
    if (lines.length === 0) return;
    element("h2", title, main);
    const items = element("ul", "", main);
    for (const line of lines) element("li", line, items);
  };
  const shown = (value) => (value === null ? "absent" : typeof value === "object" ? JSON.stringify(value) : String(value));
  const explanation = proof.explanation;
  list("The arithmetic", (explanation.steps ?? []).map((step) => `${step.text}: ${step.formula} = ${shown(step.result)}`));
  list("Made from", (explanation.inputs ?? []).map((input) => `${input.name} = ${shown(input.value)}${input.position ? `, from event ${input.position}` : ""}`));
  list("Rules", (explanation.rules ?? []).map((rule) => `${rule.file}, line ${rule.line}: ${rule.text}`));
  list("Notes", explanation.notes ?? []);
  list("All columns of the row", Object.entries(row).map(([name, value]) => `${name}: ${shown(value)}`));
  element("h2", "The events", main);
  for (const { position, leaf } of proof.events) {
    const details = element("details", "", main);
    element("summary", `${position}: ${JSON.parse(leaf).type}`, details);
    element("pre", JSON.stringify(JSON.parse(leaf), null, 2), details);
  }
  element("h2", "What was checked", main);
  const checked = element("ul", "", main);
  for (const { name, holds, why } of findings) {
    element("li", `${holds ? "holds" : "DOES NOT HOLD"}: ${name}${why ? ` (${why})` : ""}`, checked).className = holds ? "holds" : "fails";
  }
}

const verdict = document.getElementById("verdict");
try {
  if (!globalThis.crypto?.subtle) throw new Error("this browser offers no WebCrypto to files");
  const result = await check(text("proof"), text("note"), text("vkey"));
  const failed = result.findings.filter((finding) => !finding.holds);
  verdict.className = failed.length === 0 ? "holds" : "fails";
  verdict.textContent = failed.length === 0
    ? `Everything below holds: ${result.findings.length} checks, made just now in this browser.`
    : `Do not trust this page: ${failed.map((finding) => finding.name).join("; ")}: does not hold.`;
  show(result);
} catch (error) {
  verdict.className = "fails";
  verdict.textContent = `Nothing could be checked, so trust nothing here: ${error.message}`;
}
