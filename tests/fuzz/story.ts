/** What was seen while a case was played: all that judges have to go by. */
import type { Case } from "./case.ts";
import type { Message } from "./message.ts";
import type { Stopped } from "./process.ts";
import type { State } from "./state.ts";
import type { Answer, Wire } from "./wire.ts";

/** One request and its answer. */
export interface Seen {
  /** Which step of the case it belongs to; -1 for those that look at what the case has left behind. */
  readonly step: number;
  /** As it was sent, broken. */
  readonly message: Message;
  readonly labels: readonly string[];
  readonly wire: Wire;
  readonly answer: Answer;
  readonly process: number;
  /** Whether what it shows was given by another sandbox. */
  readonly isBorrowed?: boolean;
  /** What the log said by the time it was answered, and had not said before. */
  readonly logged: string;
}

/** What no single answer shows. */
export type Observation =
  | { readonly kind: "race"; readonly step: number; readonly name: string; readonly successes: number }
  | { readonly kind: "overheard"; readonly step: number; readonly text: string }
  | { readonly kind: "foreign change"; readonly step: number; readonly what: string }
  | { readonly kind: "disagreement"; readonly step: number; readonly what: string }
  | { readonly kind: "newcomer"; readonly step: number; readonly answer: Answer }
  | { readonly kind: "record"; readonly answered: number; readonly recorded: number; readonly isToldOf: boolean }
  | {
    readonly kind: "memory";
    readonly beforeMiB: number;
    readonly afterMiB: number;
    readonly peakMiB: number;
    /** After the same load and the same rest once more, where that was tried. */
    readonly againMiB?: number;
  }
  | { readonly kind: "descriptors"; readonly before: number; readonly after: number }
  | { readonly kind: "health"; readonly worstMs: number }
  | { readonly kind: "kept"; readonly marker: string }
  | { readonly kind: "called"; readonly origin: string }
  | { readonly kind: "dead" }
  | { readonly kind: "stopped"; readonly how: Stopped };

/** A case that was played. */
export interface Story {
  readonly case: Case;
  readonly seen: readonly Seen[];
  readonly observations: readonly Observation[];
  /** What was printed meanwhile. */
  readonly printed: string;
  /** What the sandbox has on record, in all its forms. */
  readonly record: string;
  readonly state: State;
  /** Whether somebody asked the sandbox to go wrong, so that wrong answers are right. */
  readonly isShaped: boolean;
}
