// Rules on how a conversation begins up to 2025-11-25: with `initialize`, what that says, and what has to follow it.

import { isObject } from "../../../http/json.ts";
import { type Asked, conversationIn, hasAllSaid, type Request } from "../../conversation.ts";
import { textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { holdEach } from "./each.ts";
import { isSameThread } from "./lost_answers.ts";

const LIFECYCLE = "https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle";

/** A refusal for want of a token says that the server has not looked at the message, which may have been sent to be refused. */
function isLookedAt({ step: { status } }: Request): boolean {
  return status !== 401 && status !== 403;
}

function checkFirst(view: View): Outcome {
  const requests = conversationIn(view.calls).requests.filter(({ era, method }) =>
    era === "handshake" && method !== "ping"
  );
  const begun = new Set<string>();
  for (const request of requests) {
    const { method, step, thread } = request;
    if (method === "initialize") begun.add(step.address);
    else if (thread === undefined && !begun.has(step.address) && isLookedAt(request)) {
      return hasAllSaid(view)
        ? broken(`It sent ${method} before it had sent initialize`, [step.at])
        : notObserved("Not all that it sent is on record");
    }
  }
  const openings = requests.filter(({ method }) => method === "initialize");
  return openings.length === 0
    ? notObserved("It began no conversation with initialize")
    : kept("It began with initialize", positionsOf(openings.map(({ step }) => step)));
}

function checkContent({ calls }: View): Outcome {
  const openings = conversationIn(calls).requests.filter(({ method }) => method === "initialize");
  return holdEach(openings, {
    wrong: ({ params = {} }) => {
      const { protocolVersion, capabilities, clientInfo } = params;
      if (typeof protocolVersion !== "string" || protocolVersion === "") return lacks("protocolVersion", "a text");
      if (!isObject(capabilities)) return lacks("capabilities", "an object");
      if (!isObject(clientInfo)) return lacks("clientInfo", "an object");
      if (textOf(clientInfo, "name") === undefined) return lacks("clientInfo.name", "a text");
      return textOf(clientInfo, "version") === undefined ? lacks("clientInfo.version", "a text") : undefined;
    },
    kept: "Its initialize said what it has to",
    none: "It sent no initialize that is on record whole",
  });
}

function lacks(member: string, kind: string): string {
  return `It sent initialize without ${member}, or with one that is not ${kind}`;
}

/** Whether a request was answered with a result. */
function isTaken({ answer }: Request): boolean {
  return isObject(answer?.message.result);
}

/** What followed one initialize that was answered well. */
interface Beginning {
  readonly opening: Request;
  /** Exchanges that belong to it. */
  readonly steps: readonly McpStep[];
  readonly told: Asked | undefined;
  /** What was asked before that. */
  readonly asked: readonly Request[];
  /** False where what followed may belong to another beginning. */
  readonly isAlone: boolean;
}

/**
 * What was begun with initialize, in sessions and without. Where there are none, instances of a client that each begin cannot be
 * told apart, and count as one beginning.
 */
function beginningsIn({ calls }: View): readonly Beginning[] {
  const { requests, notifications, sessions } = conversationIn(calls);
  const outside = Map.groupBy(
    requests.filter((one) => one.method === "initialize" && one.thread === undefined && isLookedAt(one)),
    ({ step }) => step.address,
  );
  const all = [
    ...sessions.flatMap(({ opening, steps }) => opening ? [{ opening, steps, isAlone: true }] : []),
    ...[...outside.values()].flatMap((openings) => {
      const opening = openings.find(isTaken);
      if (!opening) return [];
      const steps = calls.filter((step) => step.at >= opening.step.at && isSameThread(step, opening.step));
      return [{ opening, steps, isAlone: openings.length === 1 }];
    }),
  ];
  return all.filter(({ opening }) => isTaken(opening)).map(({ opening, steps, isAlone }) => {
    const own = new Set(steps);
    const told = notifications.find(({ step, method }) => own.has(step) && method === "notifications/initialized");
    const asked = requests.filter((one) =>
      own.has(one.step) && one !== opening && one.era === "handshake" && one.method !== "ping" &&
      one.step.at < (told?.step.at ?? Infinity)
    );
    return { opening, steps, told, asked, isAlone };
  });
}

/**
 * What is missing may still be on its way: messages that are sent at the same time can come in any order, so only a client that
 * goes on after it was answered has left it out.
 */
function wentOnWithout({ steps, asked: [first, second] }: Beginning, crossingMs: number): readonly Request[] {
  if (!first) return [];
  if (second && second.step.exchange.receivedAtMs > (first.answer?.atMs ?? Infinity)) return [first, second];
  const last = steps.at(-1);
  const isOver = last !== undefined && last.exchange.receivedAtMs - first.step.exchange.receivedAtMs > crossingMs;
  return isOver ? [first] : [];
}

function checkInitialized(view: View): Outcome {
  const crossingMs = view.limits.of("crossing_ms");
  const good: McpStep[] = [];
  for (const beginning of beginningsIn(view)) {
    const { opening, told, asked, isAlone } = beginning;
    const isSure = isAlone && hasAllSaid(view);
    if (!told) {
      const gone = wentOnWithout(beginning, crossingMs);
      if (gone.length > 0 && isSure) {
        return broken(
          `It sent ${gone[0]?.method} after the answer to initialize, and never notifications/initialized`,
          positionsOf(gone.map(({ step }) => step)),
          // Where it went on after an answer, that decides, and no limit.
          gone.length > 1 ? "MUST" : view.limits.levelBy("crossing_ms"),
        );
      }
      continue;
    }
    const early = isSure &&
      asked.find(({ step }) => told.step.exchange.receivedAtMs - step.exchange.receivedAtMs > crossingMs);
    if (early) {
      return broken(
        `It sent ${early.method} after the answer to initialize, and only later notifications/initialized`,
        positionsOf([early.step, told.step]),
        view.limits.levelBy("crossing_ms"),
      );
    }
    good.push(opening.step);
  }
  return good.length === 0
    ? notObserved("It has not gone on after an answer to initialize that is on record")
    : kept("It sent notifications/initialized before it went on", positionsOf(good));
}

/** Rules on beginning with `initialize`. */
export const handshakeRules: readonly Rule[] = [
  {
    id: "M13",
    name: "initialize-first",
    title: "The first request of a client is initialize; a ping may come before.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMessages: true,
    isOfMcp: true,
    link: `${LIFECYCLE}#initialization`,
    official: [],
    check: checkFirst,
  },
  {
    id: "M14",
    name: "initialize-content",
    title: "initialize carries the revision offered, the client's capabilities, and its name and version.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMessages: true,
    isOfMcp: true,
    link: `${LIFECYCLE}#initialization`,
    official: ["mcp-client-initialization"],
    check: checkContent,
  },
  {
    id: "M17",
    name: "initialized",
    title: "After the answer to initialize, a client sends notifications/initialized, and only then its next request.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMessages: true,
    isOfMcp: true,
    link: `${LIFECYCLE}#initialization`,
    official: [],
    check: checkInitialized,
  },
];
