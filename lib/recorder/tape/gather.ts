// How somebody who asks for a shared record gets all of it: all processes are asked to hurry, and the asker waits until what
// began before has come.
import type { Sleep } from "../../runtime/sleep.ts";
import { type ExchangeTable, numbersFrom } from "./exchange_table.ts";
import { GIVE_MS, LOOK_MS } from "./handover.ts";
import { MAX_EXCHANGES } from "./rings.ts";

/** What an asker waits with. */
export interface GatherDeps {
  readonly table: ExchangeTable;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly signal: AbortSignal | undefined;
}

/** How long nothing older than the question must have come until an asker believes that all is there, in milliseconds. */
const SETTLE_MS = LOOK_MS + GIVE_MS;
/** The longest that an asker waits for it, in milliseconds. */
const MAX_SETTLE_MS = 3000;
/** How long others are asked to hurry, in milliseconds. */
export const WATCH_MS = 60_000;
/** The most exchanges that are read together. */
export const MAX_READ = 50;

/** Asks all processes to hand over at once what they serve, for half of {@link WATCH_MS} at least. */
export async function watch({ table, now }: Pick<GatherDeps, "table" | "now">, sandboxId: string): Promise<void> {
  const { [sandboxId]: untilMs = 0 } = await table.watched();
  if (untilMs < now() + WATCH_MS / 2) await table.watch(sandboxId, now(), now() + WATCH_MS);
}

/**
 * Waits until nothing more comes that began before the question. What began later is not waited for: a sandbox that is in
 * use is never quiet, and its report is one of what was answered before it was asked for.
 *
 * @param askedMs When it was asked for, in milliseconds since 1970.
 */
export async function settle({ table, sleep, signal }: GatherDeps, sandboxId: string, askedMs: number): Promise<void> {
  let { last } = await table.state(sandboxId);
  for (let waitedMs = 0; waitedMs < MAX_SETTLE_MS; waitedMs += SETTLE_MS) {
    await sleep(SETTLE_MS, signal);
    const before = last;
    ({ last } = await table.state(sandboxId));
    const from = Math.max(before, last - MAX_EXCHANGES) + 1;
    if (!await isAnyOlder(table, sandboxId, { numbers: numbersFrom(from, last), askedMs })) return;
  }
}

interface Question {
  readonly numbers: readonly number[];
  readonly askedMs: number;
}

async function isAnyOlder(table: ExchangeTable, sandboxId: string, { numbers, askedMs }: Question): Promise<boolean> {
  for (let at = 0; at < numbers.length; at += MAX_READ) {
    const some = await table.get(sandboxId, numbers.slice(at, at + MAX_READ));
    if (some.some(({ receivedAtMs }) => receivedAtMs <= askedMs)) return true;
  }
  return false;
}
