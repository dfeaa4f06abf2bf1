/** Every limit of the README's table is filled, and answers as the table says beyond it. */
import { rows } from "./limits/rows.ts";

for (const { what, each, most, isPublicOnly, fill } of rows) {
  const mode = isPublicOnly ? " with --public" : "";
  Deno.test(`Limits: ${what}, ${most} for each ${each}${mode}`, fill);
}
