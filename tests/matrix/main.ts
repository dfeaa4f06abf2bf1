/**
 * Writes how clients fare in every scenario: those of the TypeScript SDKs in a time of their own, into `README.md` beside it;
 * with `--client`, those that have drivers, over HTTP and in real time, into `views/scenarios/clients/`.
 */
import { parseArgs } from "node:util";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { drivenClients } from "./clients.ts";
import { driveClient } from "./drive_all.ts";
import { startMock } from "./mock.ts";
import { path, renderTables, walkAll, withTables } from "./table.ts";

/** While one waits for its last minutes, another keeps the machine busy. */
const CLIENTS_AT_ONCE = 2;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    client: { type: "string", multiple: true },
    scenario: { type: "string", multiple: true },
    resume: { type: "boolean", default: false },
  },
});
if (values.client) await driveThem(values.client, values.scenario ?? []);
else await Deno.writeTextFile(path, withTables(await Deno.readTextFile(path), renderTables(await walkAll())));
Deno.exit(0);

async function driveThem(clients: readonly string[], scenarios: readonly string[]): Promise<void> {
  const unknown = [
    ...clients.filter((name) => name !== "all" && !drivenClients.some((client) => client.name === name)),
    ...scenarios.filter((name) => !catalogue.some((scenario) => scenario.name === name)),
  ];
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(", ")}`);
  const say = (text: string): void => void Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  const startedMs = performance.now();
  const secondsSince = (ms: number): string => `${Math.round((performance.now() - ms) / 1000)} s`;
  const queue = drivenClients.filter(({ name }) => clients.includes("all") || clients.includes(name));
  await Promise.all(Array.from({ length: CLIENTS_AT_ONCE }, async () => {
    for (let client = queue.shift(); client; client = queue.shift()) {
      const begunMs = performance.now();
      await using mock = await startMock();
      await driveClient(client, {
        scenarios: catalogue.filter(({ name }) => scenarios.length === 0 || scenarios.includes(name)),
        resumes: values.resume,
        say,
      }, mock);
      say(`${client.name}: ${secondsSince(begunMs)}`);
    }
  }));
  say(`all: ${secondsSince(startedMs)}`);
}
