// Faults as people write them: as text, without a name, with a life in words. Nothing here loads zod.
import type { Fault } from "../fault.ts";
import { parseFaultText } from "./fault_text.ts";

/** How long a fault lasts: for one request, for some, until a time, forever. */
export type Life = "next" | "always" | { readonly times: number } | { readonly until: number | string };

/** A fault of a scenario as it is written: a text such as `token:503`, or an object whose name can be left out. */
export type WrittenFault = string | (Omit<Fault, "name"> & { readonly name?: string; readonly life?: Life });

/** The end of a life. Also a fault that lasts forever has a number of times, so that it is counted. */
export function endOf(life: Life): Pick<Fault, "times" | "until_ms"> {
  if (life === "next") return { times: 1 };
  if (life === "always") return { times: Infinity };
  if ("times" in life) return life;
  const { until } = life;
  return { times: Infinity, until_ms: typeof until === "number" ? until : Date.parse(until) };
}

/** Names for faults that were given none, none of them taken. */
export function* unusedNames(taken: readonly { readonly name?: string }[]): Generator<string, never> {
  const names = new Set(taken.map(({ name }) => name));
  for (let number = 1;; number += 1) if (!names.has(`fault-${number}`)) yield `fault-${number}`;
}

/**
 * Reads the faults of a scenario; those without a life last forever.
 *
 * @throws OAuthError `invalid_request` for a text that cannot be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const read = readWrittenFaults(["jwks:drop", { match: { endpoint: "token" }, life: "next", answer: { status: 503 } }]);
 * assert.deepEqual(read.map(({ name, times }) => [name, times]), [["jwks:drop", 1], ["fault-1", 1]]);
 * ```
 */
export function readWrittenFaults(written: readonly WrittenFault[]): readonly Fault[] {
  const read = written.flatMap((fault): readonly Exclude<WrittenFault, string>[] => {
    if (typeof fault === "string") return parseFaultText(fault);
    const { life, ...rest } = fault;
    return [{ ...rest, ...(life === undefined ? {} : endOf(life)) }];
  });
  const unused = unusedNames(read);
  return read.map(({ times, ...fault }) => ({
    ...fault,
    name: fault.name ?? unused.next().value,
    // Forever is what a scenario's faults last in any case, and JSON has no number for it.
    ...(times === undefined || times === Infinity ? {} : { times }),
  }));
}
