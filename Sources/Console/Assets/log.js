// The log's page: checks of inclusion, and events as they arrive.

import { shownInstant } from "./console.js";
import { checkInclusion, get, toHex } from "./proof.js";

const events = document.getElementById("events");
const template = document.getElementById("event-template");
const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** Shows the verdict first, then the comparisons, then each step of the path. */
function showProof(box, result) {
  box.replaceChildren();
  box.append(element("p", result.holds
    ? "Checked here: the event is in the log under this root."
    : "DOES NOT HOLD: what the service shows is not what its tree was built from.", `verdict ${result.holds ? "good" : "poor"}`));
  for (const finding of result.findings) {
    const line = element("p");
    line.append(element("strong", `${finding.name}: ${finding.holds ? "agrees" : "differs"}. `), finding.text);
    line.append(element("code", `worked out ${finding.shown}`, "hash"), element("code", `answered   ${finding.expected}`, "hash"));
    box.append(line);
  }
  const details = element("details"), list = element("ol");
  details.append(element("summary", `${result.steps.length} steps of the audit path`));
  for (const step of result.steps) {
    const item = element("li");
    item.append(element("code", `${step.side} ${toHex(step.sibling)}`, "hash"), element("code", `→ ${toHex(step.hash)}`, "hash"));
    list.append(item);
  }
  details.append(list);
  box.append(details);
}

async function prove(button) {
  const article = button.closest("article");
  const box = article.querySelector(".proof");
  button.disabled = true;
  box.replaceChildren(element("p", "Checking…", "quiet"));
  try {
    showProof(box, await checkInclusion(Number(article.dataset.position)));
  } catch (error) {
    box.replaceChildren(element("p", `Could not be checked: ${error.message ?? error}`, "verdict fair"));
  }
  button.disabled = false;
}

function connectProofs(root) {
  for (const button of root.querySelectorAll("button.prove")) {
    button.hidden = false;
    button.addEventListener("click", () => prove(button));
  }
}

const filter = new URLSearchParams(location.search);
function isWanted(event) {
  const type = filter.get("type"), stream = filter.get("stream");
  return (!type || event.type === type) && (!stream || event.stream.includes(stream));
}

let last = 0;
const keep = 200;

/** Adds an event at the top, as text only. */
function add(event) {
  if (event.position <= last) return;
  last = event.position;
  if (!isWanted(event)) return;
  const article = template.content.cloneNode(true).querySelector("article");
  article.id = `event-${event.position}`;
  article.dataset.position = String(event.position);
  const link = article.querySelector("a.position");
  link.textContent = `#${count(event.position)}`;
  link.href = `/log?position=${event.position}`;
  article.querySelector(".type").textContent = event.type;
  article.querySelector(".meta code").textContent = event.stream;
  article.querySelector(".meta span").textContent = `v${event.stream_version} · recorded ${shownInstant(event.recorded_at)}`
    + (event.effective_at ? ` · effective ${shownInstant(event.effective_at)}` : "");
  article.querySelector(".leaf").textContent = event.leaf_hash;
  article.querySelector("pre").textContent = JSON.stringify(event.payload, null, 2);
  connectProofs(article);
  events.prepend(article);
  while (events.children.length > keep) events.lastElementChild.remove();
}

/** Follows the log by the event stream, or by polling in a browser without streams. */
class Follower {
  constructor(status) { this.status = status; }

  start() {
    this.isOn = true;
    if (!globalThis.EventSource) { this.poll(); return; }
    const source = this.source = new EventSource(`/api/ledger/events/stream?after=${last}`);
    const take = (message) => {
      try { add(JSON.parse(message.data)); } catch { /* The frame is not an event. */ }
    };
    source.onopen = () => { this.say("live, by the event stream"); };
    source.onmessage = take;
    for (const option of document.querySelectorAll("#filter-type option")) {
      if (option.value) source.addEventListener(option.value, take);
    }
    source.onerror = () => {
      if (!this.isOn) return;
      if (source.readyState === EventSource.CLOSED) { source.close(); this.poll(); } else { this.say("reconnecting…"); }
    };
  }

  async poll() {
    if (!this.isOn) return;
    try {
      const list = await get(`/api/ledger/events?after=${last}&limit=100`);
      list.events.forEach(add);
      this.say("live, asking every 2 seconds");
    } catch (error) {
      this.say(`not live: ${error.message ?? error}`);
    }
    this.timer = setTimeout(() => this.poll(), 2000);
  }

  stop() {
    this.isOn = false;
    this.source?.close();
    clearTimeout(this.timer);
    this.say("");
  }

  say(text) { if (this.status.textContent !== text) this.status.textContent = text; }
}

connectProofs(document);
const live = document.getElementById("live");
if (live) {
  last = Number(live.dataset.after);
  const follower = new Follower(document.getElementById("live-status"));
  document.getElementById("live-label").hidden = false;
  live.addEventListener("change", () => { if (live.checked) follower.start(); else follower.stop(); });
}
