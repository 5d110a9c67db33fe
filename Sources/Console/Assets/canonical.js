// JSON in its canonical form (RFC 8785), and the leaf of an event (RFC 6962).

/** The canonical text of a value. Only integers are permitted as numbers, because events hold decimals as text. */
export function canonical(value) {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Error(`a number in an event is no safe integer: ${value}`);
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  // The default order of strings is by UTF-16 code units, as the RFC requires.
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

const leafFields = [
  "effective_at", "event_id", "payload", "position", "recorded_at", "run_id", "schema_version", "stream", "stream_version", "type",
];

/** The bytes that an event's leaf hash covers: 0x00, then the canonical object of its columns. */
export function leafBytes(event) {
  const leaf = {};
  for (const name of leafFields) {
    if (!(name in event)) throw new Error(`the event has no ${name}`);
    leaf[name] = event[name];
  }
  return concat([0], new TextEncoder().encode(canonical(leaf)));
}

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return out;
}
