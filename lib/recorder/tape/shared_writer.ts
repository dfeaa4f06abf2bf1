// Writes what a process has served on the record that processes share. What cannot be kept is left out alone, and counted.
import type { Exchange } from "../exchange.ts";
import type { Pseudonyms } from "../redact/pseudonyms.ts";
import type { ExchangeTable } from "./exchange_table.ts";
import { createLosses, type Losses } from "./losses.ts";
import type { HeldExchange } from "./ring.ts";
import type { Rings } from "./rings.ts";

/** What is written with. */
export interface SharedWriterDeps {
  readonly table: ExchangeTable;
  readonly rings: Rings;
  readonly loadPseudonyms: () => Promise<Pseudonyms>;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Told what went wrong; the exchanges in question are then not on record. */
  readonly report: (error: unknown) => void;
}

interface SharedWriter {
  /** Writes exchanges of a sandbox; never rejects. Nothing else may be written on that record meanwhile. */
  readonly write: (sandboxId: string, entries: readonly HeldExchange[]) => Promise<void>;
  readonly clear: (sandboxId: string) => void;
  readonly drop: (sandboxId: string) => void;
}

/** An exchange on its way, with the number that this process gave it. */
interface Outgoing {
  readonly own: number;
  readonly exchange: Exchange;
}

/** Exchanges that are written together, and what went wrong with them. */
interface Helping {
  readonly sandboxId: string;
  readonly errors: unknown[];
}

interface Writing extends SharedWriterDeps {
  readonly losses: Losses;
  /** Numbers on record of open exchanges, by sandbox and this process's own number. */
  readonly open: Map<string, Map<number, number>>;
}

/** Makes a writer. */
export function createSharedWriter(deps: SharedWriterDeps): SharedWriter {
  const writing: Writing = { ...deps, losses: createLosses(deps.rings), open: new Map() };
  return {
    write: async (sandboxId, entries) => {
      const helping: Helping = { sandboxId, errors: [] };
      await write(writing, helping, entries).catch((error) => void helping.errors.push(error));
      // One line for all: what keeps one from the record keeps perhaps every one.
      if (helping.errors.length > 0) deps.report(helping.errors[0]);
    },
    clear: writing.losses.clear,
    drop: (sandboxId) => {
      writing.losses.clear(sandboxId);
      writing.open.delete(sandboxId);
    },
  };
}

async function write(writing: Writing, helping: Helping, entries: readonly HeldExchange[]): Promise<void> {
  const { table, losses, open, loadPseudonyms } = writing;
  const { sandboxId, errors } = helping;
  const outgoing = redactAll(writing, helping, { entries, pseudonyms: await loadPseudonyms() });
  const numbers = open.get(sandboxId) ?? new Map<number, number>();
  open.set(sandboxId, numbers);
  const fresh = outgoing.filter(({ own }) => !numbers.has(own));
  for (const { own, exchange } of outgoing) {
    const sequence = numbers.get(own);
    if (sequence === undefined) continue;
    if (!exchange.isOpen) numbers.delete(own);
    await table.replace(sandboxId, { ...exchange, sequence }).catch((error) => void errors.push(error));
  }
  for (const { own, exchange } of await add(writing, helping, fresh)) {
    if (exchange.isOpen) numbers.set(own, exchange.sequence);
  }
  if (numbers.size === 0) open.delete(sandboxId);
  // What was left out of this helping is not told with it.
  if (losses.untold(sandboxId) > 0) await addTogether(writing, sandboxId, []);
}

interface Redaction {
  readonly entries: readonly HeldExchange[];
  readonly pseudonyms: Pseudonyms;
}

function redactAll(writing: Writing, helping: Helping, { entries, pseudonyms }: Redaction): readonly Outgoing[] {
  return entries.flatMap((entry) => {
    try {
      return [{ own: entry.sequence, exchange: entry.exchange(pseudonyms) }];
    } catch (error) {
      leaveOut(writing, helping, error);
      return [];
    }
  });
}

function leaveOut({ losses }: Writing, { sandboxId, errors }: Helping, error: unknown): void {
  losses.add(sandboxId);
  errors.push(error);
}

/** Puts exchanges on record, each alone if they don't go together: one that cannot be kept must not cost the others. */
async function add(
  writing: Writing,
  helping: Helping,
  outgoing: readonly Outgoing[],
): Promise<readonly Outgoing[]> {
  try {
    return await addTogether(writing, helping.sandboxId, outgoing);
  } catch (error) {
    if (outgoing.length === 1) leaveOut(writing, helping, error);
    if (outgoing.length <= 1) return [];
  }
  const added: Outgoing[] = [];
  for (const one of outgoing) added.push(...await add(writing, helping, [one]));
  return added;
}

async function addTogether(
  { table, losses, now }: Writing,
  sandboxId: string,
  outgoing: readonly Outgoing[],
): Promise<readonly Outgoing[]> {
  const count = losses.untold(sandboxId);
  if (outgoing.length === 0 && count === 0) return [];
  const loss = count === 0 ? undefined : { atMs: now(), count };
  const exchanges = await table.add(sandboxId, outgoing.map(({ exchange }) => exchange), loss);
  losses.told(sandboxId, count);
  // Those that are missing were cleared, the first ones first.
  const kept = outgoing.slice(outgoing.length - exchanges.length);
  return kept.flatMap(({ own }, index) => {
    const exchange = exchanges[index];
    return exchange ? [{ own, exchange }] : [];
  });
}
