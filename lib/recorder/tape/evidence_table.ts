// Which exchanges of a shared record stay to judge by when they give way: the first ones that tell something.
import { MAX_EVIDENCE, MAX_EVIDENCE_BYTES, tellsAnything } from "./evidence.ts";
import type { Exchange } from "../exchange.ts";
import { likenessOfExchange } from "./likeness.ts";
import { exchangeBytes } from "../sizes.ts";
import { defined } from "../../runtime/defined.ts";
import { boundedMap } from "../../runtime/bounded_map.ts";

/** What stays of a record. */
export interface Staying {
  /** Numbers of the exchanges that stay, on record or fallen off. */
  readonly numbers: readonly number[];
  readonly bytes: number;
  /** How many more would have told something. */
  readonly unkept: number;
  /** The number of the first of those; absent if there is none. */
  readonly unkeptFrom?: number;
  /** The number of the last exchange that has given way; 0 if none has. */
  readonly fallenTo: number;
}

/** Where nothing has come yet. */
export const NOTHING_STAYS: Staying = { numbers: [], bytes: 0, unkept: 0, fallenTo: 0 };

interface Fall {
  /** Exchanges that tell something, with their numbers. */
  readonly told: readonly Exchange[];
  /** Numbers of the exchanges that give way. */
  readonly removed: readonly number[];
}

/** Brings up to date what stays. */
export function stay(before: Staying, { told, removed }: Fall): Staying {
  let { bytes, unkept, unkeptFrom } = before;
  const numbers = [...before.numbers];
  for (const exchange of told) {
    const size = exchangeBytes(exchange);
    if (numbers.length < MAX_EVIDENCE && bytes + size <= MAX_EVIDENCE_BYTES) {
      numbers.push(exchange.sequence);
      bytes += size;
    } else {
      unkept++;
      unkeptFrom ??= exchange.sequence;
    }
  }
  const fallenTo = removed.reduce((one, other) => Math.max(one, other), before.fallenTo);
  return defined({ numbers, bytes, unkept, fallenTo, unkeptFrom });
}

/** Sandboxes of which a process counts what is alike; the one that was silent for longest is counted from the start. */
const MAX_COUNTED = 400;

/** Tells exchanges that tell something from those that do not. */
interface Sieve {
  /** Whether an exchange tells anything that this process has not put on a sandbox's record yet. */
  readonly tells: (sandboxId: string, exchange: Exchange) => boolean;
  readonly clear: (sandboxId: string) => void;
}

/** Makes a sieve. Of what other processes have put on record it knows nothing, so that a few more stay than are needed. */
export function createSieve(): Sieve {
  const alike = boundedMap<string, Map<string, number>>(MAX_COUNTED);
  return {
    tells: (sandboxId, exchange) => {
      const counts = alike.get(sandboxId) ?? new Map<string, number>();
      alike.set(sandboxId, counts);
      return tellsAnything(likenessOfExchange(exchange), counts);
    },
    clear: (sandboxId) => void alike.delete(sandboxId),
  };
}
