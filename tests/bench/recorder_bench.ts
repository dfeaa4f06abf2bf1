/**
 * What recording costs the whole flow: two servers side by side, one that records and one that does not, which do the same
 * work in short turns, so that both see the same machine. What a server does between its turns counts as well: it collects
 * garbage, and hands over what others may want to read.
 */
import { createFlow } from "./flow_bench.ts";
import { type BenchServer, type Figure, startServer } from "./measure.ts";

/** Callers that wait for their answer before they ask again. */
const CONNECTIONS = 8;
/** Flows a turn. */
const FLOWS = 100;
/** Turns of each server before anything is measured, until nearly all is compiled. */
const WARM_UP_TURNS = 16;
/** Turns of each server that are measured. */
const TURNS = 40;
/** Pairs of servers, one after the other: the same code is not compiled alike in each process, which is worth some percent. */
const PAIRS = 12;

/** What recording came to. */
export interface RecorderCost {
  /** The flow with recording, and without. */
  readonly figures: readonly [Figure, Figure];
  /** CPU time with recording as a multiple of that without: the mean of all pairs. */
  readonly ratio: number;
  /** Standard error of that mean. */
  readonly error: number;
}

/** What a server has spent. */
interface Spent {
  readonly cpuMicros: number;
  readonly ms: number;
}

/**
 * Measures pairs of servers.
 *
 * @param where What to call it.
 * @param nextDatabase Names a database that is empty, or was never opened.
 * @param flags Further arguments for all servers.
 */
export async function measureRecorder(
  where: string,
  nextDatabase: () => string,
  ...flags: readonly string[]
): Promise<RecorderCost> {
  const pairs: (readonly [Spent, Spent])[] = [];
  for (let count = 0; count < PAIRS; count++) pairs.push(await measurePair(nextDatabase, flags));
  const ratios = pairs.map(([recorded, silent]) => recorded.cpuMicros / silent.cpuMicros);
  const ratio = meanOf(ratios);
  const variance = ratios.reduce((sum, value) => sum + (value - ratio) ** 2, 0) / (PAIRS - 1);
  return {
    figures: [
      figureOf(`whole flow, ${where}, recorded`, pairs.map(([recorded]) => recorded)),
      figureOf(`whole flow, ${where}, not recorded`, pairs.map(([, silent]) => silent)),
    ],
    ratio,
    error: Math.sqrt(variance / PAIRS),
  };
}

async function measurePair(nextDatabase: () => string, flags: readonly string[]): Promise<readonly [Spent, Spent]> {
  await using recording = await startServer("app", nextDatabase(), ...flags);
  await using silent = await startServer("app", nextDatabase(), "no-record", ...flags);
  const turns = [await createTurn(recording), await createTurn(silent)] as const;
  await takeTurns(turns, WARM_UP_TURNS);
  const before = [await recording.cpuMicros(), await silent.cpuMicros()] as const;
  const [recordedMs, silentMs] = await takeTurns(turns, TURNS);
  return [
    { cpuMicros: await recording.cpuMicros() - before[0], ms: recordedMs },
    { cpuMicros: await silent.cpuMicros() - before[1], ms: silentMs },
  ];
}

/** Whoever comes second finds the machine as the first has left it, so they change places. */
async function takeTurns([one, other]: readonly [Turn, Turn], count: number): Promise<readonly [number, number]> {
  let [oneMs, otherMs] = [0, 0];
  for (let turn = 0; turn < count; turn++) {
    if (turn % 2 === 0) oneMs += await one();
    otherMs += await other();
    if (turn % 2 === 1) oneMs += await one();
  }
  return [oneMs, otherMs];
}

/** One turn; gives how long it took, in milliseconds. */
type Turn = () => Promise<number>;

async function createTurn({ origin }: BenchServer): Promise<Turn> {
  const { login, callTool } = await createFlow(origin, fetch);
  return async () => {
    const startMs = performance.now();
    let left = FLOWS;
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await callTool(await login());
    }));
    return performance.now() - startMs;
  };
}

function figureOf(name: string, spent: readonly Spent[]): Figure {
  const flows = TURNS * FLOWS;
  const ms = meanOf(spent.map(({ ms }) => ms));
  return { name, perSecond: flows / (ms / 1000), cpuMicros: meanOf(spent.map(({ cpuMicros }) => cpuMicros)) / flows };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
