/**
 * Where exchanges are on record while several processes share a database: each hands over what it has served, a moment
 * later and in small helpings, so that no response waits and a process under load spends its time on answering. Whoever
 * asks for a sandbox says so in its record; then all is handed over at once, and the asker waits until nothing more comes.
 *
 * @module
 */
import type { Sleep } from "../sleep.ts";
import { type ExchangeTable, MAX_ADDED, type Watched } from "../store/exchanges.ts";
import { compareExchanges } from "./exchange.ts";
import { createNames, type Names } from "./names.ts";
import { createRings, type Entry, MAX_EXCHANGES } from "./rings.ts";
import { createListeners, type Recorded, type Tape } from "./tape.ts";
import { isWhole } from "./whole.ts";

/** What a shared tape is made with. */
export interface SharedTapeDeps {
  /** The record that processes share. */
  readonly table: ExchangeTable;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** A clock for durations, in milliseconds. */
  readonly monotonicMs: () => number;
  /** What to wait with. */
  readonly sleep: Sleep;
  /** Aborting it ends what goes on in the background. */
  readonly signal: AbortSignal | undefined;
  /** What came before this time is not shown, in milliseconds since 1970; if not given, nothing is held back. */
  readonly sinceMs: number | undefined;
  /** Told what went wrong; the exchanges in question are then not on record. */
  readonly report: (error: unknown) => void;
}

/** How soon what was served is handed over, in milliseconds. */
const GIVE_MS = 50;
/** Whoever serves more than this in that time hands over nothing until it is calm, unless somebody waits. */
const MAX_PUTS = 50;
/** How long it must have been calm, in milliseconds. */
const CALM_MS = 500;
/** How many times as long as a helping took nothing more is handed over, unless somebody waits. */
const REST = 100;
/** The longest such rest, in milliseconds. */
const MAX_REST_MS = 2000;
/** How often is looked during a rest whether somebody waits, in milliseconds: waking up for it is most of what a rest costs. */
const LOOK_MS = 2 * GIVE_MS;
/** How long nothing must have come until an asker believes that all is there, in milliseconds. */
const SETTLE_MS = LOOK_MS + GIVE_MS;
/** The longest that an asker waits for it, in milliseconds. */
const MAX_SETTLE_MS = 3000;
/** How often is looked whether there is something new for those who listen, in milliseconds. */
const FOLLOW_MS = 200;
/** How long others are asked to hurry, in milliseconds. */
const WATCH_MS = 60_000;

/**
 * Makes a tape on a shared record.
 *
 * @param deps What it is made with.
 */
export function createSharedTape(deps: SharedTapeDeps): Tape {
  const { table, now, monotonicMs, sleep, signal, sinceMs, report } = deps;
  const rings = createRings();
  const listeners = createListeners();
  /** Sandboxes of which something has to be handed over. */
  const waiting = new Set<string>();
  /** Sandboxes that are followed for those who listen. */
  const followed = new Set<string>();
  /** Numbers on record of exchanges that go on, by sandbox and this process's own number. */
  const open = new Map<string, Map<number, number>>();
  let names: Promise<Names> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let isGiving = false;
  let puts = 0;

  /** Two at work on one record would give what goes on two numbers. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  }

  async function keepGiving(): Promise<void> {
    isGiving = true;
    let dueMs = 0;
    try {
      while (waiting.size > 0) {
        await sleep(monotonicMs() < dueMs ? LOOK_MS : GIVE_MS, signal);
        if (puts > MAX_PUTS) dueMs = Math.max(dueMs, monotonicMs() + CALM_MS);
        puts = 0;
        const watched = await table.watched();
        for (const sandboxId of [...waiting]) if (isWatched(sandboxId, watched)) await giveAll(sandboxId);
        const startMs = monotonicMs();
        if (startMs < dueMs) continue;
        await giveSome();
        dueMs = monotonicMs() + Math.min(MAX_REST_MS, REST * (monotonicMs() - startMs));
      }
    } catch (error) {
      if (!signal?.aborted) report(error);
    }
    isGiving = false;
  }

  function isWatched(sandboxId: string, watched: Watched): boolean {
    return (watched[sandboxId] ?? 0) > now();
  }

  /** One helping, from the sandboxes that have waited the longest. */
  async function giveSome(): Promise<void> {
    let left = MAX_ADDED;
    for (const sandboxId of [...waiting]) {
      if (left <= 0) return;
      left -= rings.entries(sandboxId).length;
      await inTurn(() => give(sandboxId));
    }
  }

  async function giveAll(sandboxId: string): Promise<void> {
    while (rings.entries(sandboxId).length > 0) await inTurn(() => give(sandboxId));
    // Somebody else may be about to hand over the last of it.
    await turn;
  }

  function loadNames(): Promise<Names> {
    return names ??= table.key().then(createNames);
  }

  async function give(sandboxId: string): Promise<void> {
    const entries = rings.take(sandboxId, MAX_ADDED);
    waiting.delete(sandboxId);
    if (rings.entries(sandboxId).length > 0) waiting.add(sandboxId);
    try {
      await write(sandboxId, entries, await loadNames());
    } catch (error) {
      names = undefined;
      report(error);
    }
  }

  async function write(sandboxId: string, entries: readonly Entry[], named: Names): Promise<void> {
    const numbers = open.get(sandboxId) ?? new Map<number, number>();
    open.set(sandboxId, numbers);
    const made = entries.map((entry) => ({ own: entry.sequence, exchange: entry.exchange(named) }));
    const fresh = made.filter(({ own }) => !numbers.has(own));
    for (const { own, exchange } of made) {
      const number = numbers.get(own);
      if (number === undefined) continue;
      await table.replace(sandboxId, { ...exchange, sequence: number });
      if (!exchange.isOpen) numbers.delete(own);
    }
    const lostMs = rings.isWhole(sandboxId) ? undefined : now();
    const added = fresh.map(({ exchange }) => exchange);
    const exchanges = added.length > 0 || lostMs !== undefined ? await table.add(sandboxId, added, lostMs) : [];
    // Those that are missing were cleared, the first ones first.
    for (const [index, { own, exchange }] of fresh.slice(fresh.length - exchanges.length).entries()) {
      const number = exchanges[index]?.sequence;
      if (exchange.isOpen && number !== undefined) numbers.set(own, number);
    }
    if (numbers.size === 0) open.delete(sandboxId);
  }

  /** Asks all to hurry, for half of {@link WATCH_MS} at least. */
  async function watch(sandboxId: string): Promise<void> {
    const { [sandboxId]: untilMs = 0 } = await table.watched();
    if (untilMs < now() + WATCH_MS / 2) await table.watch(sandboxId, now(), now() + WATCH_MS);
  }

  async function read(sandboxId: string, after = 0): Promise<Recorded> {
    await giveAll(sandboxId);
    await watch(sandboxId);
    let { last } = await table.state(sandboxId);
    for (let waitedMs = 0; waitedMs < MAX_SETTLE_MS; waitedMs += SETTLE_MS) {
      await sleep(SETTLE_MS, signal);
      const before = last;
      ({ last } = await table.state(sandboxId));
      if (last === before) break;
    }
    const [kept, state] = await Promise.all([table.list(sandboxId), table.state(sandboxId)]);
    const shown = kept.filter(({ sequence, receivedAtMs }) => sequence > after && receivedAtMs >= (sinceMs ?? 0));
    return { exchanges: shown.sort(compareExchanges), isWhole: isWhole(kept, state, sinceMs) };
  }

  async function follow(sandboxId: string): Promise<void> {
    followed.add(sandboxId);
    try {
      let { last, clearedTo } = await table.state(sandboxId);
      const goingOn = new Map<number, string>();
      let watchedMs = -Infinity;
      while (listeners.has(sandboxId)) {
        if (now() >= watchedMs + WATCH_MS / 2) {
          watchedMs = now();
          await watch(sandboxId);
        }
        await sleep(FOLLOW_MS, signal);
        const state = await table.state(sandboxId);
        if (state.clearedTo > clearedTo) {
          clearedTo = state.clearedTo;
          goingOn.clear();
          listeners.tell(sandboxId, ({ onClear }) => onClear());
        }
        const from = Math.max(last, state.clearedTo, state.last - MAX_EXCHANGES) + 1;
        const numbers = Array.from({ length: Math.max(0, state.last + 1 - from) }, (_, index) => from + index);
        last = state.last;
        for (const exchange of await table.get(sandboxId, [...goingOn.keys(), ...numbers])) {
          const text = JSON.stringify(exchange);
          if (goingOn.get(exchange.sequence) === text) continue;
          if (exchange.isOpen) goingOn.set(exchange.sequence, text);
          else goingOn.delete(exchange.sequence);
          listeners.tell(sandboxId, ({ onExchange }) => onExchange(exchange));
        }
      }
    } catch (error) {
      if (!signal?.aborted) report(error);
    }
    followed.delete(sandboxId);
  }

  return {
    number: rings.number,
    nameOf: async (sandboxId) => (await loadNames()).peerOf("", sandboxId),
    put: (sandboxId, entry) => {
      if (!rings.put(sandboxId, entry)) return;
      puts++;
      waiting.add(sandboxId);
      if (!isGiving) void keepGiving();
    },
    read,
    subscribe: (sandboxId, listener) => {
      const leave = listeners.add(sandboxId, listener);
      if (!followed.has(sandboxId)) void follow(sandboxId);
      return leave;
    },
    clear: async (sandboxId) => {
      rings.clear(sandboxId);
      waiting.delete(sandboxId);
      await inTurn(() => table.clear(sandboxId, now()));
    },
    drop: (sandboxId) => {
      rings.drop(sandboxId);
      waiting.delete(sandboxId);
      open.delete(sandboxId);
    },
  };
}
