// Rules on how a conversation begins up to 2025-11-25: with `initialize`, what that says, and what has to follow it.

import { isObject } from "../../../http/json.ts";
import { conversationIn, hasAllSaid, type Request, type Session } from "../../conversation.ts";
import { textOf } from "../../reading.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { holdEach } from "./each.ts";

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

/**
 * What is missing of a session may still be on its way: messages that are sent at the same time can come in any order, so only
 * a client that goes on after it was answered has left it out.
 */
function wentOnWithout(session: Session, requests: readonly Request[], crossingMs: number): readonly Request[] {
  const [first, second] = requests;
  if (!first) return [];
  if (second && second.step.exchange.receivedAtMs > (first.answer?.atMs ?? Infinity)) return [first, second];
  const last = session.steps.at(-1);
  const isOver = last !== undefined && last.exchange.receivedAtMs - first.step.exchange.receivedAtMs > crossingMs;
  return isOver ? [first] : [];
}

function checkInitialized(view: View): Outcome {
  const { requests, notifications, sessions } = conversationIn(view.calls);
  const crossingMs = view.limits.of("crossing_ms");
  const good: Session[] = [];
  for (const session of sessions) {
    const { opening, thread } = session;
    if (!opening?.answer || !isObject(opening.answer.message.result)) continue;
    const told = notifications.find((one) => one.thread === thread && one.method === "notifications/initialized");
    const asked = requests.filter((one) =>
      one.thread === thread && one !== opening && one.method !== "ping" && one.step.at < (told?.step.at ?? Infinity)
    );
    if (!told) {
      const gone = wentOnWithout(session, asked, crossingMs);
      if (gone.length > 0 && hasAllSaid(view)) {
        return broken(
          `It sent ${gone[0]?.method} after the answer to initialize, and never notifications/initialized`,
          positionsOf(gone.map(({ step }) => step)),
          // Where it went on after an answer, that decides, and no limit.
          gone.length > 1 ? "MUST" : view.limits.levelBy("crossing_ms"),
        );
      }
      continue;
    }
    const early = hasAllSaid(view) &&
      asked.find(({ step }) => told.step.exchange.receivedAtMs - step.exchange.receivedAtMs > crossingMs);
    if (early) {
      return broken(
        `It sent ${early.method} after the answer to initialize, and only later notifications/initialized`,
        positionsOf([early.step, told.step]),
        view.limits.levelBy("crossing_ms"),
      );
    }
    good.push(session);
  }
  return good.length === 0 ? notObserved("It has not gone on after an answer to initialize that is on record") : kept(
    "It sent notifications/initialized before it went on",
    positionsOf(good.flatMap(({ opening }) => opening ? [opening.step] : [])),
  );
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
