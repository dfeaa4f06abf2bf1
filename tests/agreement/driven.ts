/** Clients in other languages in the hands of the suite, and the same in front of our scenarios: their drivers do what scenarios ask for. */
import assert from "node:assert/strict";
import { z } from "zod";
import { driverOf } from "../../lib/scenarios/driver.ts";
import type { DriverStep } from "../../lib/scenarios/driver_step.ts";
import type { Scenario } from "../../main.ts";
import type { DrivenClient } from "../matrix/clients.ts";
import { atPlaceOf } from "../matrix/drive_all.ts";
import { type Driver, startDriver } from "../matrix/driver.ts";
import { jobFor, LIMIT_MS } from "../matrix/jobs.ts";
import { type Mock, startMock } from "../matrix/mock.ts";
import { compare, type Comparison } from "./compare.ts";
import { documentUrl, type Judgement, judgementOf, toldCalls } from "./drive.ts";
import { playedNames, playedScenarios } from "./played.ts";
import { type Assignment, runSuite } from "./suite.ts";

/** How long the suite waits for a client: it starts all of its scenarios at once, and drivers take their time. */
const PATIENCE_MS = 300_000;
/** How many jobs a driver has at once. */
const AT_ONCE = 6;

/** What a client is told by the suite beside the URL, if it is one that the suite knows. */
const contextShape = z.object({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  private_key_pem: z.string().optional(),
});

/** Has a client judged by the suite and by us. */
export async function compareDriven(client: DrivenClient): Promise<readonly Comparison[]> {
  await using driver = startDriver(client);
  await using mock = await startMock();
  const limited = createLimit(AT_ONCE);
  const results = await runSuite((assignment) => limited(() => driveForSuite(driver, assignment)), PATIENCE_MS);
  assert.deepEqual([...results.keys()].sort(), playedNames.toSorted());
  return await Promise.all(playedScenarios.map((scenario) =>
    limited(async () => {
      const { official = "" } = scenario;
      const judgement = await driveForUs(scenario, client, driver, mock);
      return compare({ client: client.name, scenario: official, checks: results.get(official) ?? [], judgement });
    })
  ));
}

/** Lets so many work at once, the others wait. */
function createLimit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** Lets a client do what our script for the suite's scenario says, whose servers have the same tools. */
async function driveForSuite(driver: Driver, { scenario: official, url, context }: Assignment): Promise<void> {
  const scenario = playedScenarios.find((one) => one.official === official);
  // The base is of no use: the suite has the URL, and no clock.
  const job = scenario && await jobFor(scenario, new URL(url).origin);
  if (!job) return;
  const { client_id, client_secret, private_key_pem } = contextShape.parse(context);
  const client = {
    ...job.client,
    ...(client_id === undefined ? {} : { client_id }),
    ...(client_secret === undefined ? {} : { client_secret }),
    ...(private_key_pem === undefined ? {} : { private_key_pem }),
  };
  await driver.run({
    ...job,
    id: `suite ${official}`,
    url,
    ...(job.client ? { client } : {}),
    client_metadata_url: documentUrl,
    steps: stepsFor(driverOf(scenario), context),
  });
}

/** Nobody moves a clock of the suite's; and where it says itself what to call, that is called. */
function stepsFor(script: readonly DriverStep[], context: Assignment["context"]): readonly DriverStep[] {
  const steps = script.filter((step) => step.do !== "wait" || step.clock_ms === undefined);
  const { toolCalls } = toldCalls.parse(context);
  if (!toolCalls) return steps;
  return [
    ...steps.filter((step) => step.do !== "call" && step.do !== "end"),
    ...toolCalls.map(({ name, arguments: given }) => ({ do: "call", tool: name, arguments: given }) as const),
    { do: "end" },
  ];
}

/** Where there is no login, our server has other tools than behind one. */
const openScripts: Readonly<Record<string, readonly DriverStep[]>> = {
  "tools_call": [
    { do: "connect" },
    { do: "list_tools" },
    { do: "call", tool: "mock_add", arguments: { a: 5, b: 3 } },
    { do: "end" },
  ],
  "http-standard-headers": [
    { do: "connect" },
    { do: "list_tools" },
    { do: "call", tool: "mock_echo", arguments: { message: "hi" } },
    { do: "list_resources" },
    { do: "read", uri: "test://static-text" },
    { do: "list_prompts" },
    { do: "get_prompt", prompt: "test_simple_prompt" },
    { do: "end" },
  ],
};

async function driveForUs(scenario: Scenario, client: DrivenClient, driver: Driver, mock: Mock): Promise<Judgement> {
  return await atPlaceOf(scenario, `${client.name}-suite`, mock, async (base) => {
    const job = await jobFor(scenario, base);
    const { official = "" } = scenario;
    // Where logins are not what it is about, the suite's servers have none.
    const url = official.startsWith("auth/") ? `${base}/oauth` : `${base}/no-auth`;
    const steps = openScripts[official] ?? job?.steps ?? [];
    if (job) await driver.run({ ...job, url, limit_ms: LIMIT_MS, client_metadata_url: documentUrl, steps });
    const read = async (query = ""): Promise<unknown> => (await fetch(`${base}/control/report${query}`)).json();
    return await judgementOf(read, scenario, job ? undefined : "the driver has no such client");
  });
}
