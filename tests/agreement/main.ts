/**
 * Writes into `README.md` beside it where our verdicts on the SDKs' clients and the official suite's agree; fails if they must
 * not differ. With `--client`, those on clients that have drivers.
 */
import { parseArgs } from "node:util";
import { drivenClients } from "../matrix/clients.ts";
import { withTables } from "../matrix/table.ts";
import type { Comparison } from "./compare.ts";
import { compareDriven } from "./driven.ts";
import {
  compareAll,
  findDifferences,
  findProblems,
  markers,
  markersOf,
  path,
  renderAgreement,
  renderDriven,
} from "./table.ts";

const { values: { client: names = [] } } = parseArgs({
  args: Deno.args,
  options: { client: { type: "string", multiple: true } },
});
const problems = names.length === 0 ? await compareSdks() : await compareDrivers();
for (const problem of problems) Deno.stdout.writeSync(new TextEncoder().encode(`${problem}\n`));
Deno.exit(problems.length === 0 ? 0 : 1);

async function compareSdks(): Promise<readonly string[]> {
  const all = await compareAll();
  await write(renderAgreement(all), markers);
  return findProblems(all);
}

async function compareDrivers(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of names) found.push(...await compareOne(name));
  return found;
}

async function compareOne(name: string): Promise<readonly string[]> {
  const client = drivenClients.find((one) => one.name === name);
  if (!client) throw new Error(`There is no ${name}; there are ${drivenClients.map((one) => one.name).join(", ")}`);
  const all: readonly Comparison[] = await compareDriven(client);
  await write(renderDriven(client, all), markersOf(client));
  return findDifferences(all);
}

async function write(text: string, between: readonly [string, string]): Promise<void> {
  await Deno.writeTextFile(path, withTables(await Deno.readTextFile(path), text, between));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path.pathname] }).output();
}
