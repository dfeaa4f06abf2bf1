/**
 * What recording costs each operation: two servers side by side, one that records and one that does not, which do the same
 * work in short turns, so that both see the same machine. What a server does between its turns counts as well: it collects
 * garbage, and hands over what others may want to read.
 */
import { type BenchServer, startServer } from "./measure.ts";
import { createOperations } from "./operations.ts";

/** Callers that wait for their answer before they ask again. */
const CONNECTIONS = 8;
/** Operations a turn. */
const OPERATIONS = 100;
/** Turns of each server before anything is measured, until nearly all is compiled. */
const WARM_UP_TURNS = 16;
/** Turns of each server that are measured. */
const TURNS = 40;
/** Pairs of servers, one after the other: the same code is not compiled alike in each process, which is worth some percent. */
const PAIRS = 6;

/** What recording came to. */
export interface RecorderCost {
  /** The operation, and where. */
  readonly name: string;
  /** CPU time with recording as a multiple of that without: the mean of all pairs. */
  readonly ratio: number;
  /** Standard error of that mean. */
  readonly error: number;
}

/**
 * Measures pairs of servers, for each operation.
 *
 * @param where What to call it.
 * @param nextDatabase Names a database that is empty, or was never opened.
 * @param flags Further arguments for all servers.
 */
export async function* measureRecorder(
  where: string,
  nextDatabase: () => string,
  ...flags: readonly string[]
): AsyncGenerator<RecorderCost, void> {
  const ratios = new Map<string, number[]>();
  for (let count = 0; count < PAIRS; count++) {
    await using recording = await startServer("app", nextDatabase(), ...flags);
    await using silent = await startServer("app", nextDatabase(), "no-record", ...flags);
    const silentTurns = await createTurns(silent);
    for (const [name, turn] of await createTurns(recording)) {
      const silentTurn = silentTurns.get(name);
      if (!silentTurn) throw new Error(`${name} is not measured twice`);
      const turns = [turn, silentTurn] as const;
      await takeTurns(turns, WARM_UP_TURNS);
      const before = [await recording.cpuMicros(), await silent.cpuMicros()] as const;
      await takeTurns(turns, TURNS);
      const recorded = await recording.cpuMicros() - before[0];
      const ratio = recorded / (await silent.cpuMicros() - before[1]);
      ratios.set(name, [...ratios.get(name) ?? [], ratio]);
    }
  }
  for (const [name, found] of ratios) {
    const ratio = meanOf(found);
    const variance = found.reduce((sum, value) => sum + (value - ratio) ** 2, 0) / (PAIRS - 1);
    yield { name: `${name}, ${where}`, ratio, error: Math.sqrt(variance / PAIRS) };
  }
}

/** Whoever comes second finds the machine as the first has left it, so they change places. */
async function takeTurns([one, other]: readonly [Turn, Turn], count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    if (turn % 2 === 0) await one();
    await other();
    if (turn % 2 === 1) await one();
  }
}

/** Does an operation so many times. */
type Turn = () => Promise<void>;

async function createTurns({ origin }: BenchServer): Promise<ReadonlyMap<string, Turn>> {
  const operations = Object.entries(await createOperations(origin, fetch));
  return new Map(operations.map(([name, operation]): [string, Turn] => [name, async () => {
    let left = OPERATIONS;
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await operation();
    }));
  }]));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
