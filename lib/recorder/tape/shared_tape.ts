/**
 * Where exchanges are on record while several processes share a database. Whoever asks for a sandbox says so in its record;
 * then all processes hand over at once what they have served, and the asker waits until what began before has come.
 *
 * @module
 */
import { hash } from "node:crypto";
import type { Sleep } from "../../runtime/sleep.ts";
import type { ExchangeTable } from "./exchange_table.ts";
import { compareExchanges, type Exchange } from "../exchange.ts";
import { createHandover, GIVE_MS, LOOK_MS } from "./handover.ts";
import { createNames, type Names } from "../redact/pseudonyms.ts";
import { createRings, MAX_EXCHANGES } from "./rings.ts";
import { createListeners, type Recorded, type Tape } from "./tape.ts";
import { fallenOff, isWhole } from "./completeness.ts";

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
  /** A random number below 2 ** 32, for the rings in which exchanges wait. */
  readonly seed?: number;
}

/** How long nothing older than the question must have come until an asker believes that all is there, in milliseconds. */
const SETTLE_MS = LOOK_MS + GIVE_MS;
/** The longest that an asker waits for it, in milliseconds. */
const MAX_SETTLE_MS = 3000;
/** How often is looked whether there is something new for those who listen, in milliseconds. */
const FOLLOW_MS = 200;
/** The most exchanges that are read together for those who listen. */
const MAX_FOLLOWED = 50;
/** How long others are asked to hurry, in milliseconds. */
const WATCH_MS = 60_000;

/**
 * Makes a tape on a shared record.
 *
 * @param deps What it is made with.
 */
export function createSharedTape(deps: SharedTapeDeps): Tape {
  const { table, now, sleep, signal, sinceMs, report, seed = 1 } = deps;
  const rings = createRings({ seed });
  const handover = createHandover({ ...deps, rings, names: loadNames });
  const listeners = createListeners();
  /** Sandboxes that are followed for those who listen. */
  const followed = new Set<string>();
  let names: Promise<Names> | undefined;

  function loadNames(): Promise<Names> {
    const loading = names ??= table.key().then(createNames);
    loading.catch(() => names = undefined);
    return loading;
  }

  /** Asks all to hurry, for half of {@link WATCH_MS} at least. */
  async function watch(sandboxId: string): Promise<void> {
    const { [sandboxId]: untilMs = 0 } = await table.watched();
    if (untilMs < now() + WATCH_MS / 2) await table.watch(sandboxId, now(), now() + WATCH_MS);
  }

  async function gather(sandboxId: string): Promise<void> {
    const askedMs = now();
    await handover.giveAll(sandboxId);
    await watch(sandboxId);
    await settle(sandboxId, askedMs);
  }

  async function list(sandboxId: string, after: number): Promise<Recorded> {
    const listed = await table.list(sandboxId);
    const { exchanges: kept, earlier, state, version } = listed;
    const shown = kept.filter((exchange) => exchange.sequence > after && isShown(exchange));
    return {
      exchanges: shown.sort(compareExchanges),
      earlier: after > 0 ? [] : earlier.filter(isShown).sort(compareExchanges),
      ...fallenOff(listed, sinceMs),
      clearedAt: state.clearedTo,
      isWhole: isWhole(kept, state, sinceMs),
      leftOut: state.leftOut ?? 0,
      version,
    };
  }

  /**
   * Waits until nothing more comes that began before the question. What began later is not waited for: a sandbox that is in
   * use is never quiet, and its report is one of what was answered before it was asked for.
   */
  async function settle(sandboxId: string, askedMs: number): Promise<void> {
    let { last } = await table.state(sandboxId);
    for (let waitedMs = 0; waitedMs < MAX_SETTLE_MS; waitedMs += SETTLE_MS) {
      await sleep(SETTLE_MS, signal);
      const before = last;
      ({ last } = await table.state(sandboxId));
      if (!await isAnyOlder(sandboxId, before, last, askedMs)) return;
    }
  }

  async function isAnyOlder(sandboxId: string, after: number, last: number, timeMs: number): Promise<boolean> {
    for (let from = Math.max(after, last - MAX_EXCHANGES); from < last; from += MAX_FOLLOWED) {
      const some = await table.get(sandboxId, numbersFrom(from + 1, Math.min(last, from + MAX_FOLLOWED)));
      if (some.some(({ receivedAtMs }) => receivedAtMs <= timeMs)) return true;
    }
    return false;
  }

  function isShown({ receivedAtMs }: Exchange): boolean {
    return receivedAtMs >= (sinceMs ?? 0);
  }

  async function page(sandboxId: string, after: number, limit: number): Promise<readonly Exchange[]> {
    const { last, clearedTo, staying } = await table.state(sandboxId);
    let found: readonly Exchange[] = [];
    for (
      let from = Math.max(after, clearedTo, last - MAX_EXCHANGES, staying?.fallenTo ?? 0);
      from < last && found.length < limit;
      from += limit
    ) {
      const some = await table.get(sandboxId, numbersFrom(from + 1, Math.min(last, from + limit)));
      found = [...found, ...some.filter(isShown)];
    }
    return found.slice(0, limit);
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
        const numbers = [...goingOn.keys(), ...numbersFrom(from, state.last)];
        last = state.last;
        for (let at = 0; at < numbers.length; at += MAX_FOLLOWED) {
          for (const exchange of await table.get(sandboxId, numbers.slice(at, at + MAX_FOLLOWED))) {
            const digest = hash("sha256", JSON.stringify(exchange));
            if (goingOn.get(exchange.sequence) === digest) continue;
            if (exchange.isOpen) goingOn.set(exchange.sequence, digest);
            else goingOn.delete(exchange.sequence);
            listeners.tell(sandboxId, ({ onExchange }) => onExchange(exchange));
          }
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
    put: handover.put,
    read: async (sandboxId, after = 0) => {
      await gather(sandboxId);
      return await list(sandboxId, after);
    },
    gather,
    readNew: async (sandboxId, version) =>
      version === await table.version(sandboxId) ? undefined : await list(sandboxId, 0),
    get: async (sandboxId, numbers) => (await table.get(sandboxId, numbers)).filter(isShown),
    page,
    subscribe: (sandboxId, listener) => {
      const leave = listeners.add(sandboxId, listener);
      if (!followed.has(sandboxId)) void follow(sandboxId);
      return leave;
    },
    clear: async (sandboxId) => {
      handover.clear(sandboxId);
      await handover.inTurn(() => table.clear(sandboxId, now()));
    },
    drop: handover.drop,
  };
}

function numbersFrom(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last + 1 - first) }, (_, index) => first + index);
}
