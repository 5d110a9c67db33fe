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

/** `/` moves to the first filter, p to the page's number, j and k move through the rows, o opens one, g and a letter lead to a page, ? shows the keys. */
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
    if (event.key === "/" || event.key === "p") {
      const field = document.querySelector(`[data-shortcut='${event.key}']`);
      if (field) { event.preventDefault(); field.focus(); field.select(); }
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

/** The exact figure of a cell in units of 10^-10; null if the cell has none. The title has the digits that the text leaves out. */
function units(cell) {
  const figure = cell?.querySelector(".figure");
  const text = figure?.title.replace(/^exactly /, "") || figure?.textContent.replaceAll(",", "").replace("\u2212", "-");
  const parts = text?.match(/^(-?)([0-9]+)(?:\.([0-9]{1,10}))?$/);
  return parts ? BigInt(parts[1] + parts[2] + (parts[3] ?? "").padEnd(10, "0")) : null;
}

/** The text of a sum: grouped, with two digits at least and none left out. */
function sumText(sum) {
  const digits = (sum < 0n ? -sum : sum).toString().padStart(11, "0");
  const whole = digits.slice(0, -10).replace(/\B(?=(?:[0-9]{3})+$)/g, ",");
  return `${sum < 0n ? "\u2212" : ""}${whole}.${digits.slice(-10).replace(/0{1,8}$/, "")}`;
}

/** A click on a row, or x, chooses it. Below the table stand the sums of the chosen rows, of the columns that the list adds up. */
function connectChoice(body) {
  const table = body.closest("table");
  const said = document.createElement("p");
  said.className = "chosen";
  said.setAttribute("aria-live", "polite");
  table.parentElement.after(said);
  const show = () => {
    const rows = [...body.querySelectorAll("tr[data-chosen]")];
    const sums = [...table.querySelectorAll("tfoot tr > *")].flatMap((foot, index) => {
      if (!foot.querySelector(".figure")) return [];
      const known = rows.map((row) => units(row.children[index])).filter((value) => value !== null);
      if (!known.length) return [];
      const of = known.length === rows.length ? "" : ` (of ${known.length})`;
      return [`${foot.dataset.label} ${sumText(known.reduce((sum, value) => sum + value, 0n))}${of}`];
    });
    const count = rows.length === 1 ? "1 row" : `${rows.length} rows`;
    said.textContent = rows.length ? [`${count} of this page chosen`, ...sums].join(" \u00b7 ") : "";
  };
  const choose = (row) => { if (row) { row.toggleAttribute("data-chosen"); show(); } };
  body.addEventListener("click", (event) => {
    if (event.target.closest("a, button, summary, input, label") || getSelection().toString()) return;
    choose(event.target.closest("tr"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (event.key === "x") choose([...body.children].find((row) => row.contains(document.activeElement)));
    if (event.key === "Escape" && said.textContent) {
      for (const row of body.querySelectorAll("tr[data-chosen]")) row.removeAttribute("data-chosen");
      show();
    }
  });
}

/** Sends a form that acts only once. A draft acts on nothing, and its file leaves the page as it is. */
function connectForms() {
  for (const form of document.querySelectorAll("form[method=post]:not(.draft)")) {
    form.addEventListener("submit", () => {
      setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
    });
  }
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("form[method=post] button:disabled")) button.disabled = false;
  });
}

/** Asks for the page again every few seconds, and takes over the parts that follow the ledger, except one that the reader uses. */
function connectRenewal() {
  const marked = () => [...document.querySelectorAll("[data-renew][id]")];
  const wait = () => {
    const seconds = marked().map((part) => Number(part.dataset.renew));
    if (seconds.length) setTimeout(renew, 1000 * Math.min(...seconds));
  };
  async function renew() {
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.ok && !answer.redirected) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          for (const part of marked()) {
            const fresh = page.getElementById(part.id);
            const isUsed = part.contains(document.activeElement) || part.contains(getSelection().anchorNode);
            if (fresh && !isUsed && fresh.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(fresh));
          }
        }
      } catch { /* The next turn asks again. */ }
    }
    wait();
  }
  wait();
}

connectRenewal();
for (const head of document.querySelectorAll(".strip input")) connectPlayHead(head);
connectMenus();
connectKeys();
connectForms();
for (const body of document.querySelectorAll("tbody#rows")) connectChoice(body);
