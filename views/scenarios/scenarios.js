// @ts-check
/// <reference lib="dom" />
// The catalogue's page: searches while the reader types, opens the scenario that the address names, and creates the one
// that the address carries.
import { countText, hintsFor, isFound } from "./search.js";

const search = document.getElementById("search");
const count = document.getElementById("count");
/**
 * The text of each part, read once.
 *
 * @type {WeakMap<HTMLElement, string>}
 */
const texts = new WeakMap();

if (search instanceof HTMLInputElement) {
  search.form?.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", () => show(search.value));
  addEventListener("hashchange", () => openNamed(search));
  // A browser that goes back restores what was typed.
  show(search.value);
  openNamed(search);
}

const maker = document.querySelector("form[data-definition]");
maker?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (maker instanceof HTMLFormElement) make(maker);
});

/**
 * Creates the scenario that the address carries, and says where it is.
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
  if (status) status.textContent = response.ok ? "Created:" : answer.error_description;
  if (!response.ok || !made) return;
  const base = `${answer.scenarios[0].url}~${label}`;
  for (const code of made.querySelectorAll("code")) code.textContent = base + code.textContent;
  for (const link of made.querySelectorAll("a")) link.setAttribute("href", base + link.getAttribute("href"));
  made.hidden = false;
  form.hidden = true;
}

/**
 * Shows the scenarios and rules that a query finds, how many each group has of them, and what else to search for where there
 * are none.
 *
 * @param {string} query
 */
function show(query) {
  const all = partsOf(document, ".scenario");
  for (const part of [...all, ...partsOf(document, ".rule")]) part.hidden = !isFound(textOf(part), query);
  for (const group of partsOf(document, ".group")) {
    const found = partsOf(group, ".scenario, .rule").filter(({ hidden }) => !hidden).length;
    group.hidden = found === 0;
    showCount(group.getAttribute("aria-labelledby") ?? "", found);
  }
  const found = all.filter(({ hidden }) => !hidden).length;
  if (count) count.textContent = countText(found, all.length);
  showHints(found === 0 ? hintsFor(all.map(textOf), query) : undefined);
  const url = new URL(location.href);
  if (query === "") url.searchParams.delete("q");
  else url.searchParams.set("q", query);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

/**
 * @param {string} id Of a group's heading.
 * @param {number} found
 */
function showCount(id, found) {
  const number = document.querySelector(`.group-index a[href="#${id}"] ~ span`);
  if (number) number.textContent = String(found);
}

/** @param {import("./search.js").Hint[]} [hints] None where something was found. */
function showHints(hints) {
  const [box, others, list] = ["hints", "hints-others", "hints-list"].map((id) => document.getElementById(id));
  if (!box || !others || !list) return;
  box.hidden = hints === undefined;
  others.hidden = !hints?.length;
  list.replaceChildren(...(hints ?? []).flatMap(({ query, count }) => {
    const link = document.createElement("a");
    link.href = `?q=${encodeURIComponent(query)}`;
    link.textContent = query;
    return [link, ` (${count}) `];
  }));
}

/**
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
function partsOf(parent, selector) {
  return [...parent.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);
}

/**
 * What the server searches too: all of a rule; of a scenario its texts and the rules that it tests, but not the addresses,
 * which every entry has.
 *
 * @param {HTMLElement} part
 * @returns {string}
 */
function textOf(part) {
  const known = texts.get(part);
  if (known !== undefined) return known;
  const own = part.matches(".rule") ? [part] : [...part.querySelectorAll("summary, [data-searched]")];
  const rules = part.matches(".rule")
    ? []
    : [...part.querySelectorAll(".facts a[href^='#C']")].map((link) => document.getElementById(link.textContent ?? ""));
  const words = part.querySelector("[data-words]")?.getAttribute("data-words") ?? "";
  const text = [...[...own, ...rules].map((found) => found?.textContent ?? ""), words].join(" ");
  texts.set(part, text);
  return text;
}

/**
 * Opens the scenario that the address names, or shows the rule or group; not every browser does so by itself.
 *
 * @param {HTMLInputElement} input
 */
function openNamed(input) {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const part = named?.closest(".scenario, .rule, .group");
  if (!named || !(part instanceof HTMLElement)) return;
  if (part.hidden) {
    input.value = "";
    show("");
  }
  if (part.matches(".scenario")) part.querySelector("details")?.setAttribute("open", "");
  named.scrollIntoView();
}
