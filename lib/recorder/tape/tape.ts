/**
 * Where exchanges are on record. On a process of its own that is memory; reading never takes anything away.
 *
 * @module
 */
import type { Sliced, Slices } from "../../runtime/slices.ts";
import { createEvidence, type Evidence } from "./evidence.ts";
import type { Exchange } from "../exchange.ts";
import type { Names } from "../redact/pseudonyms.ts";
import { createRings, type Entry, type Rings } from "./rings.ts";

/** What is on record of a sandbox. */
export interface Recorded {
  /** In the order they began. */
  readonly exchanges: readonly Exchange[];
  /** Whether nothing of the sandbox was forgotten. */
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

/** Whoever wants to know what happens to a record. */
export interface RecordListener {
  /** An exchange is new, or has changed; one that changes keeps its sequence number. */
  readonly onExchange: (exchange: Exchange) => void;
  /** All there was is forgotten. */
  readonly onClear: () => void;
}

/** The exchanges of all sandboxes. */
export interface Tape {
  /** Numbers a request of a sandbox in the order in which this process was asked. */
  readonly number: (sandboxId: string) => number;
  /** Keeps an exchange, or puts it in the place of the one with its number. */
  readonly put: (sandboxId: string, entry: Entry) => void;
  /** A name for a sandbox's record, which is another one where numbers begin anew. */
  readonly nameOf: (sandboxId: string) => Promise<string>;
  /** What is on record of a sandbox once it is gathered, after a sequence number or all of it. */
  readonly read: (sandboxId: string, after?: number) => Promise<Recorded>;
  /** Waits for what was answered before this moment, wherever that was. */
  readonly gather: (sandboxId: string) => Promise<void>;
  /** All that is on record by now; undefined where the record still has a version that is known. */
  readonly readNew: (sandboxId: string, version: string | undefined) => Promise<Recorded | undefined>;
  /** Exchanges by their numbers, in that order, without those that are not on record any more. */
  readonly get: (sandboxId: string, numbers: readonly number[]) => Promise<readonly Exchange[]>;
  /** What has the lowest numbers after one, `limit` at the most, without waiting for what others have served. */
  readonly page: (sandboxId: string, after: number, limit: number) => Promise<readonly Exchange[]>;
  /** Listens to a sandbox; the result ends it. */
  readonly subscribe: (sandboxId: string, listener: RecordListener) => () => void;
  /** Forgets a sandbox's exchanges; numbers go on where they were. */
  readonly clear: (sandboxId: string) => Promise<void>;
  /** Forgets what this process holds of a sandbox that is over. */
  readonly drop: (sandboxId: string) => void;
}

/** What a tape in memory is made with. */
export interface TapeDeps {
  /** What secrets and senders are called. */
  readonly names: Names;
  /** Where exchanges are kept. */
  readonly rings?: Rings;
  /** Where what falls off is kept to judge by: what those rings forget is put there. */
  readonly evidence?: Evidence;
  /** Lets others run while a record is redacted. */
  readonly slices: Slices;
  /** Told what went wrong; the exchange in question is then not on record. */
  readonly report: (error: unknown) => void;
}

/**
 * Makes a tape in memory.
 *
 * @param deps What it is made with.
 */
export function createTape(deps: TapeDeps): Tape {
  const { names, slices, report, evidence = createEvidence() } = deps;
  const { rings = createRings({ onForget: evidence.add }) } = deps;
  const listeners = createListeners();
  const leftOut = new Map<string, number>();

  /** One that cannot be redacted must not cost the others. */
  function made(sandboxId: string, entry: Entry): readonly Exchange[] {
    try {
      return [entry.exchange(names)];
    } catch (error) {
      leftOut.set(sandboxId, (leftOut.get(sandboxId) ?? 0) + 1);
      rings.remove(sandboxId, entry);
      evidence.remove(sandboxId, entry);
      report(error);
      return [];
    }
  }

  function* redactAll(sandboxId: string, entries: readonly Entry[]): Sliced<readonly Exchange[]> {
    const exchanges: Exchange[] = [];
    for (const entry of entries) {
      exchanges.push(...made(sandboxId, entry));
      yield;
    }
    rings.weigh(sandboxId);
    return exchanges;
  }

  async function read(sandboxId: string, after = 0): Promise<Recorded> {
    const entries = rings.entries(sandboxId);
    const { dropped, unjudged, entries: fallen } = evidence.of(sandboxId);
    const facts = {
      isWhole: rings.isWhole(sandboxId),
      isComplete: rings.isIntact(sandboxId) && unjudged === 0,
      version: String(rings.version(sandboxId)),
      clearedAt: rings.clearedAt(sandboxId),
      dropped,
      unjudged,
    };
    const earlier = after > 0 ? [] : await slices.run(redactAll(sandboxId, [...fallen]));
    const from = firstAfter(entries, after);
    const exchanges = await slices.run(redactAll(sandboxId, entries.slice(from)));
    return { exchanges, earlier, ...facts, leftOut: leftOut.get(sandboxId) ?? 0 };
  }

  return {
    number: rings.number,
    gather: () => Promise.resolve(),
    readNew: async (sandboxId, version) =>
      version === String(rings.version(sandboxId)) ? undefined : await read(sandboxId),
    get: async (sandboxId, numbers) => {
      const entries = rings.entries(sandboxId);
      const found = numbers.flatMap((number) => {
        const entry = entries[firstAfter(entries, number - 1)];
        return entry?.sequence === number ? [entry] : [];
      });
      return await slices.run(redactAll(sandboxId, found));
    },
    put: (sandboxId, entry) => {
      if (!rings.put(sandboxId, entry) || !listeners.has(sandboxId)) return;
      for (const exchange of made(sandboxId, entry)) {
        rings.weigh(sandboxId);
        listeners.tell(sandboxId, ({ onExchange }) => onExchange(exchange));
      }
    },
    nameOf: (sandboxId) => Promise.resolve(names.peerOf("", sandboxId)),
    read,
    page: async (sandboxId, after, limit) => {
      const entries = rings.entries(sandboxId);
      const from = firstAfter(entries, after);
      return await slices.run(redactAll(sandboxId, entries.slice(from, from + limit)));
    },
    subscribe: listeners.add,
    clear: (sandboxId) => {
      rings.clear(sandboxId);
      evidence.clear(sandboxId);
      leftOut.delete(sandboxId);
      listeners.tell(sandboxId, ({ onClear }) => onClear());
      return Promise.resolve();
    },
    drop: (sandboxId) => {
      rings.drop(sandboxId);
      evidence.clear(sandboxId);
      leftOut.delete(sandboxId);
    },
  };
}

/** Where the first entry lies with a number above one; they stand in the order of numbers. */
function firstAfter(entries: readonly Entry[], after: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.sequence ?? Infinity) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Who listens to which sandbox. */
export interface Listeners {
  /** Adds one; the result takes it away again. */
  readonly add: (sandboxId: string, listener: RecordListener) => () => void;
  /** Tells those of a sandbox. */
  readonly tell: (sandboxId: string, how: (listener: RecordListener) => void) => void;
  /** Whether a sandbox has any. */
  readonly has: (sandboxId: string) => boolean;
}

/** Makes a list of listeners. */
export function createListeners(): Listeners {
  const listeners = new Map<string, Set<RecordListener>>();
  return {
    add: (sandboxId, listener) => {
      const all = listeners.get(sandboxId) ?? new Set();
      listeners.set(sandboxId, all.add(listener));
      return () => {
        all.delete(listener);
        if (all.size === 0) listeners.delete(sandboxId);
      };
    },
    tell: (sandboxId, how) => {
      for (const listener of listeners.get(sandboxId) ?? []) how(listener);
    },
    has: (sandboxId) => listeners.has(sandboxId),
  };
}
