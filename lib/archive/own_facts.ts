/**
 * What an archive of this server says of an exchange beyond HAR 1.2, so that it can be judged as it was where it happened.
 *
 * @module
 */
import type { JsonObject } from "../http/json.ts";
import type { Exchange, StreamFacts } from "../recorder/exchange.ts";
import { numberIn, objectIn, textIn } from "./members.ts";

/** What is known of an exchange beside its messages. */
export interface OwnFacts extends Partial<Pick<Exchange, "receivedAtMs" | "route" | "peer" | "isCut">> {
  readonly sequence: number | undefined;
  readonly shapedBy: readonly string[];
  readonly isOpen: boolean;
  readonly isSentCut: boolean;
  readonly isAnsweredCut: boolean;
  readonly stream: StreamFacts | undefined;
}

/** Reads them; undefined if there are none. */
export function readOwnFacts(entry: JsonObject): OwnFacts | undefined {
  const facts = objectIn(entry, "_exchange");
  if (!facts) return undefined;
  const stream = objectIn(facts, "stream");
  const [receivedAtMs, route, peer] = [
    numberIn(facts, "receivedAtMs"),
    textIn(facts, "route"),
    textIn(facts, "peer"),
  ];
  return {
    sequence: numberIn(facts, "sequence"),
    ...(receivedAtMs === undefined ? {} : { receivedAtMs }),
    ...(route === undefined ? {} : { route }),
    ...(peer === undefined ? {} : { peer: peer.slice(0, MAX_PEER) }),
    ...(facts.isCut === true ? { isCut: true } : {}),
    shapedBy: textsIn(facts, "shapedBy"),
    isOpen: facts.isOpen === true,
    isSentCut: facts.isSentCut === true,
    isAnsweredCut: facts.isAnsweredCut === true,
    stream: stream && streamOf(stream),
  };
}

/** Longer than any name of a sender. */
const MAX_PEER = 64;

function streamOf(stream: JsonObject): StreamFacts {
  const { eventsAtMs, endedBy } = stream;
  const endedAtMs = numberIn(stream, "endedAtMs");
  return {
    eventsAtMs: Array.isArray(eventsAtMs) ? eventsAtMs.filter((time) => typeof time === "number") : [],
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(endedBy === "server" || endedBy === "client" || endedBy === "cut" ? { endedBy } : {}),
  };
}

function textsIn(object: JsonObject, name: string): readonly string[] {
  const value = object[name];
  return Array.isArray(value) ? value.filter((text) => typeof text === "string").slice(0, MAX_NAMES) : [];
}

/** More faults than any exchange meets. */
const MAX_NAMES = 64;
