// Rules on how long a client keeps what it was answered. A server sees requests, and not what is read from a cache: that tells
// whoever drives the client, by calling `mock_have_read`.

import { isObject } from "../../../http/json.ts";
import {
  answeredMs,
  cachedIn,
  type Fetch,
  hasRunOutAt,
  hasSurelyRunOutAt,
  isBefore,
  isFreshAt,
  isOne,
  mayBeOne,
  nameOf,
  type Reading,
} from "../../cached.ts";
import { conversationIn } from "../../conversation.ts";
import { gapBetween, isDelivered, PRECISION_MS } from "../../moments.ts";
import { textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import { gaplessCalls, type View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";

/** MCP's chapter on what can be kept. */
export const CACHING = "https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching";

/** What is said where nothing was told of reading from a cache. */
const NOT_TOLD = "No call of mock_have_read says that it was asked for the same again";

/** Whether anything since an answer may have let a client believe that it is out of date: an error, or a notification. */
function isDoubted({ step }: Fetch, later: McpStep, view: View): boolean {
  const { requests, serverNotifications } = conversationIn(view.calls);
  // What is not on record may have told of a change.
  if (!view.isGapless || view.calls.some(({ stream, exchange }) => stream && exchange.response.truncated)) return true;
  const isBetween = (one: McpStep): boolean => isBefore(step, one) && isBefore(one, later);
  const hasFailed = ({ step: one, answer }: typeof requests[number]): boolean => {
    const { error, result } = answer?.message ?? {};
    return one.status >= 400 || error !== undefined || (isObject(result) && result.isError === true);
  };
  const isChange = ({ message: { method } }: typeof serverNotifications[number]): boolean =>
    typeof method === "string" && /(list_changed|\/updated)$/.test(method);
  const sinceMs = step.exchange.receivedAtMs;
  return requests.some((request) => isBetween(request.step) && hasFailed(request)) ||
    serverNotifications.some((note) => isChange(note) && note.atMs >= sinceMs && isBefore(note.step, later));
}

/** Whether a client may use for one request what it was answered to another. */
function isShared(fetch: Fetch, { token }: McpStep): boolean {
  return fetch.isPublic || fetch.step.token === token;
}

/** The last answer that a client had for the same when it asked once more, if it certainly had read that by then. */
function knownBefore(again: Fetch, view: View): Fetch | undefined {
  const { fetches, told } = cachedIn(view.calls);
  const before = fetches.findLast((one) => one.key === again.key && isBefore(one.step, again.step));
  if (!before?.result || before.isRetried || !isOne(before, again) || before.step.token !== again.step.token) {
    return undefined;
  }
  if (!isDelivered(before.step)) return undefined;
  // Requests that are under way at the same time do not know of each other's answers.
  const isRead = told.some(({ key, step }) =>
    key === again.key && isBefore(before.step, step) && isBefore(step, again.step)
  );
  return isRead || gapBetween(before.step, again.step) > view.limits.of("crossing_ms") ? before : undefined;
}

/** Whether a list has a page that is not fresh any more: then it is read anew from its beginning. */
function hasStalePage({ method, step: { address } }: Fetch, later: McpStep, view: View): boolean {
  return method !== "resources/read" &&
    cachedIn(view.calls).fetches.some((page) =>
      page.method === method && page.step.address === address && page.part !== undefined &&
      isBefore(page.step, later) && !isFreshAt(page, later)
    );
}

function checkFresh(view: View): Outcome {
  const { fetches, readings } = cachedIn(view.calls);
  for (const again of fetches) {
    if (again.isRetried || (again.method !== "resources/read" && again.part !== undefined)) continue;
    const before = knownBefore(again, view);
    if (!before || !isFreshAt(before, again.step) || hasStalePage(again, again.step, view)) continue;
    if (isDoubted(before, again.step, view)) continue;
    const agoMs = Math.max(0, Math.round(gapBetween(before.step, again.step)));
    return broken(
      `It asked again for ${nameOf(again)} ${agoMs} ms after the answer to that, which is fresh for ${before.ttlMs} ms`,
      positionsOf([before.step, again.step]),
    );
  }
  const served = readings.filter(({ isFetched, last, told }) =>
    !isFetched && !last.isRetried && isShared(last, told.step) && isFreshAt(last, told.step)
  );
  return served.length === 0 ? notObserved(NOT_TOLD) : kept(
    "It used what it had while that was fresh",
    positionsOf(served.flatMap(({ last, told }) => [last.step, told.step])),
  );
}

/** The requests for what a client had been answered before, the answer having been such. */
function fetchedAgain(view: View, isStale: (before: Fetch, again: Fetch) => boolean): readonly McpStep[] {
  const { fetches } = cachedIn(view.calls);
  return fetches.flatMap((again) => {
    const before = fetches.findLast(({ key, step }) => key === again.key && isBefore(step, again.step));
    return before?.result && mayBeOne(before, again) && isStale(before, again) ? [before.step, again.step] : [];
  });
}

/** What a client used when it read something that it had: each page of a list. */
function usedFor({ last, told }: Reading, fetches: readonly Fetch[]): readonly Fetch[] {
  const used: Fetch[] = [];
  for (let page: Fetch | undefined = last; page && !used.includes(page);) {
    used.push(page);
    const next: string | undefined = page.method === "resources/read" ? undefined : textOf(page.result, "nextCursor");
    page = fetches.findLast(({ part, method, step }) =>
      next !== undefined && part === next && method === last.method && step.address === last.step.address &&
      isBefore(step, told.step)
    );
  }
  return used;
}

function checkStale(view: View): Outcome {
  const travelMs = view.limits.of("crossing_ms");
  const { fetches, readings } = cachedIn(gaplessCalls(view));
  let isMoved = false;
  for (const reading of readings) {
    const { before, told } = reading;
    for (const used of reading.last.isRetried ? [] : usedFor(reading, fetches)) {
      if (!isBefore(used.step, before.step)) continue;
      if (hasSurelyRunOutAt(used, before.step, travelMs)) {
        const laterMs = Math.round(gapBetween(used.step, before.step));
        return broken(
          `It used its answer to ${nameOf(used)} again ${laterMs} ms later, or after that, and it was fresh for ` +
            `${used.ttlMs} ms`,
          positionsOf([used.step, before.step, told.step]),
        );
      }
      isMoved ||= hasRunOutAt(used, before.step);
    }
  }
  const fetched = fetchedAgain(view, (before, again) => hasRunOutAt(before, again.step));
  if (fetched.length > 0) return kept("It asked again once what it had was not fresh any more", positionsOf(fetched));
  return notObserved(
    isMoved
      ? "What it had ran out by the sandbox's clock alone, or a moment ago: by its own it was fresh"
      : "It was not asked for what was not fresh any more, or no call of mock_have_read says so",
  );
}

function checkNeverFresh(view: View): Outcome {
  for (const { before, told, last, isFetched } of cachedIn(gaplessCalls(view)).readings) {
    // Where nothing is said, a client may go by what it knows itself.
    if (isFetched || last.result === undefined || last.ttlMs === undefined || last.ttlMs > 0) continue;
    return broken(
      `It used its answer to ${nameOf(last)} once more, whose ttlMs is ${last.ttlMs}`,
      positionsOf([last.step, before.step, told.step]),
    );
  }
  const fetched = fetchedAgain(view, ({ ttlMs = 0 }) => ttlMs <= 0);
  return fetched.length === 0
    ? notObserved("It asked for nothing twice whose ttlMs is 0, negative or absent")
    : kept("It asked again for what is never fresh", positionsOf(fetched));
}

/** How far from its ttlMs a list is fetched again where the client goes by a timer, as a part of that. */
const PACE = 0.1;

function checkPolling(view: View): Outcome {
  const most = view.limits.of("polls");
  const row: McpStep[] = [];
  const idle: McpStep[] = [];
  let newest: Fetch | undefined;
  const calls = gaplessCalls(view);
  const requests = conversationIn(calls).requests.filter(({ era }) => era === "stateless");
  const { fetches } = cachedIn(calls);
  for (const [index, request] of requests.entries()) {
    const fetch = fetches.find((one) => one.request === request);
    if (fetch?.result && (fetch.ttlMs ?? 0) > 0) newest = fetch;
    const next = requests[index + 1];
    if (!newest || !next) continue;
    const { ttlMs = 0, step } = newest;
    const following = fetches.find((one) => one.request === next);
    const gapMs = next.step.exchange.receivedAtMs - answeredMs(request);
    const isPaced = Math.abs(gapMs - ttlMs) <= Math.max(PRECISION_MS, ttlMs * PACE);
    if (!fetch || fetch !== newest || following?.key !== fetch.key || !mayBeOne(fetch, following) || !isPaced) {
      row.length = 0;
      if (gapMs > ttlMs * most) idle.push(step, next.step);
      continue;
    }
    if (row.length === 0) row.push(step);
    row.push(next.step);
    if (row.length > most + 1) {
      return broken(
        `It asked for ${
          nameOf(fetch)
        } ${row.length} times in a row, each time when ttlMs had run out, and did nothing else`,
        positionsOf(row),
        view.limits.levelBy("polls"),
      );
    }
  }
  return idle.length === 0
    ? notObserved(`It was not idle for ${most} times the ttlMs of what it had asked for`)
    : kept("It asked for nothing while it was idle, though what it had ran out meanwhile", positionsOf(idle));
}

/** The rules on how long results are kept. */
export const cachingRules: readonly Rule[] = [
  {
    id: "M131",
    name: "fresh-from-cache",
    title: "A client does not ask again for what is fresh by its ttlMs.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    goesByTime: true,
    link: `${CACHING}#time-to-live-ttl-field`,
    official: [],
    check: checkFresh,
  },
  {
    id: "M132",
    name: "stale-fetched",
    title: "A client that is asked for something whose ttlMs has run out fetches it anew.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    goesByTime: true,
    link: `${CACHING}#freshness-calculation`,
    official: [],
    check: checkStale,
  },
  {
    id: "M133",
    name: "never-fresh-fetched",
    title: "A client takes a result whose ttlMs is 0, negative or absent for stale at once.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${CACHING}#time-to-live-ttl-field`,
    official: [],
    check: checkNeverFresh,
  },
  {
    id: "M134",
    name: "no-polling",
    title: "A client does not fetch by itself, again and again, whenever ttlMs has run out.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    goesByTime: true,
    link: `${CACHING}#freshness-calculation`,
    official: [],
    check: checkPolling,
  },
];
