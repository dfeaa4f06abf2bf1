/**
 * What recording costs the whole flow: two servers side by side, one that records and one that does not, measured in turns,
 * so that both see the same machine. The ratio of each pair is what counts.
 */
import { createFlow } from "./flow_bench.ts";
import { type BenchServer, type Figure, type Load, measure, startServer } from "./measure.ts";

/** Pairs that are measured after the first, which warms up. */
const PAIRS = 15;

/** What recording came to. */
export interface RecorderCost {
  /** The flow with recording, and without. */
  readonly figures: readonly Figure[];
  /** CPU time with recording as a multiple of that without: lowest, median and highest of all pairs. */
  readonly ratios: readonly [number, number, number];
}

/**
 * Measures pairs.
 *
 * @param where What to call it.
 * @param databases Of the server that records, and of the one that does not.
 * @param load How long and how hard each time.
 * @param flags Further arguments for both servers.
 */
export async function measureRecorder(
  where: string,
  databases: readonly [string, string],
  load: Load,
  ...flags: readonly string[]
): Promise<RecorderCost> {
  await using recording = await startServer("app", databases[0], ...flags);
  await using silent = await startServer("app", databases[1], "no-record", ...flags);
  const [withRecord, without] = [await createRun(recording, load), await createRun(silent, load)];
  await withRecord();
  await without();
  const pairs: (readonly [Figure, Figure])[] = [];
  for (let count = 0; count < PAIRS; count++) {
    // Whoever comes second finds the machine as the first has left it.
    const isFirst = count % 2 === 0;
    const one = isFirst ? await withRecord() : await without();
    const other = isFirst ? await without() : await withRecord();
    pairs.push(isFirst ? [one, other] : [other, one]);
  }
  const ratios = sorted(pairs.map(([one, other]) => one.cpuMicros / other.cpuMicros));
  return {
    figures: [
      medianOf(`whole flow, ${where}, recorded`, pairs.map(([figure]) => figure)),
      medianOf(`whole flow, ${where}, not recorded`, pairs.map(([, figure]) => figure)),
    ],
    ratios: [ratios.at(0) ?? NaN, middle(ratios), ratios.at(-1) ?? NaN],
  };
}

async function createRun({ origin, cpuMicros }: BenchServer, load: Load): Promise<() => Promise<Figure>> {
  const { login, callTool } = await createFlow(origin, fetch);
  return () => measure("", async () => callTool(await login()), cpuMicros, load);
}

function medianOf(name: string, figures: readonly Figure[]): Figure {
  return {
    name,
    perSecond: middle(sorted(figures.map(({ perSecond }) => perSecond))),
    cpuMicros: middle(sorted(figures.map(({ cpuMicros }) => cpuMicros))),
  };
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((one, other) => one - other);
}

function middle(values: readonly number[]): number {
  return values[Math.floor(values.length / 2)] ?? NaN;
}
