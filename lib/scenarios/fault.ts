// A fault: which requests it is for, how often, and what it changes. Scenarios are made of them, tests add their own, and
// both look the same in JSON, which is why their members have the names they have on the wire.
import type { Answer, Edit } from "./edit.ts";
import type { Match } from "./match.ts";
import type { PlanPatch } from "./plan.ts";

/** A change with a life. */
export interface Fault extends PlanPatch {
  /** What to call it, unique in its scenario or sandbox. */
  readonly name: string;
  /** Which requests. */
  readonly match: Match;
  /** The first of the requests it matches that counts, from 1. */
  readonly nth?: number;
  /** How many of them count from there; absent for all, and `Infinity` for all of them and a count of how many they were. */
  readonly times?: number;
  /** When it ends, in milliseconds since 1970 on the sandbox's clock. */
  readonly until_ms?: number;
  /** It begins only after so many other requests have come (one, if not said). */
  readonly after?: { readonly match: Match; readonly times?: number };
  /** A response that replaces the handler's. */
  readonly answer?: Answer;
  /** What is done to the response. */
  readonly edit?: Edit;
}

/** Whether a fault has to remember how many requests it has seen. */
export function isCounted({ nth, times, after }: Fault): boolean {
  return nth !== undefined || times !== undefined || after !== undefined;
}
