/** The table of all scenarios and how the SDKs' clients fare in them, in Markdown, and where it stands in its document. */
import type { Scenario } from "../../main.ts";
import { sdkV1 } from "./sdk_v1.ts";
import { sdkV2 } from "./sdk_v2.ts";
import { walk } from "./walk.ts";

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

/** Walks both clients through every scenario. */
export async function walkAll(scenarios: readonly Scenario[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenarios) {
    rows.push({ scenario, v1: await walk(sdkV1, scenario), v2: await walk(sdkV2, scenario) });
  }
  return rows;
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
