// What the recorder keeps of a request and its response, with every secret redacted.
import type { EndedBy } from "../http/stream.ts";

/** A header's name in lower case, and its value. */
export type HeaderPair = readonly [name: string, value: string];

/** Headers as they were seen: those of a request or a response, or those that somebody else has recorded. */
export interface SeenHeaders {
  /** The value of one, by its name in lower case. */
  readonly get: (name: string) => string | null;
  /** All of them, sorted by name; values of one name are joined, but for cookies. */
  readonly forEach: (each: (value: string, name: string) => void) => void;
}

/** A request or a response without its first line. */
export interface Message {
  /** Sorted by name, as the Fetch standard hands them out; values of one name are joined, but for cookies. */
  readonly headers: readonly HeaderPair[];
  /** The body as text; absent if there was none, or none that can be shown. */
  readonly body?: string;
  /** True if there was more, or something that could not be read and so not be redacted either. */
  readonly truncated: boolean;
}

/** How an event stream went. */
export interface StreamFacts {
  /**
   * When each block of it was complete, be it an event or a comment, in milliseconds since 1970 of real time; of the first
   * {@link MAX_TIMED} ones.
   */
  readonly eventsAtMs: readonly number[];
  /** When it ended, likewise; absent while it is open. */
  readonly endedAtMs?: number;
  /** Who ended it; absent while it is open. */
  readonly endedBy?: EndedBy;
}

/** One request and its response. */
export interface Exchange {
  /** Its number in the sandbox, from 1: the place in which it began, or, of several processes, was put on record. */
  readonly sequence: number;
  /** When the request came, in milliseconds since 1970 of real time: this is what exchanges are ordered by. */
  readonly receivedAtMs: number;
  /** The same on the sandbox's clock. */
  readonly startedAtMs: number;
  /** Name of the route that answered; absent if there was none. */
  readonly route?: string;
  /** HTTP method of the request. */
  readonly method: string;
  /** Absolute URL as the client knows it. */
  readonly url: string;
  /** The client it belongs to, by the first client_id it had, where exchanges are listed and that can be told. */
  readonly client?: string;
  /** Who sent it, as far as address and user agent tell; equal for equal senders, and no address can be had from it. */
  readonly peer: string;
  /** What was sent. */
  readonly request: Message;
  /** HTTP status of the response. */
  readonly status: number;
  /** What was answered, faults included. */
  readonly response: Message;
  /** How long the response's head took, in milliseconds of real time. */
  readonly durationMs: number;
  /** Names of the faults and overrides that shaped the response. */
  readonly shapedBy: readonly string[];
  /** True while the response is an open stream. */
  readonly isOpen?: boolean;
  /**
   * How an event stream went, and when its client left that had not waited for any answer; absent for any other response,
   * and where all of a stream was ready before it left.
   */
  readonly stream?: StreamFacts;
  /** True if it was too large to be kept whole: then its URL, its headers and its bodies may end too early. */
  readonly isCut?: boolean;
}

/** The most that is kept of a body, in characters. */
export const MAX_BODY_LENGTH = 16 * 1024;

/** The most blocks of an event stream of which is kept when they came. */
export const MAX_TIMED = 256;

/** The value of a header, if it was sent. */
export function headerOf({ headers }: Message, name: string): string | undefined {
  return headers.find(([sent]) => sent === name)?.[1];
}

/**
 * Puts exchanges into the order in which they began.
 *
 * @returns Below zero if the first began first.
 */
export function compareExchanges(one: Exchange, other: Exchange): number {
  return one.receivedAtMs - other.receivedAtMs || one.sequence - other.sequence;
}
