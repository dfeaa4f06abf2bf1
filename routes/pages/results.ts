// How the clients of SDKs fared, as pages show it: read and checked when first asked for.
import { late } from "../../lib/runtime/late.ts";
import { type Results, resultsShape } from "../../lib/scenarios/schema/results_schema.ts";
import { readFared } from "../../views/scenarios/fared.ts";

/** The results of every client. */
export const readResults: () => Promise<readonly Results[]> = late(async () =>
  (await readFared()).map((one) => resultsShape.parse(one))
);
