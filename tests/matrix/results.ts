/** How a client fared, cell by cell, and the files that it stands in. */
import { z } from "zod";
import type { DrivenClient } from "./clients.ts";

/** How a client came through a scenario. */
export const outcomes = [
  /** Every step did what it was for, after as many logins as are noted. */
  "works",
  /** A step failed, and a later one of its kind did not. */
  "recovers",
  /** It stopped, where the scenario wants it to. */
  "refuses",
  /** A step failed, and with it the rest. */
  "gives up",
  /** A step took longer than anybody waits. */
  "hangs",
  /** The driver ended with it. */
  "crashes",
  /** The client has no such way to log in. */
  "not driven",
] as const;

const brokenShape = z.strictObject({
  rule: z.string(),
  /** What was seen. */
  detail: z.string(),
  /** The exchanges that show it, a line each. */
  exchanges: z.array(z.string()),
});

/** One cell of the table. */
export const cellShape = z.strictObject({
  outcome: z.enum(outcomes),
  logins: z.number().optional(),
  /** The step that failed. */
  at: z.string().optional(),
  /** What the client said. */
  error: z.string().optional(),
  verdict: z.enum(["pass", "fail", "incomplete"]).optional(),
  /** Why, unless it passed. */
  reason: z.string().optional(),
  /** The rules that fail it. */
  broken: z.array(brokenShape).optional(),
  /** The recommendations that it did not follow. */
  warnings: z.array(z.string()).optional(),
  /** The revision of MCP that it spoke. */
  revision: z.string().optional(),
});

/** One cell of the table. */
export type Cell = z.infer<typeof cellShape>;

const resultsShape = z.strictObject({
  client: z.string(),
  version: z.string(),
  /** The day on which the last cell was filled. */
  date: z.iso.date(),
  cells: z.record(z.string(), cellShape),
});

/** How a client fared. */
export type Results = z.infer<typeof resultsShape>;

function pathOf(client: string): URL {
  return new URL(`results/${client}.json`, import.meta.url);
}

/** Reads how a client fared, as far as that is known of the version in question. */
export async function readResults({ name, version }: Pick<DrivenClient, "name" | "version">): Promise<Results> {
  try {
    const results = resultsShape.parse(JSON.parse(await Deno.readTextFile(pathOf(name))));
    if (results.version === version) return results;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { client: name, version, date: "1970-01-01", cells: {} };
}

/** Writes how a client fared, in the order of the catalogue; what is no scenario any more is left out. */
export async function writeResults(results: Results, names: readonly string[]): Promise<void> {
  const cells = Object.fromEntries(names.flatMap((name) => {
    const cell = results.cells[name];
    return cell ? [[name, cell]] : [];
  }));
  await Deno.writeTextFile(pathOf(results.client), `${JSON.stringify({ ...results, cells }, null, 2)}\n`);
}
