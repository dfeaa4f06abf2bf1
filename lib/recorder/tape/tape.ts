// Where exchanges are on record. Reading never takes anything away.
import type { Exchange } from "../exchange.ts";
import type { RecordListener } from "./listeners.ts";
import type { HeldExchange } from "./ring.ts";

/** What is on record of a sandbox. */
export interface Recorded {
  /** In the order they began. */
  readonly exchanges: readonly Exchange[];
  /** Whether nothing of the sandbox was forgotten since its record was cleared last. */
  readonly isWhole: boolean;
  /** What has fallen off the record and is kept to judge by, in the order it began; only where all is read. */
  readonly earlier: readonly Exchange[];
  /** Whether all that tells something is among those two. */
  readonly isComplete: boolean;
  /** How many exchanges have fallen off the record, since it was cleared last. */
  readonly dropped: number;
  /** How many of them told something that was not kept. */
  readonly unjudged: number;
  /** The number given last when it was cleared; 0 if it never was. */
  readonly clearedAt: number;
  /** How many exchanges never came on record, since it was cleared last. */
  readonly leftOut: number;
  /** Equal only for equal records of a sandbox. */
  readonly version: string;
}

/** The exchanges of all sandboxes. */
export interface Tape {
  /** Numbers a request of a sandbox in the order in which this process was asked. */
  readonly number: (sandboxId: string) => number;
  /** Keeps an exchange, or replaces the one that has its number. */
  readonly put: (sandboxId: string, entry: HeldExchange) => void;
  /** A name for a sandbox's record, which is another one where numbers start over. */
  readonly nameOf: (sandboxId: string) => Promise<string>;
  /** What is on record of a sandbox once it is gathered, after a sequence number or all of it. */
  readonly read: (sandboxId: string, after?: number) => Promise<Recorded>;
  /** Waits for what was answered before this moment, wherever that was. */
  readonly gather: (sandboxId: string) => Promise<void>;
  /** All that is on record by now; undefined if the record still has the given version. */
  readonly readNew: (sandboxId: string, version: string | undefined) => Promise<Recorded | undefined>;
  /** Exchanges by their numbers, in that order, without those that are no longer on record. */
  readonly get: (sandboxId: string, numbers: readonly number[]) => Promise<readonly Exchange[]>;
  /** What has the lowest numbers after one, `limit` at the most, without waiting for what others have served. */
  readonly page: (sandboxId: string, after: number, limit: number) => Promise<readonly Exchange[]>;
  /** Listens to a sandbox; the result ends it. */
  readonly subscribe: (sandboxId: string, listener: RecordListener) => () => void;
  /** Forgets a sandbox's exchanges; numbers continue. */
  readonly clear: (sandboxId: string) => Promise<void>;
  /** Forgets what this process holds of a sandbox that has ended. */
  readonly drop: (sandboxId: string) => void;
}
