// What several processes have recorded of a sandbox, in one order: each hands over what it has served, and the process that
// is asked for a report reads it all. Exchanges get their numbers here, so a number is never given twice, and a reader that
// has read up to one has missed nothing below it.
import type { Chance } from "../../runtime/chance.ts";
import type { Exchange } from "../exchange.ts";
import { fitExchange, MAX_EXCHANGE_BYTES } from "../fit.ts";
import { MAX_EXCHANGES } from "./rings.ts";
import { defined } from "../../runtime/defined.ts";
import type { Key, Store } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";
import { createRecorderTable, type RecorderTable } from "./recorder_table.ts";
import { createSieve, NOTHING_STAYS, stay, type Staying } from "./evidence_table.ts";
import { countUp, giveWay, type Span } from "./spans_table.ts";

/** What is known of a sandbox's record. */
export interface RecordState {
  /** The number given last. */
  readonly last: number;
  /** The number given last when it was cleared. */
  readonly clearedTo: number;
  /** When it was cleared last, in milliseconds since 1970 of real time; absent for never. */
  readonly clearedMs?: number;
  /** When a process last had to forget something before it could hand it over; absent for never. */
  readonly lostMs?: number;
  /** How many exchanges never came on record, since it was cleared last; absent for none. */
  readonly leftOut?: number;
  /** What exchanges take that were put on record one after the other, oldest first. */
  readonly spans?: readonly Span[];
  /** What stays to judge by when it gives way; absent if there is nothing. */
  readonly staying?: Staying;
}

interface Loss {
  /** When it found out, in milliseconds since 1970 of real time. */
  readonly atMs: number;
  /** How many exchanges are missing that were not missing before. */
  readonly count: number;
}

/** The record that processes share. */
export interface ExchangeTable extends RecorderTable {
  readonly state: (sandboxId: string) => Promise<RecordState>;
  /** Another text after every change of a record. */
  readonly version: (sandboxId: string) => Promise<string>;
  /**
   * Gives exchanges new numbers, and keeps them for a day; the oldest on record give way.
   *
   * @returns Those that were kept: all but those that are older than the last clearing.
   */
  readonly add: (
    sandboxId: string,
    exchanges: readonly Exchange[],
    loss: Loss | undefined,
  ) => Promise<readonly Exchange[]>;
  /** Keeps what an exchange has become, under the number it has. */
  readonly replace: (sandboxId: string, exchange: Exchange) => Promise<void>;
  readonly list: (sandboxId: string) => Promise<SharedRecord>;
  readonly get: (sandboxId: string, numbers: readonly number[]) => Promise<readonly Exchange[]>;
  /** Forgets what is on record; numbers continue. */
  readonly clear: (sandboxId: string, nowMs: number) => Promise<void>;
}

/** A record as it was at one moment. */
export interface SharedRecord {
  /** By number. */
  readonly exchanges: readonly Exchange[];
  /** What has fallen off and is kept to judge by, by number. */
  readonly earlier: readonly Exchange[];
  readonly state: RecordState;
  /** Another text after every change. */
  readonly version: string;
}

interface Change {
  readonly state: RecordState;
  readonly written?: readonly Exchange[];
  /** Numbers of those that give way. */
  readonly removed?: readonly number[];
}

/** How long exchanges are on record, in milliseconds. */
const RECORD_LIFETIME_MS = 24 * 60 * 60 * 1000;
/** The state outlives what it counts: a number must not be given twice. */
const STATE_LIFETIME_MS = 2 * RECORD_LIFETIME_MS;
/** Exchanges written together: `Deno.Kv` takes 800 KiB a commit. */
export const MAX_ADDED = 10;
const MAX_DELETED = 400;

const EMPTY: RecordState = { last: 0, clearedTo: 0 };

/**
 * Opens the record.
 *
 * @param chance Where the key is drawn from, by the first process that needs it.
 * @param maxBytes What an exchange may take; the bodies of a larger one are cut.
 */
export function createExchangeTable(
  store: Store,
  chance: Chance,
  maxBytes: number = MAX_EXCHANGE_BYTES,
): ExchangeTable {
  const sieve = createSieve();

  async function read(sandboxId: string): Promise<{ readonly state: RecordState; readonly version: string }> {
    const { value, versionstamp } = await store.get<RecordState>(stateKey(sandboxId));
    return { state: value ?? EMPTY, version: versionstamp ?? "" };
  }

  /** Changes the state and what goes with it. */
  async function update(sandboxId: string, make: (state: RecordState) => Change): Promise<Change> {
    return await updateRow(store, stateKey(sandboxId), (before: RecordState = EMPTY) => {
      const change = make(before);
      const { state, written = [], removed = [] } = change;
      return {
        ...change,
        value: state,
        expireInMs: STATE_LIFETIME_MS,
        sets: written.map((exchange) => ({
          key: keyOf(sandboxId, exchange.sequence),
          value: fitExchange(exchange, maxBytes),
          expireInMs: RECORD_LIFETIME_MS,
        })),
        deletes: removed.map((number) => keyOf(sandboxId, number)),
      };
    });
  }

  async function list(sandboxId: string): Promise<SharedRecord> {
    // Asked for first, so that what comes meanwhile makes another version.
    const { state, version } = await read(sandboxId);
    const rows = await store.list<Exchange>([sandboxId, "exchange"], 2 * MAX_EXCHANGES);
    return { ...split(rows.flatMap(({ value }) => value ?? []), state), state, version };
  }

  return {
    ...createRecorderTable(store, chance),
    state: async (sandboxId) => (await read(sandboxId)).state,
    version: async (sandboxId) => (await read(sandboxId)).version,
    add: async (sandboxId, exchanges, loss) => {
      const telling = new Set(exchanges.filter((exchange) => sieve.tells(sandboxId, exchange)));
      const { written = [] } = await update(sandboxId, (state) => addTo(state, { exchanges, telling, loss, maxBytes }));
      return written;
    },
    // The row of the state changes as well, so that its version is that of the record.
    replace: async (sandboxId, exchange) => void await update(sandboxId, (state) => ({ state, written: [exchange] })),
    list,
    get: async (sandboxId, numbers) => {
      const rows = await Promise.all(numbers.map((number) => store.get<Exchange>(keyOf(sandboxId, number))));
      return rows.flatMap(({ value }) => value ?? []);
    },
    clear: async (sandboxId, nowMs) => {
      const { exchanges: [first], earlier } = await list(sandboxId);
      sieve.clear(sandboxId);
      const { state: { last } } = await update(sandboxId, ({ last, lostMs }) => ({
        state: defined({ last, clearedTo: last, clearedMs: nowMs, lostMs }),
      }));
      const kept = earlier.slice(0, MAX_DELETED).map(({ sequence }) => sequence);
      await store.commit({ deletes: kept.map((number) => keyOf(sandboxId, number)) });
      for (let from = first?.sequence ?? last + 1; from <= last; from += MAX_DELETED) {
        const numbers = numbersFrom(from, Math.min(last, from + MAX_DELETED - 1));
        await store.commit({ deletes: numbers.map((number) => keyOf(sandboxId, number)) });
      }
    },
  };
}

function stateKey(sandboxId: string): Key {
  return [sandboxId, "record"];
}

function keyOf(sandboxId: string, number: number): Key {
  return [sandboxId, "exchange", number];
}

/** All numbers from one to another, both included. */
export function numbersFrom(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last + 1 - first) }, (_, index) => first + index);
}

interface Addition {
  readonly exchanges: readonly Exchange[];
  readonly telling: ReadonlySet<Exchange>;
  readonly loss: Loss | undefined;
  readonly maxBytes: number;
}

/** What a record becomes when exchanges are put on it. */
function addTo(state: RecordState, { exchanges, telling, loss, maxBytes }: Addition): Change {
  const kept = exchanges.filter(({ receivedAtMs }) => receivedAtMs >= (state.clearedMs ?? 0));
  const written = kept.map((exchange, index) => ({ ...exchange, sequence: state.last + 1 + index }));
  const last = state.last + written.length;
  const lost = loss && { lostMs: loss.atMs, leftOut: (state.leftOut ?? 0) + loss.count };
  const { spans, tooMany } = giveWay(countUp(state.spans ?? [], written, maxBytes));
  const tooOld = written.map(({ sequence }) => sequence - MAX_EXCHANGES).filter((number) => number > 0);
  const fallen = [...tooOld, ...tooMany];
  const told = written.filter((_, index) => kept[index] && telling.has(kept[index]));
  const staying = stay(state.staying ?? NOTHING_STAYS, { told, removed: fallen });
  const removed = fallen.filter((number) => !staying.numbers.includes(number));
  return { state: { ...state, last, ...lost, spans, staying }, written, removed };
}

/** What is on a record, and what has fallen off it and stays to judge by. */
function split(all: readonly Exchange[], state: RecordState): Pick<SharedRecord, "exchanges" | "earlier"> {
  const { last, clearedTo, staying: { numbers, fallenTo } = NOTHING_STAYS } = state;
  const before = Math.max(clearedTo, last - MAX_EXCHANGES, fallenTo);
  const staying = new Set(numbers);
  return {
    exchanges: all.filter(({ sequence }) => sequence > before),
    earlier: all.filter(({ sequence }) => sequence > clearedTo && sequence <= before && staying.has(sequence)),
  };
}
