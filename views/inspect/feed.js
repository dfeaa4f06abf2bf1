// @ts-check
/// <reference lib="dom" />
/**
 * Where the inspector's news come from: exchanges as server-sent events, and the report, asked for when they pause.
 *
 * @module
 */

/**
 * @typedef {import("./model.js").Exchange} Exchange
 * @typedef {import("./model.js").Report} Report
 */

/**
 * Who is told.
 *
 * @typedef {object} Listener
 * @property {(exchange: Exchange) => void} onExchange Something is new, or has changed.
 * @property {() => void} onCleared All there was is void: the record was cleared, the sandbox reset, the server started anew.
 * @property {(report: Report) => void} onReport
 * @property {(state: string) => void} onState Whether there is a connection, in words.
 * @property {(reason: string, isForbidden: boolean) => void} onRefused Why the server tells nothing of this sandbox.
 */

/** How long nothing has to happen before the report is asked for, and how long that may be put off. */
const SETTLE_MS = 300;
const PATIENCE_MS = 2000;

/**
 * Follows a sandbox.
 *
 * @param {{ events: string, report: string }} urls
 * @param {Listener} listener
 * @returns {() => Promise<void>} Asks for the report.
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

  // Judging reads all there is, so what comes together is judged together.
  const refreshSoon = () => {
    if (waitingSince === 0) waitingSince = performance.now();
    clearTimeout(timer);
    timer = setTimeout(refresh, Math.min(SETTLE_MS, waitingSince + PATIENCE_MS - performance.now()));
  };

  const source = new EventSource(urls.events);
  source.addEventListener("open", () => onState("live"));
  source.addEventListener("error", () => {
    // Where the server refuses for good, its answer to the request for the report says why.
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
