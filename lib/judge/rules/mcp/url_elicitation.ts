// Rules on elicitation in URL mode: nobody but a person opens the URL, and it is opened before a call is made again.

import { counted } from "../counted.ts";
import { isObject, type JsonObject } from "../../../http/json.ts";
import { conversationIn, type Reply, type Request, threadOf } from "../../conversation.ts";
import { AT_ONCE_MS, PRECISION_MS } from "../../moments.ts";
import { headerOf } from "../../../recorder/exchange.ts";
import { modeOf, nameOf, questionsOf } from "../../questions.ts";
import { addressOf, textOf } from "../../reading.ts";
import type { CanaryStep, McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2025_11 } from "../rule.ts";
import { shown } from "./each.ts";

const ELICITATION = "https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation";
const URL_ELICITATION_REQUIRED = -32042;

/** A URL that a person was to open. */
interface Page {
  readonly address: string;
  /** The exchange that named it. */
  readonly step: McpStep;
  readonly id: string | undefined;
  /** When its client said yes or no, in milliseconds since 1970; undefined if it did not. */
  readonly answeredAtMs: number | undefined;
  readonly isAccepted: boolean;
  /** Whether they said no to it. */
  readonly isRefused: boolean;
}

/** The elicitations that a refusal with -32042 lists. */
function requiredBy({ answer }: Request): readonly JsonObject[] | undefined {
  const error = answer?.message.error;
  if (!isObject(error) || error.code !== URL_ELICITATION_REQUIRED) return undefined;
  const listed = isObject(error.data) ? error.data.elicitations : undefined;
  return Array.isArray(listed) ? listed.filter(isObject) : [];
}

function pagesIn({ calls }: View): readonly Page[] {
  const asked = questionsOf(calls, "elicitation/create").filter((question) => modeOf(question) === "url");
  const required = conversationIn(calls).requests.flatMap((request) =>
    (requiredBy(request) ?? []).map((params) => ({
      params,
      step: request.answer?.step ?? request.step,
      answers: [],
      // What works then shows that a person has agreed.
      isDone: conversationIn(calls).requests.some((other) =>
        other.step.at > request.step.at && keyOf(other) === keyOf(request) && isObject(other.answer?.message.result)
      ),
    }))
  );
  const all = [...asked.map((question) => ({ ...question, isDone: false })), ...required];
  return all.flatMap(({ params, step, isDone, answers: [answer] }): readonly Page[] => {
    const url = textOf(params, "url");
    if (url === undefined || !URL.canParse(url)) return [];
    return [{
      address: addressOf(url),
      step,
      id: textOf(params, "elicitationId"),
      answeredAtMs: answer?.step.exchange.receivedAtMs,
      isAccepted: isDone || answer?.result?.action === "accept",
      isRefused: answer?.result?.action === "decline" || answer?.result?.action === "cancel",
    }];
  });
}

/** Whether a browser fetched it that a person was using (Fetch Metadata Request Headers 2.2). */
function isBrowsed({ exchange: { request } }: CanaryStep): boolean {
  const mode = headerOf(request, "sec-fetch-mode");
  if (mode !== undefined) return mode === "navigate";
  return /^Mozilla\//.test(headerOf(request, "user-agent") ?? "");
}

function checkFetches(view: View): Outcome {
  const agents = new Set(view.calls.map(({ exchange }) => headerOf(exchange.request, "user-agent")));
  const well: McpStep[] = [];
  for (const page of pagesIn(view)) {
    const visits = view.canaries.filter(({ address }) => address === page.address);
    const own = visits.filter(({ exchange }) => agents.has(headerOf(exchange.request, "user-agent")));
    // Whoever sends the form plays the person, as a test may.
    const early = own.some(({ method }) => method === "POST")
      ? []
      : own.filter((fetch) =>
        !isBrowsed(fetch) && fetch.exchange.receivedAtMs <= (page.answeredAtMs ?? Infinity) + PRECISION_MS
      );
    // A test may open the page in their place without more; not so where they did it themselves, or said no.
    const isSure = page.isRefused || visits.some(isBrowsed);
    const sure = early.find(({ method }) => isSure || method !== "GET");
    if (sure) {
      return broken(
        `It sent ${sure.method} to a URL that a person was to open, before they agreed to that`,
        positionsOf([page.step, sure]),
      );
    }
    if (early.length > 0) continue;
    if (page.isAccepted) well.push(page.step);
  }
  return well.length === 0
    ? notObserved("It agreed to open no URL, or whoever did is not known")
    : kept("It did not fetch a URL that a person was to open", positionsOf(well));
}

/** What calls are told apart by: what they call, with what. */
function keyOf({ method, thread, params }: Request): string {
  return JSON.stringify([thread, method, nameOf({ params }), params?.arguments]);
}

function checkRetries({ calls, limits }: View): Outcome {
  const most = limits.of("url_retries");
  const { requests } = conversationIn(calls);
  const refused = requests.filter((request) => requiredBy(request) !== undefined);
  const well: McpStep[] = [];
  for (const [key, group] of Map.groupBy(refused, keyOf)) {
    let inARow: readonly Request[] = [];
    for (const request of group) {
      const before = inARow.at(-1);
      const gapMs = request.step.exchange.receivedAtMs - (before?.step.exchange.receivedAtMs ?? -Infinity);
      inARow = gapMs <= AT_ONCE_MS ? [...inARow, request] : [request];
      if (inARow.length - 1 <= most) continue;
      return broken(
        `It repeated ${request.method} ${
          counted(inARow.length - 1, "time")
        }, and nobody had opened the URL it required`,
        positionsOf(inARow.map(({ step }) => step)),
        limits.levelBy("url_retries"),
      );
    }
    const last = group.at(-1);
    const later = last &&
      requests.find((request) =>
        request.thread === last.thread && request.step.at > last.step.at && (keyOf(request) !== key || request.answer)
      );
    if (later) well.push(later.step);
  }
  return well.length === 0
    ? notObserved("No request of it required that a URL is opened first")
    : kept("It did not repeat again and again what required that a URL is opened", positionsOf(well));
}

/** Notifications that something is done that nobody asked for, or that was done before. */
function strayCompletions({ calls }: View, pages: readonly Page[]): readonly Reply[] {
  const done = new Set<string>();
  return conversationIn(calls).serverNotifications.filter(({ message, step, atMs }) => {
    if (message.method !== "notifications/elicitation/complete" || !isObject(message.params)) return false;
    const id = textOf(message.params, "elicitationId");
    const key = `${threadOf(step)} ${id}`;
    const isKnown = pages.some((page) =>
      page.id === id && threadOf(page.step) === threadOf(step) && page.step.exchange.receivedAtMs <= atMs
    );
    const isStray = !isKnown || done.has(key);
    done.add(key);
    return isStray;
  });
}

function checkCompletions(view: View): Outcome {
  const { calls, limits } = view;
  const { requests } = conversationIn(calls);
  const well: McpStep[] = [];
  for (const { message, step, atMs } of strayCompletions(view, pagesIn(view))) {
    const thread = threadOf(step);
    const repeat = requests.find((request) => {
      const sinceMs = request.step.exchange.receivedAtMs - atMs;
      if (request.thread !== thread || sinceMs < -PRECISION_MS || sinceMs > limits.of("answer_ms")) return false;
      const before = requests.findLast((other) => other.step.at < request.step.at && keyOf(other) === keyOf(request));
      return before !== undefined && requiredBy(before) !== undefined && requiredBy(request) !== undefined;
    });
    if (repeat) {
      return brokenBy(
        message,
        `It repeated ${repeat.method} after the completion of ${shown(message.params)}, which was none of its own`,
        positionsOf([step, repeat.step]),
        limits.levelBy("answer_ms"),
      );
    }
    const later = calls.find((call) =>
      threadOf(call) === thread && call.method !== undefined && call.exchange.receivedAtMs >= atMs - PRECISION_MS
    );
    if (later) well.push(later);
  }
  return well.length === 0
    ? notObserved("It was told of no completion but of its own elicitations")
    : kept("It ignored completions of elicitations that are not its own, or were over", positionsOf(well));
}

/** What the rules here have in common. */
const COMMON = { isOfMessages: true, isOfMcp: true, official: [] } as const;

/** Rules on URL mode. */
export const urlElicitationRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M77",
    name: "url-not-fetched",
    title: "A client does not fetch the URL of an elicitation: a person opens it, after they agreed to.",
    level: "MUST",
    revisions: SINCE_2025_11,
    link: `${ELICITATION}#safe-url-handling`,
    check: checkFetches,
  },
  {
    ...COMMON,
    id: "M78",
    name: "stray-completions",
    title: "A client ignores the completion of an elicitation that it does not know, or that is over.",
    level: "MUST",
    revisions: ["2025-11-25"],
    link: `${ELICITATION}#completion-notifications-for-url-mode-elicitation`,
    check: checkCompletions,
  },
  {
    ...COMMON,
    id: "M79",
    name: "url-before-retry",
    title: "A client whose request is refused with -32042 has a URL opened before it sends that again.",
    level: "SHOULD",
    revisions: ["2025-11-25"],
    link: `${ELICITATION}#url-elicitation-required-error`,
    check: checkRetries,
  },
];
