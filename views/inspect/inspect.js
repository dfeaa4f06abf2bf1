// @ts-check
/// <reference lib="dom" />
// The inspector: shows what clients do while they do it, and the verdict on it.
import { byId } from "../guide/exchange.js";
import { follow } from "./feed.js";
import { clientVerdict, countOf, missingText, verdictText } from "./model.js";
import { createTimeline } from "./timeline.js";

/**
 * @typedef {import("./model.js").Exchange} Exchange
 * @typedef {import("./model.js").Report} Report
 */

/** As many as the server keeps of a sandbox. */
const MAX_EXCHANGES = 2000;

const root = byId("inspect");
const pause = byId("pause");
const filter = byId("filter");
const brokenOnly = byId("broken-only");
/** @type {{ events: string, report: string, exchanges: string }} */
const urls = JSON.parse(root.dataset.urls ?? "{}");
const timeline = createTimeline(byId("timeline"), JSON.parse(root.dataset.endpoints ?? "{}"));

/** @type {Map<number, Exchange>} */
const known = new Map();
/** @type {Report | undefined} */
let report;
let connection = "connecting";
/** How many exchanges have come since the timeline was paused. */
let waiting = 0;
/** How many fit the filter. */
let fitting = 0;
let isPaused = false;
let isPlanned = false;
/** Whether the line that the page's address names has been shown. */
let isTargetOpen = location.hash === "";

const refresh = follow(urls, {
  onExchange: (exchange) => {
    if (!known.has(exchange.sequence)) waiting++;
    known.set(exchange.sequence, exchange);
    const [oldest = 0] = known.keys();
    if (known.size > MAX_EXCHANGES) known.delete(oldest);
    plan();
  },
  onCleared: () => {
    known.clear();
    plan();
  },
  onReport: (judged) => {
    report = judged;
    plan();
  },
  onState: (state) => {
    connection = state;
    plan();
  },
  onRefused: (reason, isForbidden) => {
    connection = "not connected";
    byId("reason").textContent = `${reason}.`;
    byId("remedy").hidden = !isForbidden;
    byId("refused").hidden = false;
    // Nothing will come that could be filtered, paused, cleared or downloaded.
    const dead = document.querySelectorAll("#inspect > .toolbar, #inspect > .ways-on");
    for (const element of dead) element.toggleAttribute("hidden", true);
    document.getElementById("empty")?.remove();
    plan();
  },
});

filter.addEventListener("input", plan);
brokenOnly.addEventListener("change", plan);
pause.addEventListener("click", () => {
  isPaused = !isPaused;
  waiting = 0;
  pause.setAttribute("aria-pressed", String(isPaused));
  plan();
});
const dialog = byId("clear-dialog");
byId("clear").addEventListener("click", () => {
  const clients = report?.clients.map((client) => `“${client.name ?? client.id}”, ${clientVerdict(client)}`) ?? [];
  const loss = [countOf(known.size, "exchange"), ...clients].join("; ");
  byId("clear-loss").textContent = `What will be lost: ${loss}.`;
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
});
dialog.addEventListener("close", async () => {
  if (!(dialog instanceof HTMLDialogElement) || dialog.returnValue !== "clear") return;
  dialog.returnValue = "";
  const response = await fetch(urls.exchanges, { method: "DELETE" });
  if (!response.ok) return;
  known.clear();
  await refresh();
});
addEventListener("hashchange", openTarget);

/** Everything that changed within a frame is shown at once. */
function plan() {
  if (isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(show);
}

/**
 * Numbers alone don't tell where several processes have served a flow.
 *
 * @param {import("./model.js").Exchange} one
 * @param {import("./model.js").Exchange} other
 */
function inOrder(one, other) {
  return one.receivedAtMs - other.receivedAtMs || one.sequence - other.sequence;
}

function show() {
  isPlanned = false;
  if (isPaused) return showState();
  waiting = 0;
  const { isComplete, count } = timeline.show({
    exchanges: [...known.values()].sort(inOrder),
    report,
    filter: filter instanceof HTMLInputElement ? filter.value.trim() : "",
    isBrokenOnly: brokenOnly instanceof HTMLInputElement && brokenOnly.checked,
  });
  fitting = count;
  showState();
  document.getElementById("empty")?.toggleAttribute("hidden", known.size > 0);
  byId("no-match").hidden = count > 0 || known.size === 0;
  if (!isComplete) plan();
  else if (!isTargetOpen) openTarget();
}

function showState() {
  const all = countOf(known.size, "exchange");
  const count = fitting < known.size ? `${fitting} of ${all}` : all;
  byId("state").textContent = isPaused ? `paused, ${waiting} new` : `${connection}, ${count}`;
  const verdict = byId("verdict");
  const text = report ? verdictText(report) : "";
  // What does not change is not read out again.
  if (verdict.textContent !== text) verdict.textContent = text;
  verdict.className = `verdict verdict-${report?.verdict ?? "incomplete"}`;
  byId("missing").textContent = report ? missingText(report.record) : "";
}

/** Opens the line that the page's address names. */
function openTarget() {
  const line = document.getElementById(location.hash.slice(1));
  if (!line) return;
  isTargetOpen = true;
  timeline.fillAt(line.id);
  line.querySelector("details")?.setAttribute("open", "");
  line.scrollIntoView();
}
