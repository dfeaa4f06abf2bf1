/** The table of how the SDKs' clients fare, in Markdown, and where it stands in the README. */
import type { Scenario } from "../../main.ts";
import { sdkV1 } from "./sdk_v1.ts";
import { sdkV2 } from "./sdk_v2.ts";
import { walk } from "./walk.ts";

/** The lines of the README between which the table stands. */
export const markers = ["<!-- sdk table: made by `deno task matrix` -->", "<!-- end of the sdk table -->"] as const;

/** One scenario and how each client fares in it. */
export interface Row {
  readonly name: string;
  readonly v1: string;
  readonly v2: string;
}

/** Walks both clients through every scenario. */
export async function walkAll(scenarios: readonly Scenario[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenarios) {
    rows.push({ name: scenario.name, v1: await walk(sdkV1, scenario), v2: await walk(sdkV2, scenario) });
  }
  return rows;
}

/** The rows as a table, columns padded as the formatter pads them. */
export function renderTable(rows: readonly Row[]): string {
  const cells = [
    ["scenario", "SDK 1.32 client", "SDK 2.4 client"],
    ...rows.map(({ name, v1, v2 }) => [`\`${name}\``, v1, v2]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(cells[0] ?? []), rule, ...cells.slice(1).map(line)].join("\n");
}

/** The README with another table in it; throws where it has no place for one. */
export function withTable(readme: string, table: string): string {
  const [begin, end] = markers;
  const [before, rest] = readme.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`The README has no lines ${markers.join(" and ")}`);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}
