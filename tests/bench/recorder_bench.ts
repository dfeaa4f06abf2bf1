/**
 * What recording costs the whole flow: two servers side by side, one that records and one that does not, which do the same
 * work in turns, so that both see the same machine.
 */
import { createFlow } from "./flow_bench.ts";
import { type BenchServer, type Figure, startServer } from "./measure.ts";

/** Callers that wait for their answer before they ask again. */
const CONNECTIONS = 8;
/** Flows a turn. */
const FLOWS = 800;
/** Turns of each server, after one that warms up. */
const TURNS = 12;

/** What recording came to. */
export interface RecorderCost {
  /** The flow with recording, and without. */
  readonly figures: readonly [Figure, Figure];
  /** CPU time with recording as a multiple of that without, over all turns. */
  readonly ratio: number;
  /** The same of the pair of turns in which it was lowest, and highest. */
  readonly spread: readonly [number, number];
}

/** What the turns of a server came to. */
interface Spent {
  readonly cpuMicros: number;
  readonly ms: number;
}

/**
 * Measures turns.
 *
 * @param where What to call it.
 * @param databases Of the server that records, and of the one that does not.
 * @param flags Further arguments for both servers.
 */
export async function measureRecorder(
  where: string,
  databases: readonly [string, string],
  ...flags: readonly string[]
): Promise<RecorderCost> {
  await using recording = await startServer("app", databases[0], ...flags);
  await using silent = await startServer("app", databases[1], "no-record", ...flags);
  const [withRecord, without] = [await createTurn(recording), await createTurn(silent)];
  await withRecord();
  await without();
  const pairs: (readonly [Spent, Spent])[] = [];
  for (let count = 0; count < TURNS; count++) {
    // Whoever comes second finds the machine as the first has left it.
    const isFirst = count % 2 === 0;
    const one = isFirst ? await withRecord() : await without();
    const other = isFirst ? await without() : await withRecord();
    pairs.push(isFirst ? [one, other] : [other, one]);
  }
  const ratios = pairs.map(([one, other]) => one.cpuMicros / other.cpuMicros);
  const figures = [
    figureOf(`whole flow, ${where}, recorded`, pairs.map(([spent]) => spent)),
    figureOf(`whole flow, ${where}, not recorded`, pairs.map(([, spent]) => spent)),
  ] as const;
  return {
    figures,
    ratio: figures[0].cpuMicros / figures[1].cpuMicros,
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}

async function createTurn({ origin, cpuMicros }: BenchServer): Promise<() => Promise<Spent>> {
  const { login, callTool } = await createFlow(origin, fetch);
  return async () => {
    const [before, startMs] = [await cpuMicros(), performance.now()];
    let left = FLOWS;
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await callTool(await login());
    }));
    return { cpuMicros: await cpuMicros() - before, ms: performance.now() - startMs };
  };
}

function figureOf(name: string, turns: readonly Spent[]): Figure {
  const flows = turns.length * FLOWS;
  const sum = (part: keyof Spent): number => turns.reduce((all, spent) => all + spent[part], 0);
  return { name, perSecond: flows / (sum("ms") / 1000), cpuMicros: sum("cpuMicros") / flows };
}
