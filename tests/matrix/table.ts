/** The table of all scenarios and how the SDKs' clients fare in them, in Markdown, and where it stands in its document. */
import { z } from "zod";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import type { Scenario } from "../../main.ts";

/** The document that the table stands in. */
export const path = new URL("README.md", import.meta.url);

/** The lines of the document between which the table stands. */
export const markers = ["<!-- scenarios: made by `deno task matrix` -->", "<!-- end of the scenarios -->"] as const;

/** One scenario and how each client fares in it. */
export interface Row {
  readonly scenario: Scenario;
  readonly v1: string;
  readonly v2: string;
}

/** How many walk side by side: each loads and compiles everything for itself, so that more take longer. */
const WORKERS = 2;

const faredShape = z.array(z.object({ name: z.string(), v1: z.string(), v2: z.string() }));

/** Walks both clients through every scenario of the catalogue. */
export async function walkAll(): Promise<readonly Row[]> {
  const shares = Array.from({ length: WORKERS }, (_, share) => catalogue.filter((_, at) => at % WORKERS === share));
  const fared = new Map((await Promise.all(shares.map(walkAside))).flat().map((one) => [one.name, one]));
  return catalogue.map((scenario) => {
    const one = fared.get(scenario.name);
    if (!one) throw new Error(`Nobody walked through ${scenario.name}`);
    return { scenario, v1: one.v1, v2: one.v2 };
  });
}

async function walkAside(scenarios: readonly Scenario[]): Promise<z.infer<typeof faredShape>> {
  const worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  port1.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage(scenarios.map(({ name }) => name), [port2]);
  try {
    return faredShape.parse(await promise);
  } finally {
    port1.close();
    worker.terminate();
  }
}

/** The rows as tables, one a group, columns padded as the formatter pads them. */
export function renderTables(rows: readonly Row[]): string {
  const groups = [...new Set(rows.map(({ scenario }) => scenario.group))];
  return groups.map((group) => {
    const members = rows.filter(({ scenario }) => scenario.group === group);
    return `**${group}**\n\n${renderTable(members.map(cellsOf), headOf(members))}`;
  }).join("\n\n");
}

function hasOfficial(rows: readonly Row[]): boolean {
  return rows.some(({ scenario }) => scenario.official !== undefined);
}

function headOf(rows: readonly Row[]): readonly string[] {
  return ["scenario", "what happens", "client of SDK 1.32", "client of SDK 2.4", ...hasOfficial(rows) ? ["suite"] : []];
}

function cellsOf({ scenario: { name, story, official }, v1, v2 }: Row): readonly string[] {
  return [`\`${name}\``, story, v1, v2, ...(official === undefined ? [] : [`\`${official}\``])];
}

/** Rows and their head as a table, columns padded as the formatter pads them. */
export function renderTable(rows: readonly (readonly string[])[], head: readonly string[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** A document with other tables between two lines; throws where it has no place for them. */
export function withTables(
  document: string,
  tables: string,
  [begin, end]: readonly [string, string] = markers,
): string {
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`The document has no lines ${begin} and ${end}`);
  return `${before}${begin}\n\n${tables}\n\n${end}${after}`;
}
