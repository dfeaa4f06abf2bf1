/** A sample of the table of clients: what the drivers do today is what the files say that `/scenarios/clients` shows. */
import assert from "node:assert/strict";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import type { Cell } from "../../lib/scenarios/schema/results_schema.ts";
import { drivenClients } from "../matrix/clients.ts";
import { builds } from "../matrix/builds.ts";
import { fillCells } from "../matrix/drive_all.ts";
import { startMock } from "../matrix/mock.ts";
import { readResults } from "../matrix/results.ts";

/** Quick ones, of which clients make different things. */
const sample = new Set(["standard", "iss-missing", "step-up", "era-400-html", "session-lost", "answer-id-as-text"]);

for (const client of drivenClients) {
  const [program = "", ...words] = builds[client.folder].start;
  const wanted = [program, ...words].filter((word) => word.includes("/dist/drivers/"));
  const isBuilt = wanted.every((path) => exists(path.replace(/\*$/, "")));
  const isTypeScript = client.folder === "typescript";
  Deno.test({
    name: `the driver of ${client.name} does what the table of clients says (deno task drivers)`,
    ignore: !isTypeScript && !isBuilt,
    fn: async () => {
      const { cells } = await readResults(client);
      const scenarios = catalogue.filter(({ name }) => sample.has(name) && cells[name]);
      await using mock = await startMock();
      const filled: Record<string, unknown> = {};
      await fillCells(client, scenarios, mock, (name, cell) => {
        filled[name] = digestOf(cell);
        return Promise.resolve();
      });
      const told = Object.fromEntries(scenarios.map(({ name }) => [name, cells[name] && digestOf(cells[name])]));
      assert.deepEqual(filled, told, `deno task matrix --client ${client.name}`);
    },
  });
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch {
    return false;
  }
}

/** What does not differ from run to run. */
function digestOf({ outcome, at, verdict, broken = [] }: Cell): unknown {
  return [outcome, at, verdict, broken.map(({ rule }) => rule).sort()];
}
