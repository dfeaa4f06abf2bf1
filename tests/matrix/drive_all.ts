/** Drives clients through scenarios: many at once, since they mostly wait, and those that hang once more when it is quiet. */
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import type { Cell } from "../../lib/scenarios/schema/results_schema.ts";
import type { RuleId } from "../../lib/scenarios/vocabulary.ts";
import type { Scenario } from "../../main.ts";
import type { DrivenClient } from "./clients.ts";
import { type Driver, startDriver } from "./driver.ts";
import { cellOf } from "./fare.ts";
import { isAboutTime, jobFor } from "./jobs.ts";
import { type Mock, startMockFor } from "./mock.ts";
import { readResults, writeResults } from "./results.ts";

/** How many jobs a driver has at once, if nothing is said, besides those that wait for minutes: they cost nobody anything. */
const AT_ONCE = 16;
/** How many of those that have hung are tried at once again: some of them keep the machine busy while they do. */
const AGAIN_AT_ONCE = 4;
/** After how many cells a file is written, so that little is lost where somebody stops it. */
const WRITE_EVERY = 20;

/** What a client without OAuth of its own shows nothing in. */
const oauthGroups: readonly Scenario["group"][] = [
  "Discovery",
  "Registration",
  "Authorization",
  "Token endpoint",
  "Refresh",
  "Providers",
];

/** What is driven. */
export interface Drive {
  readonly scenarios: readonly Scenario[];
  /** Whether cells that are there already are kept, unless they hang or crash. */
  readonly resumes: boolean;
  readonly say: (text: string) => void;
}

/** Drives a client through scenarios, and writes down how it fared. */
export async function driveClient(
  client: DrivenClient,
  { scenarios, resumes, say }: Drive,
  mock: Mock,
): Promise<void> {
  const results = await readResults(client);
  const names = catalogue.map(({ name }) => name);
  const write = async (): Promise<void> => {
    await writeResults({ ...results, date: new Date().toISOString().slice(0, 10) }, names);
  };
  let filled = 0;
  const isDone = ({ name }: Scenario): boolean => {
    const outcome = results.cells[name]?.outcome;
    return outcome !== undefined && outcome !== "hangs" && outcome !== "crashes";
  };
  const left = scenarios.filter((scenario) => !resumes || !isDone(scenario));
  await fillCells(client, left, mock, async (name, cell) => {
    results.cells[name] = cell;
    if (++filled % WRITE_EVERY === 0) await write();
    say(
      `${client.name} ${name}: ${cell.outcome}${cell.at === undefined ? "" : ` at ${cell.at}`}, ${cell.verdict ?? ""}`,
    );
  });
  await write();
}

/** Drives a client through scenarios. */
export async function fillCells(
  client: DrivenClient,
  scenarios: readonly Scenario[],
  mock: Mock,
  tell: (name: string, cell: Cell) => Promise<void>,
): Promise<void> {
  const [hung, crashed]: [Scenario[], Scenario[]] = [[], []];
  await work(client, scenarios, mock, "1", async (scenario, cell) => {
    if (cell.outcome === "hangs") hung.push(scenario);
    else if (cell.outcome === "crashes") crashed.push(scenario);
    else await tell(scenario.name, cell);
  });
  // A machine that is busy makes nobody hang here, and a neighbour that ended the driver makes nobody crash.
  await work(client, hung, mock, "2", ({ name }, cell) => tell(name, cell));
  for (const scenario of crashed) await work(client, [scenario], mock, "3", ({ name }, cell) => tell(name, cell));
}

async function work(
  client: DrivenClient,
  scenarios: readonly Scenario[],
  mock: Mock,
  round: string,
  tell: (scenario: Scenario, cell: Cell) => Promise<void>,
): Promise<void> {
  if (scenarios.length === 0) return;
  await using driver = startDriver(client);
  const fill = async (scenario: Scenario): Promise<void> =>
    await tell(scenario, await fillCell(scenario, client, driver, mock, round));
  const queue = scenarios.filter((scenario) => !isAboutTime(scenario));
  const inTurn = Array.from({ length: round === "1" ? client.atOnce ?? AT_ONCE : AGAIN_AT_ONCE }, async () => {
    for (let scenario = queue.shift(); scenario; scenario = queue.shift()) await fill(scenario);
  });
  await Promise.all([...scenarios.filter(isAboutTime).map(fill), ...inTurn]);
}

function isAboutOAuth({ group, official = "" }: Scenario): boolean {
  return oauthGroups.some((name) => name === group) || official.startsWith("auth/");
}

/** What a token alone does not show, whoever logged in for it. */
const shownByToken: readonly RuleId[] = ["C22", "C23", "C42"];

/** Whether all that a scenario tests is how a client gets tokens. */
function isAboutTokens({ group, expects = [] }: Scenario): boolean {
  return group !== "Well-behaved" && expects.some((id) => !shownByToken.includes(id)) &&
    expects.every((id) => id.startsWith("C"));
}

/** A client that looks for metadata at the root of the origin must find none that are for somebody else. */
function hasOwnOrigin({ needs_origin = false, group, reaches }: Scenario): boolean {
  const refuses = typeof reaches === "object" && "refuses_before" in reaches &&
    reaches.refuses_before === "authorization";
  return needs_origin || group === "Discovery" || refuses;
}

async function fillCell(
  scenario: Scenario,
  { name, lacksOAuth }: DrivenClient,
  driver: Driver,
  mock: Mock,
  round: string,
): Promise<Cell> {
  if (lacksOAuth && (isAboutOAuth(scenario) || isAboutTokens(scenario))) return { outcome: "not driven" };
  return await atPlaceOf(scenario, `${name}-${round}`, mock, async (base) => {
    const job = await jobFor(scenario, base);
    return job ? await cellOf(scenario, job, await driver.run(job)) : { outcome: "not driven" };
  });
}

/** Works where a scenario can be played: in a sandbox, or on a server of its own, whose origin is the scenario's. */
export async function atPlaceOf<T>(
  scenario: Scenario,
  label: string,
  mock: Mock,
  work: (base: string) => Promise<T>,
): Promise<T> {
  if (!hasOwnOrigin(scenario)) return await work(`${mock.origin}/s/${scenario.name}~${label}`);
  await using own = await startMockFor(scenario.name);
  return await work(own.origin);
}
