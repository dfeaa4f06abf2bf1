// What is known of how clients fared, a file each: `deno task matrix --client NAME` writes them.
import type { Cell } from "../../lib/scenarios/schema/results_schema.ts";

/** Reads the files; what is in them is checked by who shows it. */
export async function readFared(): Promise<readonly unknown[]> {
  const files = await Promise.all([
    import("./clients/typescript_1.json", { with: { type: "json" } }),
    import("./clients/typescript_2.json", { with: { type: "json" } }),
    import("./clients/python.json", { with: { type: "json" } }),
    import("./clients/fastmcp.json", { with: { type: "json" } }),
    import("./clients/go.json", { with: { type: "json" } }),
    import("./clients/mcp_go.json", { with: { type: "json" } }),
    import("./clients/rust.json", { with: { type: "json" } }),
    import("./clients/java.json", { with: { type: "json" } }),
    import("./clients/java_spring.json", { with: { type: "json" } }),
    import("./clients/kotlin.json", { with: { type: "json" } }),
  ]);
  return files.map((file): unknown => file.default);
}

/** The rules that fail a client most often, at most three. */
export function mostBroken(cells: readonly Cell[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { rule } of cells.flatMap(({ broken = [] }) => broken)) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).slice(0, 3).map(([rule, count]) => `${rule} (${count})`);
}
