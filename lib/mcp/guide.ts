// What leads a client through a scenario, and from one to the next, as the tools that tell of it are given it: only types.
import type { DriverStep } from "../scenarios/driver_step.ts";

/** The script of a scenario, and how far a client is. */
export interface Guide {
  readonly script: readonly DriverStep[];
  /**
   * How many steps of it the caller's client has done, as the record shows; undefined where it does not tell: nothing is
   * recorded, or there are several clients, and which one calls cannot be told.
   */
  readonly countDone: () => Promise<number | undefined>;
}

/** The stages of the gauntlet that a client is in, in words. */
export interface Stages {
  /** Says where it is, and what is to be done there. */
  readonly where: () => Promise<string>;
  /** Goes on to the next one; says what became of the one that was left, and where it is now. */
  readonly next: () => Promise<string>;
}
