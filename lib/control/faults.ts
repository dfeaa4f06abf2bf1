/**
 * Faults between what a test says and what is kept: their lives, and how often they were met.
 *
 * @module
 */
import type { Fault } from "../scenarios/fault.ts";
import type { CountRecord } from "../faults/fault_count_table.ts";
import type { FaultRequest, Life } from "../scenarios/schema/fault_schema.ts";
import { withNames } from "../scenarios/schema/names.ts";

/**
 * The fault that a test asks for. Also one that lasts for good has a number of times, so that it is counted.
 *
 * @param request What was asked for.
 * @param name What to call it.
 */
export function buildFault({ life = "next", ...rest }: FaultRequest, name: string): Fault {
  return { ...rest, name, ...endOf(life) };
}

function endOf(life: Life): Pick<Fault, "times" | "until_ms"> {
  if (life === "next") return { times: 1 };
  if (life === "always") return { times: Infinity };
  if ("times" in life) return life;
  const { until } = life;
  return { times: Infinity, until_ms: typeof until === "number" ? until : Date.parse(until) };
}

function lifeOf({ times = Infinity, until_ms }: Fault): Life {
  if (until_ms !== undefined) return { until: until_ms };
  if (times === Infinity) return "always";
  return times === 1 ? "next" : { times };
}

/** Names for faults that were given none, none of them taken. */
export function* unusedNames(taken: readonly Fault[]): Generator<string, never> {
  const names = new Set(taken.map(({ name }) => name));
  for (let number = 1;; number += 1) if (!names.has(`fault-${number}`)) yield `fault-${number}`;
}

/** What is known of a fault beside the fault itself. */
export interface FaultStanding {
  /** Who has set it. */
  readonly source: "scenario" | "control";
  /** What it has counted. */
  readonly counted: CountRecord;
  /** The sandbox's time, in milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * A fault as it is told.
 *
 * @param fault The fault.
 * @param standing What is known of it.
 */
export function describeFault(
  fault: Fault,
  { source, counted, nowMs }: FaultStanding,
): Readonly<Record<string, unknown>> {
  const { name, times = Infinity, until_ms, nth = 1, policy, mint, ...rest } = fault;
  const met = Math.max(0, Math.min(counted.seen - (nth - 1), times));
  return {
    name,
    source,
    life: lifeOf(fault),
    met,
    is_over: met >= times || (until_ms !== undefined && nowMs >= until_ms),
    ...(nth === 1 ? {} : { nth }),
    ...rest,
    ...(policy ? { policy: withNames(policy, "snake") } : {}),
    ...(mint ? { mint: withNames(mint, "snake") } : {}),
  };
}
