// The script of every page: readings of the sliders, and a few keys. Pages work without it.

const field = (id) => document.getElementById(id);

/** Instants are text to the microsecond; the slider only needs milliseconds. */
function connectTime() {
  const position = field("position-slider"), asOfPosition = field("as-of-position");
  if (position && asOfPosition && !position.disabled) {
    position.hidden = false;
    position.addEventListener("input", () => { asOfPosition.value = position.value; });
    asOfPosition.addEventListener("input", () => { if (/^\d+$/.test(asOfPosition.value)) position.value = asOfPosition.value; });
  }
  const time = field("time-slider"), asOf = field("as-of");
  if (time && asOf) {
    const first = Date.parse(time.dataset.first), last = Date.parse(time.dataset.last);
    if (Number.isNaN(first) || Number.isNaN(last)) return;
    const known = Date.parse(asOf.value);
    if (!Number.isNaN(known) && last > first) time.value = String(Math.round((known - first) / (last - first) * 1000));
    time.hidden = false;
    time.addEventListener("input", () => {
      const instant = new Date(first + Math.round((last - first) * Number(time.value) / 1000));
      asOf.value = instant.toISOString().replace(/\.(\d{3})Z$/, (_, ms) => ms === "000" ? "Z" : `.${ms}000Z`);
    });
  }
}

/** `/` moves to the first filter, j and k move through the rows. */
function connectKeys() {
  const rows = () => [...document.querySelectorAll("table.rows tbody tr, article.event")];
  const firstLink = (row) => row?.querySelector("a, button, summary");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (event.key === "/") {
      const filter = document.querySelector("[data-shortcut='/']");
      if (filter) { event.preventDefault(); filter.focus(); filter.select(); }
    } else if (event.key === "j" || event.key === "k") {
      const all = rows();
      const here = all.findIndex((row) => row.contains(document.activeElement));
      const next = event.key === "j" ? Math.min(here + 1, all.length - 1) : Math.max(here - 1, 0);
      firstLink(all[next])?.focus();
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

connectTime();
connectKeys();
connectForms();
