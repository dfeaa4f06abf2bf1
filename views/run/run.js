// @ts-check
/// <reference lib="dom" />
// Keeps the scorecard up to date: asks for the run, and takes the page anew once the run has changed.

const EVERY_MS = 3000;

/** @type {string | undefined} */
let known;

setInterval(() => void look(), EVERY_MS);

/** Asks for the run where somebody looks at it. */
async function look() {
  const shown = document.getElementById("scorecard");
  const url = shown?.dataset.run;
  if (url === undefined || document.hidden) return;
  const text = await fetch(url).then((response) => response.ok ? response.text() : undefined, () => undefined);
  if (text === undefined || text === known) return;
  const isFirst = known === undefined;
  known = text;
  if (!isFirst) await renew();
}

/** Puts the scorecard of the page as it is now in place of the one that is shown. */
async function renew() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.getElementById("scorecard");
  const shown = document.getElementById("scorecard");
  if (!next || !shown) return;
  const open = [...shown.querySelectorAll("details[open] > summary")].map(({ textContent }) => textContent);
  for (const summary of next.querySelectorAll("details > summary")) {
    if (open.includes(summary.textContent)) summary.parentElement?.setAttribute("open", "");
  }
  shown.replaceWith(document.importNode(next, true));
}
