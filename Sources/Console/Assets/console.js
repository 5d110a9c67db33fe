// The script of every page: the play head, menus that close, a few keys, and times by the reader's clock. Pages work
// without it.

const field = (id) => document.getElementById(id);
const zone = document.documentElement.dataset.zone;

/** An instant by the reader's clock, in parts: `2026-01-30`, `16:14:08`, `EST`. */
function face(instant) {
  // The Swedish form of a date is that of ISO 8601.
  const [date, time] = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(instant).split(" ");
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "short" }).formatToParts(instant);
  return { date, time, name: parts.find((part) => part.type === "timeZoneName").value };
}

/** `2026-01-30 16:14:08 EST`, as in the tables that the service writes. */
export function shownInstant(text) {
  const instant = Date.parse(text);
  if (Number.isNaN(instant)) return text;
  const { date, time, name } = face(instant);
  return `${date} ${time} ${name}`;
}

/** The play head sets the form's fields; letting go of it sends the form. At the end of the log it means the latest. */
function connectPlayHead(head) {
  const form = head.form, known = form.elements.known, after = form.elements.after;
  const reading = head.parentElement.parentElement.querySelector("output");
  const first = Date.parse(head.dataset.first), last = Date.parse(head.dataset.last);
  if (Number.isNaN(first) || Number.isNaN(last)) return;
  head.hidden = false;
  head.addEventListener("input", () => {
    const isLatest = head.value === head.max;
    const { date, time, name } = face(first + Math.round((last - first) * Number(head.value) / Number(head.max)));
    known.value = isLatest ? "" : `${date}T${time}`;
    after.value = "";
    reading.value = isLatest ? "Latest" : `${date} ${time} ${name}`;
  });
  head.addEventListener("pointerup", () => { if (reading.value) form.requestSubmit(); });
}

/** Escape closes what is open, and the focus returns to what opened it. So does a click elsewhere. */
function connectMenus() {
  const close = (event) => {
    for (const menu of document.querySelectorAll("details:is(.menu, .moment)[open]")) {
      if (event.type === "click" && menu.parentElement.contains(event.target)) continue;
      if (event.type === "keydown" && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  };
  document.addEventListener("click", close);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(event); });
}

/** `/` moves to the first filter, j and k move through the rows, o opens one, g and a letter lead to a page, ? shows the keys. */
function connectKeys() {
  const rows = () => [...document.querySelectorAll("table.rows tbody tr, article.event")];
  const pages = { t: "trades", p: "performance", o: "operations", l: "log", v: "projections" };
  let isGoing = false;
  const firstLink = (row) => row?.querySelector("a, button, summary");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const wasGoing = isGoing;
    isGoing = event.key === "g" && !wasGoing;
    if (wasGoing && pages[event.key]) return document.querySelector(`.top nav a[href^="/${pages[event.key]}"]`)?.click();
    if (event.key === "/") {
      const filter = document.querySelector("[data-shortcut='/']");
      if (filter) { event.preventDefault(); filter.focus(); filter.select(); }
    } else if (event.key === "j" || event.key === "k") {
      const all = rows();
      const here = all.findIndex((row) => row.contains(document.activeElement));
      const next = event.key === "j" ? Math.min(here + 1, all.length - 1) : Math.max(here - 1, 0);
      firstLink(all[next])?.focus();
    } else if (event.key === "o") {
      firstLink(rows().find((row) => row.contains(document.activeElement)))?.click();
    } else if (event.key === "?") {
      field("keys").togglePopover();
    }
  });
}

/** Sends a form that acts only once. */
function connectForms() {
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", () => {
      setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
    });
  }
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("form[method=post] button:disabled")) button.disabled = false;
  });
}

for (const head of document.querySelectorAll(".strip input")) connectPlayHead(head);
connectMenus();
connectKeys();
connectForms();
