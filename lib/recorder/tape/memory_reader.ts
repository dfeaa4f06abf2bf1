// Reads what a process keeps in memory of its sandboxes, and redacts what is read.
import type { Sliced, Slices } from "../../runtime/slices.ts";
import type { Exchange } from "../exchange.ts";
import type { Pseudonyms } from "../redact/pseudonyms.ts";
import type { Evidence } from "./evidence.ts";
import type { HeldExchange } from "./ring.ts";
import type { Rings } from "./rings.ts";
import type { Recorded, Tape } from "./tape.ts";

/** What is read, and with what. */
export interface MemoryReaderDeps {
  readonly pseudonyms: Pseudonyms;
  readonly rings: Rings;
  readonly evidence: Evidence;
  readonly slices: Slices;
  /** Told what went wrong; the exchange in question is then not on record. */
  readonly report: (error: unknown) => void;
}

interface MemoryReader extends Pick<Tape, "read" | "readNew" | "get" | "page"> {
  /** Redacts an exchange of a sandbox; gives none, and takes it off the record, if that is not possible. */
  readonly redact: (sandboxId: string, entry: HeldExchange) => readonly Exchange[];
  readonly forget: (sandboxId: string) => void;
}

/** Makes a reader. */
export function createMemoryReader({ pseudonyms, rings, evidence, slices, report }: MemoryReaderDeps): MemoryReader {
  /** How many could not be redacted, by sandbox. */
  const leftOut = new Map<string, number>();

  function redact(sandboxId: string, entry: HeldExchange): readonly Exchange[] {
    try {
      return [entry.exchange(pseudonyms)];
    } catch (error) {
      leftOut.set(sandboxId, (leftOut.get(sandboxId) ?? 0) + 1);
      rings.remove(sandboxId, entry);
      evidence.remove(sandboxId, entry);
      report(error);
      return [];
    }
  }

  function* redacting(sandboxId: string, entries: readonly HeldExchange[]): Sliced<readonly Exchange[]> {
    const exchanges: Exchange[] = [];
    for (const entry of entries) {
      exchanges.push(...redact(sandboxId, entry));
      yield;
    }
    rings.weigh(sandboxId);
    return exchanges;
  }

  /** Meanwhile other exchanges may come, and these be forgotten. */
  function hold(entries: readonly HeldExchange[]): readonly HeldExchange[] {
    for (const entry of entries) entry.hold();
    return entries;
  }

  function redactAll(sandboxId: string, entries: readonly HeldExchange[]): Promise<readonly Exchange[]> {
    return slices.run(redacting(sandboxId, entries));
  }

  async function read(sandboxId: string, after = 0): Promise<Recorded> {
    // Read at once: all of it keeps changing while the record is redacted.
    const { entries, isIntact, forgotten, version, clearedTo } = rings.of(sandboxId);
    const { entries: fallen, dropped, unjudged } = evidence.of(sandboxId);
    const [earlier, later] = [after > 0 ? [] : [...fallen], hold(entries.slice(firstAfter(entries, after)))];
    return {
      earlier: await redactAll(sandboxId, earlier),
      exchanges: await redactAll(sandboxId, later),
      isWhole: isIntact && forgotten === 0,
      isComplete: isIntact && unjudged === 0,
      version: String(version),
      clearedAt: clearedTo,
      dropped,
      unjudged,
      leftOut: leftOut.get(sandboxId) ?? 0,
    };
  }

  return {
    redact,
    read,
    readNew: async (sandboxId, version) =>
      version === String(rings.of(sandboxId).version) ? undefined : await read(sandboxId),
    get: (sandboxId, numbers) => {
      const { entries } = rings.of(sandboxId);
      return redactAll(sandboxId, hold(numbers.flatMap((number) => find(entries, number) ?? [])));
    },
    page: (sandboxId, after, limit) => {
      const { entries } = rings.of(sandboxId);
      const from = firstAfter(entries, after);
      return redactAll(sandboxId, hold(entries.slice(from, from + limit)));
    },
    forget: (sandboxId) => {
      evidence.clear(sandboxId);
      leftOut.delete(sandboxId);
    },
  };
}

function find(entries: readonly HeldExchange[], number: number): HeldExchange | undefined {
  const entry = entries[firstAfter(entries, number - 1)];
  return entry?.sequence === number ? entry : undefined;
}

/** Where the first entry lies with a number above one; they stand in the order of numbers. */
function firstAfter(entries: readonly HeldExchange[], after: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.sequence ?? Infinity) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
