// Rules on what a client may use an answer for that it has kept: the same request, of the same user, until it is told of a change.

import { isObject } from "../../../http/json.ts";
import { digestOf } from "../../../recorder/redact/digests.ts";
import { answeredMs, cachedIn, type Fetch, isBefore, isFreshAt, isOne, mayBeOne, nameOf } from "../../cached.ts";
import { conversationIn, type Reply } from "../../conversation.ts";
import { waitBetween } from "../../moments.ts";
import { rpcErrorOf, textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import { gaplessCalls, type View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";
import { CACHING } from "./caching.ts";

function checkKeys(view: View): Outcome {
  const { fetches, told } = cachedIn(view.calls);
  const isOfMethod = (one: Fetch, { method, step }: { readonly method: string; readonly step: McpStep }): boolean =>
    one.method === method && one.step.address === step.address && isBefore(one.step, step);
  for (const one of view.isGapless ? told : []) {
    if (fetches.some(({ key }) => key === one.key)) continue;
    // What is public, somebody else may have fetched for it.
    const others = fetches.filter((fetch) => isOfMethod(fetch, one));
    const other = others.find((fetch) => isFreshAt(fetch, one.step));
    if (!other || others.some(({ isPublic }) => isPublic)) continue;
    return broken(
      `It has read ${nameOf(one)} and never asked for that, while it had its answer to ${nameOf(other)}`,
      positionsOf([other.step, one.step]),
    );
  }
  const apart = fetches.flatMap((fetch) => {
    const other = fetches.find((one) =>
      isOfMethod(one, fetch) && one.key !== fetch.key && isFreshAt(one, fetch.step) && isOne(one, fetch)
    );
    return other ? [other.step, fetch.step] : [];
  });
  return apart.length === 0
    ? notObserved("It did not ask for two things of one method while the answer to the first was fresh")
    : kept("It asked for each thing by itself, though the answer to another was fresh", positionsOf(apart));
}

function checkRetried(view: View): Outcome {
  const { fetches, readings } = cachedIn(gaplessCalls(view));
  for (const { before, told, last, isFetched } of readings) {
    if (isFetched || !last.isRetried || last.result === undefined) continue;
    return broken(
      `It used the result of ${nameOf(last)} once more, which depends on what it had answered the server`,
      positionsOf([last.step, before.step, told.step]),
    );
  }
  const asked = fetches.flatMap((fetch) => {
    const before = fetches.findLast(({ key, step }) => key === fetch.key && isBefore(step, fetch.step));
    const isAgain = before?.isRetried && !fetch.isRetried && isFreshAt(before, fetch.step) && mayBeOne(before, fetch);
    return isAgain ? [before.step, fetch.step] : [];
  });
  return asked.length === 0
    ? notObserved("It was not asked twice for what the server wants something of it first")
    : kept("It asked anew for what depends on what it answers", positionsOf(asked));
}

/**
 * Whose each token is: those that were refreshed are of the same login as the ones before, and those that no person was asked
 * for are the client's own.
 */
function contextsIn({ tokens }: View): (token: string) => string {
  const contexts = new Map<string, string>();
  const ofRefresh = new Map<string, string>();
  for (const { params, issued } of tokens) {
    const access = textOf(issued, "access_token");
    if (access === undefined) continue;
    const grant = params.get("grant_type") ?? "";
    const spent = grant === "refresh_token" ? params.get("refresh_token") ?? undefined : undefined;
    const before = spent === undefined ? undefined : ofRefresh.get(digestOf(spent));
    const context = before ?? (personal.includes(grant) ? digestOf(access) : grant);
    contexts.set(digestOf(access), context);
    const refresh = textOf(issued, "refresh_token") ?? spent;
    if (refresh !== undefined) ofRefresh.set(digestOf(refresh), context);
  }
  return (token) => contexts.get(digestOf(token)) ?? digestOf(token);
}

/** Grants for which a person has logged in. */
const personal: readonly string[] = ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"];

function checkContexts(view: View): Outcome {
  const { fetches, told } = cachedIn(view.calls);
  const contextOf = contextsIn(view);
  const isOther = ({ step: { token: one } }: Fetch, { token: other }: McpStep): boolean =>
    one !== undefined && other !== undefined && contextOf(one) !== contextOf(other);
  for (const { key, step } of view.isGapless ? told : []) {
    const own = fetches.filter((fetch) => fetch.key === key && isBefore(fetch.step, step));
    const [foreign] = own.filter((fetch) => fetch.result !== undefined && isOther(fetch, step));
    if (!foreign || own.some((fetch) => fetch.isPublic || !isOther(fetch, step))) continue;
    return broken(
      `It used for one login its answer to ${nameOf(foreign)}, which is private to another`,
      positionsOf([foreign.step, step]),
    );
  }
  const apart = fetches.flatMap((fetch) => {
    const before = fetches.find(({ key, step }) => key === fetch.key && isBefore(step, fetch.step));
    const isApart = before && !before.isPublic && isOther(before, fetch.step) && isFreshAt(before, fetch.step);
    return isApart ? [before.step, fetch.step] : [];
  });
  return apart.length === 0
    ? notObserved("It did not ask in two logins for the same, which is private and was fresh")
    : kept("It asked anew for what is private when it had another login", positionsOf(apart));
}

/** Whether a notification says that an answer is out of date. */
function isAbout({ message: { method, params } }: Reply, fetch: Fetch): boolean {
  switch (method) {
    case "notifications/tools/list_changed":
      return fetch.method === "tools/list";
    case "notifications/prompts/list_changed":
      return fetch.method === "prompts/list";
    case "notifications/resources/list_changed":
      return fetch.method === "resources/list" || fetch.method === "resources/templates/list";
    case "notifications/resources/updated":
      return fetch.method === "resources/read" && isObject(params) && params.uri === fetch.part;
    default:
      return false;
  }
}

function checkNotified(view: View): Outcome {
  const { fetches, readings } = cachedIn(gaplessCalls(view));
  const { serverNotifications } = conversationIn(view.calls);
  const travelMs = view.limits.of("crossing_ms");
  /** A change that a client was told of after an answer, and some time before another request. */
  const toldOf = (fetch: Fetch, later: McpStep, sinceMs: number, travelMs: number): Reply | undefined =>
    serverNotifications.find((note) =>
      isAbout(note, fetch) && note.atMs >= sinceMs && note.step.address === later.address &&
      later.exchange.receivedAtMs - note.atMs >= travelMs
    );
  for (const { before, told, last, isFetched } of readings) {
    if (isFetched || last.isRetried || !isFreshAt(last, told.step)) continue;
    // What was told before the answer left, that may be an answer to.
    const note = toldOf(last, before.step, answeredMs(last.request) + 1, travelMs);
    if (!note) continue;
    return broken(
      `It used its answer to ${nameOf(last)} although it had been told since that this has changed`,
      positionsOf([last.step, note.step, before.step, told.step]),
    );
  }
  const fetched = fetches.flatMap((again) => {
    const before = fetches.findLast(({ key, step }) => key === again.key && isBefore(step, again.step));
    const note = before && isFreshAt(before, again.step)
      ? toldOf(before, again.step, before.step.exchange.receivedAtMs, 0)
      : undefined;
    return before && note && mayBeOne(before, again) ? [before.step, note.step, again.step] : [];
  });
  return fetched.length === 0
    ? notObserved("It was not told of a change of what it had while that was fresh, or was not asked for it again")
    : kept("It asked anew for what it was told had changed, though that was fresh", positionsOf(fetched));
}

const INVALID_PARAMS = -32602;

function checkRefusedCursor(view: View): Outcome {
  const pages = cachedIn(gaplessCalls(view)).fetches.filter(({ method }) => method !== "resources/read");
  const anew: McpStep[] = [];
  for (const refused of pages) {
    const { part, method, step } = refused;
    // Who has lost the refusal asks again.
    if (part === undefined || rpcErrorOf(step) !== INVALID_PARAMS || step.exchange.response.truncated) continue;
    const list = pages.filter((one) => one.method === method && one.step.address === step.address);
    const wasGood = list.some((one) =>
      isBefore(one.step, step) && mayBeOne(one, refused) && textOf(one.result, "nextCursor") === part
    );
    const next = list.find((one) => isBefore(step, one.step) && mayBeOne(refused, one));
    if (!wasGood || !next) continue;
    if (next.part === undefined) anew.push(step, next.step);
    // Another reading of the list may be under way beside the one that failed.
    else if (next.part === part && isOne(refused, next) && waitBetween(step, next.step) > 0) {
      return broken(
        `It asked again for the page at the cursor ${
          JSON.stringify(part)
        }, which was refused, and not for the first one`,
        positionsOf([step, next.step]),
      );
    }
  }
  return anew.length === 0
    ? notObserved("No cursor that it had been given was refused, or it did not list again")
    : kept("It began to list anew where a cursor was refused", positionsOf(anew));
}

/** The rules on what kept results are used for. */
export const cacheKeyRules: readonly Rule[] = [
  {
    id: "M135",
    name: "cache-by-params",
    title: "A client uses a kept result for a request of the same method and parameters alone.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    goesByTime: true,
    link: `${CACHING}#cache-key`,
    official: [],
    check: checkKeys,
  },
  {
    id: "M136",
    name: "answered-not-cached",
    title: "A client does not keep a result that it got by answering what the server asked.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${CACHING}#cache-key`,
    official: [],
    check: checkRetried,
  },
  {
    id: "M137",
    name: "private-cache",
    title: "A client does not use for one login what is private to another.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${CACHING}#cache-scope-field`,
    official: [],
    check: checkContexts,
  },
  {
    id: "M138",
    name: "change-ends-freshness",
    title: "A client that is told of a change fetches anew what it has, however fresh that is.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    goesByTime: true,
    link: `${CACHING}#interaction-with-notifications`,
    official: [],
    check: checkNotified,
  },
  {
    id: "M139",
    name: "refused-cursor",
    title: "A client whose cursor is refused drops the pages that it has, and begins the list anew.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${CACHING}#interaction-with-pagination`,
    official: [],
    check: checkRefusedCursor,
  },
];
