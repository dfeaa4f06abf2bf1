/** A case: steps that are taken one after another in a fresh sandbox, made of data alone. */
import type { Message } from "./message.ts";
import type { Mode } from "./process.ts";
import type { Mutation } from "./mutations.ts";

/** A request of a case, and how it is broken. */
export interface Sending {
  readonly message: Message;
  readonly mutations: readonly Mutation[];
  /** Which of two processes is asked. */
  readonly process?: number;
  /** Sent to the sandbox beside the case's own. */
  readonly isElsewhere?: boolean;
  /** It shows what only the sandbox beside has given: nothing of that is good here. */
  readonly isBorrowed?: boolean;
}

/** Something that is done. */
export type Step =
  | Sending & { readonly kind: "send" }
  /** The same at the same time: of what is good for one use, one may succeed. */
  | Sending & { readonly kind: "race"; readonly times: number }
  /** The same again and again; `fill` makes it smaller when it is refused, until nothing fits any more. */
  | Sending & {
    readonly kind: "flood";
    readonly times: number;
    readonly bytes: number;
    readonly isFilling: boolean;
    /** How many at once. */
    readonly parallel: number;
    /** From how many addresses, on a server that tells them apart. */
    readonly addresses: number;
  }
  /** Streams that nobody reads, until the case is over; or that are left at once. */
  | Sending & { readonly kind: "listen"; readonly count: number; readonly isLeft: boolean }
  /** Bodies of this size, sent without their last byte and held until the case ends; each from an address of its own. */
  | Sending & { readonly kind: "hold"; readonly count: number; readonly bytes: number }
  /** Connections that say no more than this, until the case is over. */
  | { readonly kind: "idle"; readonly count: number; readonly text: string }
  /** A request that a page of another site can make without being asked: it must change nothing. */
  | Sending & { readonly kind: "foreign" }
  /** Both processes are asked the same and must agree. */
  | { readonly kind: "compare"; readonly messages: readonly Message[] }
  /** Somebody from another address registers and signs in. */
  | { readonly kind: "newcomer" }
  /** A stream in the sandbox beside: it must hear nothing of this one until the next `send` steps are done. */
  | Sending & { readonly kind: "overhear" };

/** A case. */
export interface Case {
  /** The idea behind it. */
  readonly plot: string;
  readonly mode: Mode;
  /** How the sandbox behaves. */
  readonly scenario: string;
  /** Whether it plays in the sandbox that all share. */
  readonly isRoot: boolean;
  /** Whether anybody can guess the sandbox's name: then it is no secret that lets its owner control it. */
  readonly isGuessable?: boolean;
  /** Whether the record is looked at when it is over, which takes the server some time. */
  readonly isRecordRead: boolean;
  readonly steps: readonly Step[];
}

/** The mutations of a step, by name. */
export function labelsOf(step: Step | undefined): readonly string[] {
  return step && "mutations" in step ? [...new Set(step.mutations.map(({ name }) => name))].sort() : [];
}
