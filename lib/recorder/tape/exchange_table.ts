/**
 * What several processes have recorded of a sandbox, in one order: each hands over what it has served, and whoever is
 * asked for a report reads it all. Exchanges get their numbers here, so a number is never given twice, and whoever has
 * read up to one has missed nothing below it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Chance } from "../../runtime/chance.ts";
import type { Exchange } from "../exchange.ts";
import { fitExchange, MAX_EXCHANGE_BYTES } from "../fit.ts";
import { MAX_EXCHANGES } from "./rings.ts";
import type { Key, Store, Write } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";
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

/** What a process could not hand over. */
export interface Loss {
  /** When it found out, in milliseconds since 1970 of real time. */
  readonly atMs: number;
  /** How many exchanges are missing that were not missing before. */
  readonly count: number;
}

/** Until when somebody waits for what is handed over, by sandbox, in milliseconds since 1970 of real time. */
export type Watched = Readonly<Record<string, number>>;

/** The record that processes share. */
export interface ExchangeTable {
  /** Random bytes that all processes have in common: secrets and senders are named with them. */
  readonly key: () => Promise<Uint8Array>;
  /** Which sandboxes somebody waits for; all in one row, since every process looks there all the time. */
  readonly watched: () => Promise<Watched>;
  /** Notes that somebody waits for a sandbox, until a time in milliseconds since 1970. */
  readonly watch: (sandboxId: string, nowMs: number, untilMs: number) => Promise<void>;
  /** What is known of a record. */
  readonly state: (sandboxId: string) => Promise<RecordState>;
  /** Another text after every change of a record. */
  readonly version: (sandboxId: string) => Promise<string>;
  /**
   * Gives exchanges numbers in place of those they have, and keeps them for a day; the oldest on record give way.
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
  /** All that is on record. */
  readonly list: (sandboxId: string) => Promise<Listed>;
  /** Some of it. */
  readonly get: (sandboxId: string, numbers: readonly number[]) => Promise<readonly Exchange[]>;
  /** Forgets what is on record; numbers go on where they were. */
  readonly clear: (sandboxId: string, nowMs: number) => Promise<void>;
}

/** A record as it was at one moment. */
export interface Listed {
  /** By number. */
  readonly exchanges: readonly Exchange[];
  /** What has fallen off and is kept to judge by, by number. */
  readonly earlier: readonly Exchange[];
  /** What is known of it. */
  readonly state: RecordState;
  /** Another text after every change. */
  readonly version: string;
}

interface Change {
  readonly state: RecordState;
  readonly added?: readonly Exchange[];
  readonly replaced?: readonly Exchange[];
  readonly removed?: readonly number[];
}

/** How long exchanges are on record, in milliseconds. */
export const RECORD_LIFETIME_MS = 24 * 60 * 60 * 1000;
/** The state outlives what it counts: a number must not be given twice. */
const STATE_LIFETIME_MS = 2 * RECORD_LIFETIME_MS;
/** Exchanges written together: `Deno.Kv` takes 800 KiB a commit. */
export const MAX_ADDED = 10;
const MAX_DELETED = 400;

/** Sandboxes that are waited for at the same time; those beyond are handed over as there is time. */
const MAX_WATCHED = 400;

const EMPTY: RecordState = { last: 0, clearedTo: 0 };
const KEY: Key = ["#recorder", "key"];
const WATCHED: Key = ["#recorder", "watched"];

/**
 * Opens the record.
 *
 * @param store The store.
 * @param chance Where the key is drawn from, by the first process that needs it.
 * @param maxBytes What an exchange may take; the bodies of a larger one are cut.
 */
export function createExchangeTable(
  store: Store,
  chance: Chance,
  maxBytes: number = MAX_EXCHANGE_BYTES,
): ExchangeTable {
  const sieve = createSieve();
  const stateKey = (sandboxId: string): Key => [sandboxId, "record"];
  const keyOf = (sandboxId: string, number: number): Key => [sandboxId, "exchange", number];
  const rowOf = (sandboxId: string, exchange: Exchange): Write => ({
    key: keyOf(sandboxId, exchange.sequence),
    value: fitExchange(exchange, maxBytes),
    expireInMs: RECORD_LIFETIME_MS,
  });

  async function key(): Promise<Uint8Array> {
    await store.create(KEY, Buffer.from(chance.bytes(32)).toString("base64url"));
    return Buffer.from((await store.get<string>(KEY)).value ?? "", "base64url");
  }

  async function watch(sandboxId: string, nowMs: number, untilMs: number): Promise<void> {
    await updateRow(store, WATCHED, (watched: Watched = {}) => {
      const others = Object.entries(watched).filter(([id, until]) => id !== sandboxId && until > nowMs);
      return { value: Object.fromEntries([[sandboxId, untilMs] as const, ...others].slice(0, MAX_WATCHED)) };
    });
  }

  async function state(sandboxId: string): Promise<RecordState> {
    return (await store.get<RecordState>(stateKey(sandboxId))).value ?? EMPTY;
  }

  /** Changes the state and what goes with it. */
  async function update(sandboxId: string, make: (state: RecordState) => Change): Promise<Change> {
    return await updateRow(store, stateKey(sandboxId), (before: RecordState = EMPTY) => {
      const change = make(before);
      const { state, added = [], replaced = [], removed = [] } = change;
      return {
        ...change,
        value: state,
        expireInMs: STATE_LIFETIME_MS,
        sets: [...added, ...replaced].map((exchange) => rowOf(sandboxId, exchange)),
        deletes: removed.map((number) => keyOf(sandboxId, number)),
      };
    });
  }

  async function add(
    sandboxId: string,
    exchanges: readonly Exchange[],
    loss: Loss | undefined,
  ): Promise<readonly Exchange[]> {
    const telling = new Set(exchanges.filter((exchange) => sieve.tells(sandboxId, exchange)));
    const { added = [] } = await update(sandboxId, (state) => {
      const kept = exchanges.filter(({ receivedAtMs }) => receivedAtMs >= (state.clearedMs ?? 0));
      const added = kept.map((exchange, index) => ({ ...exchange, sequence: state.last + 1 + index }));
      const last = state.last + added.length;
      const lost = loss && { lostMs: loss.atMs, leftOut: (state.leftOut ?? 0) + loss.count };
      const { spans, tooMany } = giveWay(countUp(state.spans ?? [], added, maxBytes));
      const old = added.map(({ sequence }) => sequence - MAX_EXCHANGES).filter((number) => number > 0);
      const told = added.filter((_, index) => kept[index] && telling.has(kept[index]));
      const staying = stay(state.staying ?? NOTHING_STAYS, { told, removed: [...old, ...tooMany] });
      const removed = [...old, ...tooMany].filter((number) => !staying.numbers.includes(number));
      return { state: { ...state, last, ...lost, spans, staying }, added, removed };
    });
    return added;
  }

  async function clear(sandboxId: string, nowMs: number): Promise<void> {
    const { exchanges: [first], earlier } = await list(sandboxId);
    sieve.clear(sandboxId);
    const { state: { last } } = await update(sandboxId, ({ last, lostMs }) => ({
      state: { last, clearedTo: last, clearedMs: nowMs, ...(lostMs === undefined ? {} : { lostMs }) },
    }));
    await store.commit({ deletes: earlier.slice(0, MAX_DELETED).map(({ sequence }) => keyOf(sandboxId, sequence)) });
    for (let number = first?.sequence ?? last + 1; number <= last; number += MAX_DELETED) {
      const count = Math.min(MAX_DELETED, last + 1 - number);
      await store.commit({ deletes: Array.from({ length: count }, (_, index) => keyOf(sandboxId, number + index)) });
    }
  }

  async function list(sandboxId: string): Promise<Listed> {
    // Asked for first, so that what comes meanwhile makes another version.
    const { value: state = EMPTY, versionstamp } = await store.get<RecordState>(stateKey(sandboxId));
    const rows = await store.list<Exchange>([sandboxId, "exchange"], 2 * MAX_EXCHANGES);
    const { numbers, fallenTo } = state.staying ?? NOTHING_STAYS;
    const before = Math.max(state.clearedTo, state.last - MAX_EXCHANGES, fallenTo);
    const staying = new Set(numbers);
    const all = rows.flatMap(({ value }) => value && value.sequence > state.clearedTo ? [value] : []);
    return {
      exchanges: all.filter(({ sequence }) => sequence > before),
      earlier: all.filter(({ sequence }) => sequence <= before && staying.has(sequence)),
      state,
      version: versionstamp ?? "",
    };
  }

  return {
    key,
    state,
    version: async (sandboxId) => (await store.get<RecordState>(stateKey(sandboxId))).versionstamp ?? "",
    watched: async () => (await store.get<Watched>(WATCHED)).value ?? {},
    watch,
    add,
    // The row of the state changes as well, so that its version is that of the record.
    replace: async (sandboxId, exchange) => void await update(sandboxId, (state) => ({ state, replaced: [exchange] })),
    list,
    get: async (sandboxId, numbers) =>
      (await Promise.all(numbers.map((number) => store.get<Exchange>(keyOf(sandboxId, number)))))
        .flatMap(({ value }) => value ?? []),
    clear,
  };
}
