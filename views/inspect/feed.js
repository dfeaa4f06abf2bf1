// @ts-check
/// <reference lib="dom" />
// Where the inspector's news comes from: exchanges as server-sent events, and the report, requested when they pause.

/**
 * @typedef {import("./model.js").Exchange} Exchange
 * @typedef {import("./model.js").Report} Report
 */

/**
 * @typedef {object} Listener
 * @property {(exchange: Exchange) => void} onExchange Something is new, or has changed.
 * @property {() => void} onCleared The record was cleared, the sandbox reset, or the server restarted.
 * @property {(report: Report) => void} onReport
 * @property {(state: string) => void} onState Whether there is a connection, in words.
 * @property {(reason: string, isForbidden: boolean) => void} onRefused Why the server shows nothing of this sandbox.
 */

/** How long it must be quiet before the report is requested, and how long that can be put off. */
const SETTLE_MS = 300;
const PATIENCE_MS = 2000;

/**
 * Follows what happens in a sandbox.
 *
 * @param {{ events: string, report: string }} urls
 * @param {Listener} listener
 * @returns {() => Promise<void>} Requests the report.
 */
export function follow(urls, { onExchange, onCleared, onReport, onState, onRefused }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let waitingSince = 0;

  const refresh = async () => {
    waitingSince = 0;
    const response = await fetch(urls.report).catch(() => undefined);
    if (!response) return;
    const answer = await response.json();
    if (response.ok) onReport(answer);
    else onRefused(answer.error_description, response.status !== 404);
  };

  // Judging reads the whole record, so exchanges that come together are judged together.
  const refreshSoon = () => {
    if (waitingSince === 0) waitingSince = performance.now();
    clearTimeout(timer);
    timer = setTimeout(refresh, Math.min(SETTLE_MS, waitingSince + PATIENCE_MS - performance.now()));
  };

  const source = new EventSource(urls.events);
  source.addEventListener("open", () => onState("live"));
  source.addEventListener("error", () => {
    // If the server refuses for good, its answer to the request for the report says why.
    if (source.readyState !== EventSource.CLOSED) onState("connecting again");
  });
  source.addEventListener("exchange", ({ data }) => {
    onExchange(JSON.parse(data));
    refreshSoon();
  });
  source.addEventListener("cleared", () => {
    onCleared();
    refreshSoon();
  });
  refresh();
  return refresh;
}
