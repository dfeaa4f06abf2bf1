// Rules on the sessions of Streamable HTTP, up to 2025-11-25: a client names its session in each request, keeps the id to
// itself, begins another where the server has lost it, and ends it.

import { FIRST_STATELESS } from "../../conversation.ts";
import { follows, seemsToFollow } from "../../moments.ts";
import { isGood } from "../../progress.ts";
import { originOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { begunIn, idIn, isAsking, isInEra, isOpening, nameOf, sentIn, SESSIONS } from "./session_ids.ts";

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
  /** Those that are. */
  readonly over: Set<string>;
  /** How many connections have lost their session and not begun a new one. */
  left: number;
  /** The last `initialize` that was answered without an id. */
  without?: McpStep | undefined;
  /** Whether one was refused, so that there may be a connection that has yet to begin a session. */
  isRefused: boolean;
}

function checkHeader({ calls, isGapless, wholeFrom }: View): Outcome {
  const servers = new Map<string, ServerState>();
  const given = new Set<string>();
  const used = new Set(calls.flatMap((call) => isOpening(call) ? [] : sentIn(call) ?? []));
  const sentBefore = new Set<string>();
  const [named, unnamed]: [McpStep[], McpStep[]] = [[], []];
  let strange: McpStep | undefined;
  for (const call of calls.filter(isInEra)) {
    const server: ServerState = servers.get(call.address) ?? {
      alive: new Map(),
      over: new Set(),
      left: 0,
      isRefused: false,
    };
    servers.set(call.address, server);
    const sent = sentIn(call);
    if (isOpening(call)) {
      noteOpening(call, server, given);
      continue;
    }
    if (sent !== undefined && given.has(sent)) named.push(call);
    const isForeign = isGapless && sent !== undefined && !given.has(sent) && !sentBefore.has(sent);
    const wrong = sent === undefined
      ? missing(call, server, wholeFrom)
      : isForeign
      ? foreign(call, server, used)
      : undefined;
    if (wrong) return wrong;
    if (isForeign && server.alive.size > 0) strange ??= call;
    if (sent !== undefined) {
      noteUse(call, sent, server);
      sentBefore.add(sent);
    } else if (server.without && server.alive.size === 0 && isAfterHandshake(call)) unnamed.push(call);
  }
  if (strange) {
    // It may have changed its own id, or be another process, whose session began before the record.
    return notObserved(`It sent ${nameOf(strange)} with a session id that no answer on record had given`);
  }
  if (named.length > 0) return kept("It named its session in every request", positionsOf(named));
  return unnamed.length > 0
    ? kept("It was given no session id, and sent none", positionsOf(unnamed))
    : notObserved("It sent no request after a session had begun");
}

function noteOpening(call: McpStep, server: ServerState, given: Set<string>): void {
  server.isRefused = !isGood(call);
  if (server.isRefused) return;
  const id = idIn(call.exchange.response);
  if (id === undefined) server.without = call;
  else {
    given.add(id);
    server.left = Math.max(0, server.left - 1);
    server.alive.set(id, { id, opening: call });
  }
}

function noteUse(call: McpStep, id: string, server: ServerState): void {
  // Who wants to end a session is done with it, whatever the server says.
  if (call.status !== 404 && call.verb !== "DELETE") return;
  server.alive.delete(id);
  if (!server.over.has(id)) server.left++;
  server.over.add(id);
}

/**
 * A request without an id of a client that has been given one, and knows of no server without sessions.
 *
 * @param wholeFrom Where a session must have begun at the earliest, as the end of others may be missing.
 */
function missing(call: McpStep, server: ServerState, wholeFrom: number): Outcome | undefined {
  const { alive, without, over, left, isRefused } = server;
  const session = [...alive.values()].find(({ opening }) => opening.at >= wholeFrom && seemsToFollow(opening, call));
  // What a connection sends whose session has ended is no request of another connection's. Its stream, it may ask for later too.
  const isOfEnded = (over.size > 0 && (left > 0 || !isAsking(call))) || (isRefused && !isAsking(call));
  if (!session || without || isOfEnded || !isAfterHandshake(call)) return undefined;
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
];
