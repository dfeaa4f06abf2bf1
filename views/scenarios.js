// @ts-check
/// <reference lib="dom" />
/**
 * The catalogue's page: shows as one types what fits, opens the scenario that the address names, and makes the one that
 * the address carries.
 *
 * @module
 */
import { countText, isFound } from "./scenarios_search.js";

const search = document.getElementById("search");
const count = document.getElementById("count");

if (search instanceof HTMLInputElement) {
  search.form?.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", () => show(search.value));
  addEventListener("hashchange", () => openNamed(search));
  // A browser that goes back fills in what was typed.
  show(search.value);
  openNamed(search);
}

const maker = document.querySelector("form[data-definition]");
maker?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (maker instanceof HTMLFormElement) make(maker);
});

/**
 * Makes the scenario that the address carries, and says where it is.
 *
 * @param {HTMLFormElement} form
 */
async function make(form) {
  const { url = "", definition = "", label = "" } = form.dataset;
  const [status, made] = [document.getElementById("making"), document.getElementById("made")];
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: definition,
  });
  const answer = await response.json();
  if (status) status.textContent = response.ok ? "It is there:" : answer.error_description;
  if (!response.ok || !made) return;
  const base = `${answer.scenarios[0].url}~${label}`;
  for (const code of made.querySelectorAll("code")) code.textContent = base + code.textContent;
  for (const link of made.querySelectorAll("a")) link.setAttribute("href", base + link.getAttribute("href"));
  made.hidden = false;
  form.hidden = true;
}

/**
 * Shows the scenarios that a query finds, and the groups that have some.
 *
 * @param {string} query
 */
function show(query) {
  const all = entriesOf(document);
  for (const entry of all) entry.hidden = !isFound(textOf(entry), query);
  for (const group of document.querySelectorAll(".group")) {
    if (group instanceof HTMLElement) group.hidden = entriesOf(group).every(({ hidden }) => hidden);
  }
  if (count) count.textContent = countText(all.filter(({ hidden }) => !hidden).length, all.length);
  const url = new URL(location.href);
  if (query === "") url.searchParams.delete("q");
  else url.searchParams.set("q", query);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

/**
 * @param {ParentNode} parent
 * @returns {HTMLElement[]}
 */
function entriesOf(parent) {
  return [...parent.querySelectorAll(".scenario")].filter((found) => found instanceof HTMLElement);
}

/**
 * What the server searches, too: not the addresses, which every entry has.
 *
 * @param {HTMLElement} entry
 */
function textOf(entry) {
  return [...entry.querySelectorAll("summary, [data-searched]")].map(({ textContent }) => textContent).join(" ");
}

/**
 * Opens the scenario that the address names; not every browser does so by itself.
 *
 * @param {HTMLInputElement} input
 */
function openNamed(input) {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const entry = named?.closest(".scenario");
  if (!named || !(entry instanceof HTMLElement)) return;
  if (entry.hidden) {
    input.value = "";
    show("");
  }
  entry.querySelector("details")?.setAttribute("open", "");
  named.scrollIntoView();
}
