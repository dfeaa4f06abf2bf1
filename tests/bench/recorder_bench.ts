/** What recording costs each operation: a server that records beside one that does not. */
import { type BenchServer, startServer } from "./measure.ts";
import { createOperations } from "./operations.ts";
import { measureSides, type Pace, type Side, type Spread, spreadOf } from "./turns.ts";

/** What recording came to. */
export interface RecorderCost {
  /** The operation, and where. */
  readonly name: string;
  /** CPU time with recording as a multiple of that without. */
  readonly ratio: Spread;
}

/**
 * Measures pairs of servers, for each operation.
 *
 * @param where What to call it.
 * @param nextDatabase Names a database that is empty, or was never opened.
 * @param pace How long.
 * @param flags Further arguments for all servers.
 */
export async function* measureRecorder(
  where: string,
  nextDatabase: () => string,
  pace: Pace,
  ...flags: readonly string[]
): AsyncGenerator<RecorderCost, void> {
  const ratios = new Map<string, number[]>();
  for (let count = 0; count < pace.pairs; count++) {
    await using recording = await startServer("app", nextDatabase(), ...flags);
    await using silent = await startServer("app", nextDatabase(), "no-record", ...flags);
    const sides = [await sideOf(recording), await sideOf(silent)] as const;
    for await (const { name, shares: [recorded, without] } of measureSides(...sides, pace)) {
      if (!recorded || !without) throw new Error(`${name} is not measured twice`);
      ratios.set(name, [...ratios.get(name) ?? [], recorded.cpuMicros / without.cpuMicros]);
    }
  }
  for (const [name, found] of ratios) yield { name: `${name}, ${where}`, ratio: spreadOf(found) };
}

async function sideOf(server: BenchServer): Promise<Side> {
  return { server, operations: await createOperations(server.origin, server.send) };
}
