/** Writes the tables that are made from the code's own into their documents. */
import { renderTable, withTables } from "../matrix/table.ts";
import { root } from "./documents.ts";
import { documentTables, markersOf } from "./tables.ts";

for (const table of documentTables) {
  const path = new URL(table.path, root);
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, withTables(text, renderTable(table.rows, table.head), markersOf(table)));
}
Deno.exit(0);
