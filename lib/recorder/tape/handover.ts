// How a process hands over what it has served to the record that processes share: a moment later and in small helpings, so
// that no response waits and a process under load spends its time on answering. What does not fit is left out alone.
import type { Sleep } from "../../runtime/sleep.ts";
import { createTurns, type Turns } from "../../runtime/turns.ts";
import { MAX_ADDED } from "./exchange_table.ts";
import type { Watched } from "./recorder_table.ts";
import type { HeldExchange } from "./ring.ts";
import { createSharedWriter, type SharedWriterDeps } from "./shared_writer.ts";

/** What is handed over with. */
export interface HandoverDeps extends SharedWriterDeps {
  readonly monotonicMs: () => number;
  readonly sleep: Sleep;
  /** Aborting it ends the work in the background. */
  readonly signal: AbortSignal | undefined;
}

interface Handover {
  /** Takes an exchange, to hand it over when there is time. */
  readonly put: (sandboxId: string, entry: HeldExchange) => void;
  readonly giveAll: (sandboxId: string) => Promise<void>;
  /** Does something with a record while nobody hands anything over. */
  readonly inTurn: Turns;
  /** Forgets what waits of a sandbox. */
  readonly clear: (sandboxId: string) => void;
  /** Forgets a sandbox altogether. */
  readonly drop: (sandboxId: string) => void;
}

/** How soon what was served is handed over, in milliseconds. */
export const GIVE_MS = 50;
/** How often a resting process looks whether somebody waits, in milliseconds: waking up is most of what a rest costs. */
export const LOOK_MS = 2 * GIVE_MS;
/** A process that serves more than this in that time hands over nothing until it is calm, unless somebody waits. */
const MAX_PUTS = 50;
/** How long it must have been calm, in milliseconds. */
const CALM_MS = 500;
/** How many times as long as a helping took nothing more is handed over, unless somebody waits. */
const REST = 100;
/** The longest such rest, in milliseconds. */
const MAX_REST_MS = 2000;

/** Begins to hand over what is put. */
export function createHandover(deps: HandoverDeps): Handover {
  const { table, rings, now, monotonicMs, sleep, signal, report } = deps;
  const writer = createSharedWriter(deps);
  // Two writers on one record would give an open exchange two numbers.
  const inTurn = createTurns(1);
  /** Sandboxes of which something has to be handed over. */
  const waiting = new Set<string>();
  let isGiving = false;
  let puts = 0;

  async function keepGiving(): Promise<void> {
    isGiving = true;
    const pace = createPace(monotonicMs);
    try {
      while (waiting.size > 0) {
        await sleep(pace.waitMs(), signal);
        pace.look(puts);
        puts = 0;
        const watched = await table.watched();
        for (const sandboxId of [...waiting]) if (isWatched(sandboxId, watched)) await giveAll(sandboxId);
        await pace.work(giveSome);
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
      left -= rings.of(sandboxId).entries.length;
      await inTurn(() => give(sandboxId));
    }
  }

  async function giveAll(sandboxId: string): Promise<void> {
    // What comes while this goes on is not waited for: under load there would be no end of it.
    const helpings = Math.ceil(rings.of(sandboxId).entries.length / MAX_ADDED);
    for (let count = 0; count < helpings; count++) await inTurn(() => give(sandboxId));
    // Somebody else may be about to hand over the last of it.
    await inTurn(() => Promise.resolve());
  }

  function give(sandboxId: string): Promise<void> {
    const entries = rings.take(sandboxId, MAX_ADDED);
    waiting.delete(sandboxId);
    if (rings.of(sandboxId).entries.length > 0) waiting.add(sandboxId);
    return writer.write(sandboxId, entries);
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
      writer.clear(sandboxId);
    },
    drop: (sandboxId) => {
      rings.drop(sandboxId);
      waiting.delete(sandboxId);
      writer.drop(sandboxId);
    },
  };
}

/** When a process hands over. */
interface Pace {
  /** How long until it looks again whether there is something to do, in milliseconds. */
  readonly waitMs: () => number;
  /** Is told how much was served meanwhile. */
  readonly look: (puts: number) => void;
  /** Does some work if it is due, and rests afterwards. */
  readonly work: (work: () => Promise<void>) => Promise<void>;
}

function createPace(monotonicMs: () => number): Pace {
  let dueMs = 0;
  return {
    waitMs: () => monotonicMs() < dueMs ? LOOK_MS : GIVE_MS,
    look: (puts) => {
      if (puts > MAX_PUTS) dueMs = Math.max(dueMs, monotonicMs() + CALM_MS);
    },
    work: async (work) => {
      const startMs = monotonicMs();
      if (startMs < dueMs) return;
      await work();
      dueMs = monotonicMs() + Math.min(MAX_REST_MS, REST * (monotonicMs() - startMs));
    },
  };
}
