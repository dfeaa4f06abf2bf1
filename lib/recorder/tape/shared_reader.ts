// Reads the record that processes share, as far as it is to be shown.
import { compareExchanges, type Exchange } from "../exchange.ts";
import { fallenOff, isWhole } from "./completeness.ts";
import { type ExchangeTable, numbersFrom } from "./exchange_table.ts";
import { MAX_EXCHANGES } from "./rings.ts";
import type { Recorded, Tape } from "./tape.ts";

/** Reads records as they are by now. */
interface SharedReader extends Pick<Tape, "readNew" | "get" | "page"> {
  /** What is on record after a sequence number. */
  readonly list: (sandboxId: string, after: number) => Promise<Recorded>;
}

/**
 * Makes a reader.
 *
 * @param sinceMs What came before this time is not shown, in milliseconds since 1970; if not given, nothing is held back.
 */
export function createSharedReader(table: ExchangeTable, sinceMs = 0): SharedReader {
  function isShown({ receivedAtMs }: Exchange): boolean {
    return receivedAtMs >= sinceMs;
  }

  async function list(sandboxId: string, after: number): Promise<Recorded> {
    const record = await table.list(sandboxId);
    const { exchanges, earlier, state, version } = record;
    const shown = exchanges.filter((exchange) => exchange.sequence > after && isShown(exchange));
    return {
      exchanges: shown.sort(compareExchanges),
      earlier: after > 0 ? [] : earlier.filter(isShown).sort(compareExchanges),
      ...fallenOff(record, sinceMs),
      clearedAt: state.clearedTo,
      isWhole: isWhole(exchanges, state, sinceMs),
      leftOut: state.leftOut ?? 0,
      version,
    };
  }

  return {
    list,
    readNew: async (sandboxId, version) =>
      version === await table.version(sandboxId) ? undefined : await list(sandboxId, 0),
    get: async (sandboxId, numbers) => (await table.get(sandboxId, numbers)).filter(isShown),
    page: async (sandboxId, after, limit) => {
      const { last, clearedTo, staying } = await table.state(sandboxId);
      const found: Exchange[] = [];
      let from = Math.max(after, clearedTo, last - MAX_EXCHANGES, staying?.fallenTo ?? 0);
      for (; from < last && found.length < limit; from += limit) {
        const some = await table.get(sandboxId, numbersFrom(from + 1, Math.min(last, from + limit)));
        found.push(...some.filter(isShown));
      }
      return found.slice(0, limit);
    },
  };
}
