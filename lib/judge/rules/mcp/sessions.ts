// Rules on the sessions of Streamable HTTP, up to 2025-11-25: a client names its session in each request, keeps the id to
// itself, begins another where the server has lost it, and ends it.

import { type Exchange, headerOf } from "../../../recorder/exchange.ts";
import { digestOf } from "../../../recorder/redact/digests.ts";
import { eraOf, FIRST_STATELESS } from "../../conversation.ts";
import { follows, seemsToFollow, TRAVEL_MS, waitBetween } from "../../moments.ts";
import { isGood } from "../../progress.ts";
import { originOf } from "../../reading.ts";
import type { McpStep, Step } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";

const SESSIONS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management";
const HEADER = "mcp-session-id";

/** The id in the headers of a request or an answer: equal for equal ids. */
function idIn(message: Exchange["request"] | Exchange["response"]): string | undefined {
  const id = headerOf(message, HEADER);
  return id === undefined ? undefined : digestOf(id);
}

function sentIn({ exchange: { request } }: Step): string | undefined {
  return idIn(request);
}

/** Whether a request is one of Streamable HTTP in a revision with sessions. */
function isInEra(call: McpStep): boolean {
  return call.channel === undefined && eraOf(call, call.sent[0]?.message) === "handshake";
}

function isOpening({ verb, method }: McpStep): boolean {
  return verb === "POST" && method === "initialize";
}

/** Whether only a client that has gone through `initialize` sends a request: one before that may ask which transport there is. */
function isAfterHandshake({ verb, sent, versions: { inHeader } }: McpStep): boolean {
  return verb === "POST"
    ? sent.some(({ message }) => message !== undefined)
    : inHeader !== undefined && inHeader < FIRST_STATELESS;
}

/** A session that a server has begun. */
interface Given {
  readonly id: string;
  readonly opening: McpStep;
}

/** What one server has given a client so far. */
interface ServerState {
  /** Sessions that are neither ended nor lost. */
  readonly alive: Map<string, Given>;
  /** Whether others were. */
  hasEnded?: boolean;
  /** The last `initialize` that was answered without an id. */
  without?: McpStep | undefined;
}

function checkHeader({ calls, isGapless, wholeFrom }: View): Outcome {
  const servers = new Map<string, ServerState>();
  const given = new Set<string>();
  const used = new Set(calls.flatMap((call) => isOpening(call) ? [] : sentIn(call) ?? []));
  const sentBefore = new Set<string>();
  const [named, unnamed]: [McpStep[], McpStep[]] = [[], []];
  for (const call of calls.filter(isInEra)) {
    const server: ServerState = servers.get(call.address) ?? { alive: new Map() };
    servers.set(call.address, server);
    const sent = sentIn(call);
    if (isOpening(call)) {
      noteOpening(call, server, given);
      continue;
    }
    if (sent !== undefined && given.has(sent)) named.push(call);
    const wrong = sent === undefined
      ? missing(call, server, wholeFrom)
      : isGapless && !given.has(sent) && !sentBefore.has(sent)
      ? foreign(call, server, used)
      : undefined;
    if (wrong) return wrong;
    if (sent !== undefined) {
      noteUse(call, sent, server);
      sentBefore.add(sent);
    } else if (server.without && server.alive.size === 0 && isAfterHandshake(call)) unnamed.push(call);
  }
  if (named.length > 0) return kept("It named its session in every request", positionsOf(named));
  return unnamed.length > 0
    ? kept("It was given no session id, and sent none", positionsOf(unnamed))
    : notObserved("It sent no request after a session had begun");
}

function noteOpening(call: McpStep, server: ServerState, given: Set<string>): void {
  if (!isGood(call)) return;
  const id = idIn(call.exchange.response);
  if (id === undefined) server.without = call;
  else {
    given.add(id);
    server.alive.set(id, { id, opening: call });
  }
}

function noteUse(call: McpStep, id: string, server: ServerState): void {
  if (call.status !== 404 && !(call.verb === "DELETE" && isGood(call))) return;
  server.alive.delete(id);
  server.hasEnded = true;
}

/**
 * A request without an id of a client that has been given one, and knows of no server without sessions.
 *
 * @param wholeFrom Where a session must have begun at the earliest, as the end of others may be missing.
 */
function missing(call: McpStep, server: ServerState, wholeFrom: number): Outcome | undefined {
  const { alive, without, hasEnded = false } = server;
  const session = [...alive.values()].find(({ opening }) => opening.at >= wholeFrom && seemsToFollow(opening, call));
  // What a connection sends whose session has ended is no request of another connection's.
  if (!session || without || hasEnded || !isAfterHandshake(call)) return undefined;
  return broken(`It sent ${nameOf(call)} without the session id that it had been given`, [session.opening.at, call.at]);
}

/** An id that nobody was given, of a client that was given another one, which it never used, or none. */
function foreign(call: McpStep, { alive, without }: ServerState, used: ReadonlySet<string>): Outcome | undefined {
  const session = [...alive.values()].findLast(({ opening }) => follows(opening, call));
  if (session) {
    if (used.has(session.id)) return undefined;
    const detail = `It sent ${nameOf(call)} with another session id than the one that it had been given`;
    return broken(detail, [session.opening.at, call.at]);
  }
  if (!without || alive.size > 0 || !follows(without, call)) return undefined;
  return broken(`It sent ${nameOf(call)} with a session id, and had been given none`, [without.at, call.at]);
}

function nameOf({ verb, method }: McpStep): string {
  return method ?? (verb === "POST" ? "a message" : verb);
}

/** Sessions that were begun, by their ids, and the origin of the server that did. */
function begunIn(calls: readonly McpStep[]): ReadonlyMap<string, string> {
  return new Map(
    calls.filter((call) => isOpening(call) && isGood(call)).flatMap((call) => {
      const id = idIn(call.exchange.response);
      return id === undefined ? [] : [[id, originOf(call.address)] as const];
    }),
  );
}

/** An id that is shorter may stand in a URL for another reason. */
const MIN_TELLING = 8;

function checkSecrecy({ steps, calls }: View): Outcome {
  const begun = begunIn(calls);
  const named: McpStep[] = [];
  for (const step of steps) {
    const [shown] = [...begun.keys()].filter((id) => id.length >= MIN_TELLING && step.exchange.url.includes(id));
    if (shown !== undefined) return broken("It put its session id into a URL", [step.at]);
    const id = sentIn(step);
    const home = id === undefined ? undefined : begun.get(id);
    if (home === undefined) continue;
    if (originOf(step.address) !== home) {
      return broken(`It sent the session id that ${home} had given it to ${originOf(step.address)}`, [step.at]);
    }
    if (step.kind === "mcp") named.push(step);
  }
  return named.length === 0
    ? notObserved("It sent no session id that it had been given")
    : kept("It sent its session id to nobody but the server that had given it", positionsOf(named));
}

/** The first request of each session that was refused as the server no longer knew it. */
function lossesIn(calls: readonly McpStep[]): ReadonlyMap<string, McpStep> {
  const losses = new Map<string, McpStep>();
  for (const call of calls) {
    const id = sentIn(call);
    if (id === undefined || call.verb !== "POST" || call.status !== 404 || !isInEra(call) || losses.has(id)) continue;
    losses.set(id, call);
  }
  return losses;
}

/**
 * Requests in a lost session each of which came when the refusal of the one before had long arrived. What comes sooner may
 * have been on its way already.
 */
function refusedAgain(id: string, loss: McpStep, later: readonly McpStep[]): readonly McpStep[] {
  const found: McpStep[] = [];
  for (const call of later) {
    const before = found.at(-1) ?? loss;
    if (sentIn(call) === id && call.verb === "POST" && waitBetween(before, call) > TRAVEL_MS) found.push(call);
  }
  return found;
}

function checkLoss({ calls, isGapless }: View): Outcome {
  const renewed: McpStep[] = [];
  const losses = lossesIn(calls);
  for (const [id, loss] of losses) {
    const later = calls.filter(({ at }) => at > loss.at);
    const stale = later.find((call) => isOpening(call) && sentIn(call) === id && follows(loss, call));
    if (stale) {
      return broken(
        "It sent initialize with the id of the session that the server had lost",
        positionsOf([loss, stale]),
      );
    }
    const next = later.find((call) => isOpening(call) && sentIn(call) === undefined && seemsToFollow(loss, call));
    const [first, second] = refusedAgain(id, loss, later);
    // Two processes may share a session, of which one has begun another, and the other has yet to be told.
    const mayBeShared = first && (!isGapless || (next && next.at < first.at));
    const wrong = mayBeShared ? second : first;
    if (wrong) {
      const detail = `It sent ${nameOf(wrong)} in a session that the server had lost, as it had been told with 404`;
      return broken(detail, positionsOf([loss, wrong]));
    }
    if (next) renewed.push(loss, next);
  }
  if (renewed.length > 0) {
    return kept("It began another session where the server had lost the one that it had", positionsOf(renewed));
  }
  return notObserved(
    losses.size === 0
      ? "The server lost no session of its"
      : "The server has lost its session, and it began no other yet",
  );
}

function checkEnd({ calls }: View): Outcome {
  const ends = calls.filter((call) => call.verb === "DELETE" && sentIn(call) !== undefined && isInEra(call));
  for (const end of ends.filter(isGood)) {
    const again = calls.find((call) =>
      call.at > end.at && sentIn(call) === sentIn(end) && waitBetween(end, call) > TRAVEL_MS
    );
    if (again) {
      return broken(`It sent ${nameOf(again)} in a session that it had ended with DELETE`, [end.at, again.at]);
    }
  }
  if (ends.length === 0) return notObserved("It has not ended its session, and may have to use it again");
  const isRefused = ends.every((end) => !isGood(end));
  return kept(
    isRefused ? "It was refused the end of its session, and took that" : "It ended its session",
    positionsOf(ends),
  );
}

/** The rules on sessions. */
export const sessionRules: readonly Rule[] = [
  {
    id: "M33",
    name: "session-in-each-request",
    title:
      "A client that was given a session id sends it, unchanged, with every later request, and sends none otherwise.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    link: SESSIONS,
    official: [],
    check: checkHeader,
  },
  {
    id: "M34",
    name: "session-id-kept-secret",
    title: "A client handles its session id as a secret: it sends it in the header alone, to the server that gave it.",
    level: "MUST",
    revisions: ["2025-11-25"],
    isOfMcp: true,
    link: SESSIONS,
    official: [],
    check: checkSecrecy,
  },
  {
    id: "M35",
    name: "new-session-after-404",
    title: "A client that gets 404 in a session begins another with initialize, and does not use the old one again.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    link: SESSIONS,
    official: [],
    check: checkLoss,
  },
  {
    id: "M36",
    name: "session-ended",
    title: "A client that no longer needs its session ends it with DELETE, takes a refusal, and leaves it alone then.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    link: SESSIONS,
    official: [],
    check: checkEnd,
  },
];
