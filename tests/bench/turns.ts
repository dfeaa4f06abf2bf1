/**
 * Two servers side by side that do the same work in short turns, so that both see the same machine. What a server does between
 * its turns counts as well: it collects garbage, and hands over what others may want to read.
 */
import type { BenchServer } from "./measure.ts";
import { type Operation, WHOLE_FLOW } from "./operations.ts";

/** Callers that wait for their answer before they ask again. */
const CONNECTIONS = 8;
const TURN_MS = 20;

/** How long to measure. */
export interface Pace {
  /** Turns of each server before anything is measured, until nearly all is compiled. */
  readonly warmUpTurns: number;
  /** Turns of each server that are measured. */
  readonly turns: number;
  /** Pairs of servers, one after the other: the same code is not compiled alike in each process, which is worth some percent. */
  readonly pairs: number;
}

/** What a server's operation came to in all its turns. */
export interface Share {
  readonly perSecond: number;
  /** CPU time of the server's process per operation, in microseconds. */
  readonly cpuMicros: number;
}

/** One of the two. */
export interface Side {
  readonly server: BenchServer;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** Measures the single steps that the first can do, beside the other if that can do it too. */
export async function* measureSides(
  one: Side,
  other: Side,
  { warmUpTurns, turns }: Pace,
): AsyncGenerator<{ readonly name: string; readonly shares: readonly Share[] }, void> {
  for (const [name, operation] of Object.entries(one.operations)) {
    if (name === WHOLE_FLOW) continue;
    const same = other.operations[name];
    const runners = [new Runner(one.server, operation), ...same ? [new Runner(other.server, same)] : []];
    await takeTurns(runners, warmUpTurns);
    for (const runner of runners) await runner.begin();
    await takeTurns(runners, turns);
    const shares: Share[] = [];
    for (const runner of runners) shares.push(await runner.share());
    yield { name, shares };
  }
}

/** The second finds the machine as the first has left it, so they change places. */
async function takeTurns(runners: readonly Runner[], count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    for (const runner of turn % 2 === 0 ? runners : runners.toReversed()) await runner.takeTurn();
  }
}

class Runner {
  readonly #server: BenchServer;
  readonly #operation: Operation;
  #count = 0;
  #ms = 0;
  #cpuBefore = 0;

  constructor(server: BenchServer, operation: Operation) {
    this.#server = server;
    this.#operation = operation;
  }

  async takeTurn(): Promise<void> {
    const start = performance.now();
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
      for (; performance.now() < start + TURN_MS; this.#count++) await this.#operation();
    }));
    this.#ms += performance.now() - start;
  }

  async begin(): Promise<void> {
    [this.#count, this.#ms] = [0, 0];
    this.#cpuBefore = await this.#server.cpuMicros();
  }

  async share(): Promise<Share> {
    const cpu = await this.#server.cpuMicros() - this.#cpuBefore;
    return { perSecond: 1000 * this.#count / this.#ms, cpuMicros: cpu / this.#count };
  }
}

/** Values found in pair after pair. */
export interface Spread {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly error: number;
}

/** Sums up two values or more. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
