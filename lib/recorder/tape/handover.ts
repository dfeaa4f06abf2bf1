/**
 * How a process hands over what it has served to the record that processes share: a moment later and in small helpings, so
 * that no response waits and a process under load spends its time on answering. What does not fit is left out alone.
 *
 * @module
 */
import type { Sleep } from "../../runtime/sleep.ts";
import { type ExchangeTable, MAX_ADDED, type Watched } from "./exchange_table.ts";
import type { Exchange } from "../exchange.ts";
import type { Names } from "../redact/pseudonyms.ts";
import type { Entry, Rings } from "./rings.ts";

/** What is handed over with. */
export interface HandoverDeps {
  /** The record that processes share. */
  readonly table: ExchangeTable;
  /** What waits. */
  readonly rings: Rings;
  /** What secrets and senders are called. */
  readonly names: () => Promise<Names>;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** A clock for durations, in milliseconds. */
  readonly monotonicMs: () => number;
  /** What to wait with. */
  readonly sleep: Sleep;
  /** Aborting it ends what goes on in the background. */
  readonly signal: AbortSignal | undefined;
  /** Told what went wrong; the exchanges in question are then not on record. */
  readonly report: (error: unknown) => void;
}

/** Hands over. */
export interface Handover {
  /** Takes an entry, to hand it over when there is time. */
  readonly put: (sandboxId: string, entry: Entry) => void;
  /** Hands over all there is of a sandbox, at once. */
  readonly giveAll: (sandboxId: string) => Promise<void>;
  /** Does something with a record while nobody hands anything over. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Forgets what waits of a sandbox. */
  readonly clear: (sandboxId: string) => void;
  /** Forgets a sandbox altogether. */
  readonly drop: (sandboxId: string) => void;
}

/** How soon what was served is handed over, in milliseconds. */
export const GIVE_MS = 50;
/** How often is looked during a rest whether somebody waits, in milliseconds: waking up for it is most of what a rest costs. */
export const LOOK_MS = 2 * GIVE_MS;
/** Whoever serves more than this in that time hands over nothing until it is calm, unless somebody waits. */
const MAX_PUTS = 50;
/** How long it must have been calm, in milliseconds. */
const CALM_MS = 500;
/** How many times as long as a helping took nothing more is handed over, unless somebody waits. */
const REST = 100;
/** The longest such rest, in milliseconds. */
const MAX_REST_MS = 2000;

/** An exchange on its way, with the number that this process gave it. */
interface Made {
  readonly own: number;
  readonly exchange: Exchange;
}

/**
 * Begins to hand over what is put.
 *
 * @param deps What it is done with.
 */
export function createHandover(deps: HandoverDeps): Handover {
  const { table, rings, names, now, monotonicMs, sleep, signal, report } = deps;
  /** Sandboxes of which something has to be handed over. */
  const waiting = new Set<string>();
  /** Numbers on record of exchanges that go on, by sandbox and this process's own number. */
  const open = new Map<string, Map<number, number>>();
  /** How many were left out, by sandbox, until the record says so; what a ring had forgotten when that was looked at last. */
  const leftOut = new Map<string, { count: number; forgotten: number }>();
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
    // What comes while this goes on is not waited for: under load there would be no end of it.
    const helpings = Math.ceil(rings.entries(sandboxId).length / MAX_ADDED);
    for (let count = 0; count < helpings; count++) await inTurn(() => give(sandboxId));
    // Somebody else may be about to hand over the last of it.
    await turn;
  }

  async function give(sandboxId: string): Promise<void> {
    const entries = rings.take(sandboxId, MAX_ADDED);
    waiting.delete(sandboxId);
    if (rings.entries(sandboxId).length > 0) waiting.add(sandboxId);
    const errors: unknown[] = [];
    try {
      await write(sandboxId, entries, errors);
    } catch (error) {
      errors.push(error);
    }
    // One line for all: what keeps one from the record keeps perhaps every one.
    if (errors.length > 0) report(errors[0]);
  }

  async function write(sandboxId: string, entries: readonly Entry[], errors: unknown[]): Promise<void> {
    const made = await redactAll(sandboxId, entries, errors);
    const numbers = open.get(sandboxId) ?? new Map<number, number>();
    open.set(sandboxId, numbers);
    const fresh = made.filter(({ own }) => !numbers.has(own));
    for (const { own, exchange } of made) {
      const number = numbers.get(own);
      if (number === undefined) continue;
      if (!exchange.isOpen) numbers.delete(own);
      await table.replace(sandboxId, { ...exchange, sequence: number }).catch((error) => void errors.push(error));
    }
    for (const { own, exchange } of await add(sandboxId, fresh, errors)) {
      if (exchange.isOpen) numbers.set(own, exchange.sequence);
    }
    if (numbers.size === 0) open.delete(sandboxId);
    // What was left out of this helping is not told with it.
    if ((leftOut.get(sandboxId)?.count ?? 0) > 0) await addTogether(sandboxId, []);
  }

  async function redactAll(sandboxId: string, entries: readonly Entry[], errors: unknown[]): Promise<readonly Made[]> {
    const named = await names();
    return entries.flatMap((entry): readonly Made[] => {
      try {
        return [{ own: entry.sequence, exchange: entry.exchange(named) }];
      } catch (error) {
        leaveOut(sandboxId, error, errors);
        return [];
      }
    });
  }

  function leaveOut(sandboxId: string, error: unknown, errors: unknown[]): void {
    lossOf(sandboxId).count++;
    errors.push(error);
  }

  /** Puts exchanges on record, each alone if they don't go together: one that cannot be kept must not cost the others. */
  async function add(sandboxId: string, made: readonly Made[], errors: unknown[]): Promise<readonly Made[]> {
    try {
      return await addTogether(sandboxId, made);
    } catch (error) {
      if (made.length === 1) leaveOut(sandboxId, error, errors);
      if (made.length <= 1) return [];
    }
    const added: Made[] = [];
    for (const one of made) added.push(...await add(sandboxId, [one], errors));
    return added;
  }

  async function addTogether(sandboxId: string, made: readonly Made[]): Promise<readonly Made[]> {
    const lost = lossOf(sandboxId);
    const { count } = lost;
    if (made.length === 0 && count === 0) return [];
    const loss = count === 0 ? undefined : { atMs: now(), count };
    const exchanges = await table.add(sandboxId, made.map(({ exchange }) => exchange), loss);
    lost.count -= count;
    // Those that are missing were cleared, the first ones first.
    const kept = made.slice(made.length - exchanges.length);
    return kept.flatMap(({ own }, index) => {
      const exchange = exchanges[index];
      return exchange ? [{ own, exchange }] : [];
    });
  }

  function lossOf(sandboxId: string): { count: number; forgotten: number } {
    const lost = leftOut.get(sandboxId) ?? { count: 0, forgotten: 0 };
    leftOut.set(sandboxId, lost);
    const forgotten = rings.forgotten(sandboxId);
    lost.count += Math.max(0, forgotten - lost.forgotten);
    lost.forgotten = forgotten;
    return lost;
  }

  return {
    put: (sandboxId, entry) => {
      if (!rings.put(sandboxId, entry)) return;
      puts++;
      waiting.add(sandboxId);
      if (!isGiving) void keepGiving();
    },
    giveAll,
    inTurn,
    clear: (sandboxId) => {
      rings.clear(sandboxId);
      waiting.delete(sandboxId);
      leftOut.delete(sandboxId);
    },
    drop: (sandboxId) => {
      rings.drop(sandboxId);
      waiting.delete(sandboxId);
      leftOut.delete(sandboxId);
      open.delete(sandboxId);
    },
  };
}
