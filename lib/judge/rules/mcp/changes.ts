// Rules on lists that change: a client that was told lists again, and subscribes only where the server lets it.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { type Conversation, conversationIn, type Reply, type Request, threadOf } from "../../conversation.ts";
import { senderOf } from "../../instances.ts";
import { PRECISION_MS } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { capabilitiesIn } from "./capabilities.ts";

/** What is listed, and what uses it. */
const kinds: Readonly<Record<string, { readonly lists: readonly string[]; readonly use: string }>> = {
  "notifications/tools/list_changed": { lists: ["tools/list"], use: "tools/call" },
  "notifications/prompts/list_changed": { lists: ["prompts/list"], use: "prompts/get" },
  "notifications/resources/list_changed": {
    lists: ["resources/list", "resources/templates/list"],
    use: "resources/read",
  },
};

/** A notification, and what the client did about its list. */
interface Told {
  readonly notice: Reply;
  readonly lists: readonly Request[];
  readonly uses: readonly Request[];
  /** Whether it is certain that these are of whoever was told. */
  readonly isSure: boolean;
}

function toldIn(conversation: Conversation): readonly Told[] {
  return conversation.serverNotifications.flatMap((notice): readonly Told[] => {
    const kind = kinds[String(notice.message.method)];
    if (!kind) return [];
    const { own, isSure } = ownRequests(notice.step, conversation);
    const lists = own.filter(({ method }) => kind.lists.includes(method));
    return [{ notice, lists, uses: own.filter(({ method }) => method === kind.use), isSure }];
  });
}

interface Own {
  readonly own: readonly Request[];
  readonly isSure: boolean;
}

/** The requests of whoever was told: those in the session, or those of the same instance of the program. */
function ownRequests(step: McpStep, { requests }: Conversation): Own {
  const thread = threadOf(step);
  if (thread !== undefined) return { own: requests.filter((request) => request.thread === thread), isSure: true };
  const listening = requests.find((request) => request.step === step);
  const there = requests.filter((request) => request.era === "stateless" && request.step.address === step.address);
  if (listening && typeof listening.id !== "number") return { own: ofOneInstance(there, listening), isSure: false };
  const own = there.filter((request) =>
    listening !== undefined &&
    senderOf(...request.step.at < step.at ? [request, listening] as const : [listening, request] as const) === "same"
  );
  return { own, isSure: true };
}

/** Some SDKs count what they listen on apart, as in `listen-1`: then only what else there is may show that one is there. */
function ofOneInstance(there: readonly Request[], listening: Request): readonly Request[] {
  const others = there.filter((request) => request !== listening && request.method !== "server/discover");
  const isOne = others.every((request, index) => {
    const before = others[index - 1];
    return before === undefined || senderOf(before, request) === "same";
  });
  return isOne ? others : [];
}

/** How far the sandbox's clock is ahead of the real one, as an exchange shows it. */
function aheadMs({ exchange }: McpStep): number {
  return exchange.startedAtMs - exchange.receivedAtMs;
}

/** How long after a notification a request came, by the clock that says it was longer: a test may have moved it. */
function msSince({ atMs }: Reply, { step }: Request, calls: readonly McpStep[]): number {
  const before = calls.findLast(({ exchange }) => exchange.receivedAtMs <= atMs) ?? step;
  const sinceMs = step.exchange.receivedAtMs - atMs;
  return Math.max(sinceMs, sinceMs + aheadMs(step) - aheadMs(before));
}

function checkListsAgain(view: View): Outcome {
  const { calls, limits, wholeFrom } = view;
  const right: McpStep[] = [];
  let isTold = false;
  for (const { notice, lists, uses, isSure } of toldIn(conversationIn(calls))) {
    // Who never listed has nothing to list again.
    if (!lists.some(({ step }) => step.exchange.receivedAtMs < notice.atMs)) continue;
    isTold = true;
    const again = lists.find(({ step }) => step.exchange.receivedAtMs >= notice.atMs);
    if (again) right.push(notice.step, again.step);
    // One that was on its way may have met the change.
    const crossing = lists.find(({ answer }) => (answer?.atMs ?? Infinity) >= notice.atMs - PRECISION_MS);
    const used = uses.find((use) => msSince(notice, use, calls) > limits.of("relist_ms"));
    if (again || crossing || !used || !isSure || notice.step.at < wholeFrom) continue;
    return broken(
      `It was told by ${notice.message.method}, and sent ${used.method} without having listed again`,
      positionsOf([notice.step, used.step]),
      limits.levelBy("relist_ms"),
    );
  }
  if (right.length > 0) return kept("It listed again what it was told has changed", positionsOf(right));
  return notObserved(
    isTold
      ? "It was told that a list has changed, and has not used it since"
      : "It was not told that a list has changed",
  );
}

function subscribes(capabilities: JsonObject | undefined): boolean | undefined {
  if (!capabilities) return undefined;
  const { resources } = capabilities;
  return isObject(resources) ? resources.subscribe === true : undefined;
}

function checkSubscribing({ calls }: View): Outcome {
  const { requests } = conversationIn(calls);
  const openings = requests.filter(({ method, step }) => method === "initialize" && step.status < 400);
  const right: McpStep[] = [];
  for (const request of requests) {
    if (request.era !== "handshake" || !request.method.startsWith("resources/")) continue;
    const own = openings.filter(({ thread, step }) =>
      thread === request.thread && step.address === request.step.address && step.at < request.step.at
    );
    // Without a session a request may belong to any handshake. Where there are no resources at all, M21 says so.
    if (own.length === 0 || own.some((one) => subscribes(capabilitiesIn(one)) !== false)) continue;
    if (request.method !== "resources/subscribe") right.push(request.step);
    else {
      return broken(
        "It sent resources/subscribe, where the server had declared resources without subscribe",
        positionsOf([...own.map(({ step }) => step), request.step]),
      );
    }
  }
  return right.length === 0
    ? notObserved("It has used no resources of a server that lets nobody subscribe")
    : kept("It subscribed to nothing where the server lets nobody subscribe", positionsOf(right));
}

const SPECIFICATION = "https://modelcontextprotocol.io/specification/2025-11-25/server";

/** The rules on lists that change. */
export const changeRules: readonly Rule[] = [
  {
    id: "M112",
    name: "lists-again",
    title: "A client that is told that a list has changed lists again before it uses the list.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    isOfMessages: true,
    goesByTime: true,
    link: `${SPECIFICATION}/tools#list-changed-notification`,
    official: [],
    check: checkListsAgain,
  },
  {
    id: "M113",
    name: "subscribes-where-it-may",
    title: "A client subscribes to resources only where the server has declared that it may.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${SPECIFICATION}/resources#capabilities`,
    official: [],
    check: checkSubscribing,
  },
];
