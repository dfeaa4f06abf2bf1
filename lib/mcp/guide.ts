// What leads a client through a scenario, as the tool that tells of it is given it: only types.
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
