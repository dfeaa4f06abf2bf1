/** A scenario of the catalogue, a client in it, and the report. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { Revision } from "../../lib/judge/settled.ts";
import { driverOf } from "../../lib/scenarios/driver.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { type DoubleOptions, runDouble } from "../interop/double/double.ts";
import { JWT_BEARER } from "../interop/double/oauth/keys.ts";
import type { AppOptions } from "../../main.ts";
import { json, origin, startMs, type TestApp, testApp } from "../helpers.ts";
import { createStandstill, type Standstill } from "./standstill.ts";

/** Clocks that go on whenever they are read, so that the record tells what came before what. */
export function ticking(): Required<Pick<AppOptions, "now" | "monotonicMs">> {
  const { now, monotonicMs } = createTime();
  return { now, monotonicMs };
}

/** An app with such clocks, and what it and its clients wait by. */
export interface World extends TestApp {
  readonly standstill: Standstill;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Lets time pass. */
  readonly pass: (ms: number) => void;
}

export async function openWorld(overrides: Pick<AppOptions, "scenarios"> = {}): Promise<World> {
  const { standstill, nowMs, pass, ...clocks } = createTime();
  const test = await testApp({ loopbackOnly: true, sleep: standstill.sleep, ...clocks, ...overrides });
  return { ...test, standstill, nowMs, pass };
}

function createTime():
  & Required<Pick<AppOptions, "now" | "monotonicMs">>
  & Pick<World, "standstill" | "nowMs" | "pass"> {
  let ticks = 0;
  const pass = (ms: number): void => void (ticks += ms);
  const standstill = createStandstill({ now: () => ticks, pass });
  return { now: () => startMs + ++ticks, monotonicMs: () => ticks, nowMs: () => startMs + ticks, standstill, pass };
}

/** What a test looks at of a report. */
const shape = z.object({
  verdict: z.string(),
  reason: z.string(),
  clients: z.array(z.object({
    revision: z.string().optional(),
    progress: z.object({ outcome: z.string(), sentence: z.string() }),
    failures: z.array(z.string()),
    warnings: z.array(z.string()),
    findings: z.array(z.object({ rule: z.string(), status: z.string(), isExpected: z.boolean(), detail: z.string() })),
  })),
});

export type SeenReport = z.infer<typeof shape>;

/** What a client declares in scenarios that ask for what some have not declared; in the others that ask, everything. */
const declaredIn: Readonly<Record<string, NonNullable<DoubleOptions["declares"]>>> = {
  "url-to-form-only": { elicitation: { form: {} } },
  "undeclared-requests": {},
  "undeclared-input": {},
};

/** How the client is set up for a scenario: by what its person knows of the server, not by what is tested. */
export function setUpFor(scenario: Scenario): Partial<DoubleOptions> {
  const { name, clients = [], plan, group } = scenario;
  const [given] = clients;
  const [grant = ""] = given?.grant_types ?? [];
  const isAlone = ["client_credentials", JWT_BEARER].includes(grant);
  // Assertions about a person are asked for in the name that the client has at the identity provider.
  const asking = clients.find(({ assertions_for }) => assertions_for !== undefined);
  // Where registration is for administrators, one has registered it.
  const isClosed = plan.policy?.registration === "off" || group === "Providers" || isAlone;
  return {
    driver: driverOf(scenario),
    extras: scenario.name === "icons-elsewhere" ? ["shows icons"] : [],
    alone: isAlone,
    ...(group === "Questions"
      ? {
        declares: declaredIn[name] ??
          { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: { listChanged: true } },
      }
      : {}),
    ...(group === "Tasks"
      ? { declares: { elicitation: { form: {} }, tasks: { requests: { elicitation: { create: {} } } } } }
      : {}),
    ...(given && grant === JWT_BEARER
      ? { idp: { clientId: (asking ?? given).client_id, about: asking ? "person" : "workload" } }
      : {}),
    ...(given && isClosed
      ? {
        given: {
          clientId: given.client_id,
          ...(given.client_secret === undefined ? {} : { secret: given.client_secret }),
          ...(given.private_key_jwk === undefined ? {} : { privateJwk: given.private_key_jwk }),
        },
      }
      : {}),
  };
}

/** Where a client finds the scenario: the first revision looks for metadata at the root of the origin alone. */
function baseOf({ name, needs_origin }: Scenario, version: Revision | undefined, label: string | undefined): string {
  return needs_origin || version === "2025-03-26"
    ? `http://${name}${label === undefined ? "" : `--${label}`}.localhost:8789`
    : `${origin}/s/${name}${label === undefined ? "" : `~${label}`}`;
}

const met = z.object({
  faults: z.array(z.looseObject({
    met: z.number(),
    match: z.looseObject({ method: z.string().optional() }),
    edit: z.looseObject({
      hold: z.boolean().optional(),
      stream: z.looseObject({ end: z.looseObject({ how: z.string() }).optional() }).optional(),
    }).optional(),
  })),
});

/** Whether a fault keeps an answer back for good. */
function isHeld({ match, edit }: z.infer<typeof met>["faults"][number]): boolean {
  return match.method !== "GET" && (edit?.hold === true || edit?.stream?.end?.how === "hold");
}

/**
 * A client's time limit where no time passes: it is over as soon as a fault has kept another answer back for good, and not
 * before.
 */
export function createLimit(test: TestApp, base: string): (signal: AbortSignal) => Promise<void> {
  let known = 0;
  return async (signal) => {
    while (!signal.aborted) {
      const { faults } = met.parse(await json(await test.fetch(`${base}/control/faults`)));
      const all = faults.filter(isHeld).reduce((sum, fault) => sum + fault.met, 0);
      if (all > known) {
        known = all;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
}

/** Whether something in a scenario is never answered. */
function hasHeld({ plan }: Scenario): boolean {
  return (plan.faults ?? []).some(({ edit }) => edit?.hold === true || edit?.stream?.end?.how === "hold");
}

/** How long a client waits where something is never answered. */
const LIMIT_MS = 60_000;

/** Lets a client work in a scenario, with a pause in which its token expires if it is short-lived, and reads the report. */
export async function playScenario(
  test: World,
  scenario: Scenario,
  { send = test.app, ...options }: Partial<DoubleOptions> = {},
  label?: string,
): Promise<SeenReport> {
  const base = baseOf(scenario, options.version, label);
  let advancedSeconds = 0;
  const advance = async (seconds: number): Promise<void> => {
    advancedSeconds += seconds;
    await test.postJson(`${base}/control/clock`, { advance_seconds: seconds });
  };
  const untilHeld = createLimit(test, base);
  await runDouble({
    send: (request) => test.standstill.carry(request, send),
    base,
    nowMs: () => test.nowMs() + advancedSeconds * 1000,
    wait: (ms, answered) => {
      // How long something is fresh, a client knows by its own clock.
      if (!answered && scenario.group === "Changes and caches") return Promise.resolve(test.pass(ms));
      if (!answered) return advance(ms / 1000);
      const untilLate = test.standstill.untilLate(ms, answered);
      return hasHeld(scenario) ? Promise.race([untilLate, untilHeld(answered)]) : untilLate;
    },
    timeLimitMs: LIMIT_MS,
    ...setUpFor(scenario),
    ...options,
  });
  return shape.parse(await json(await test.fetch(`${base}/control/report`)));
}

/** What a client can speak, the best first. */
const versions: readonly Revision[] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];

export function bestFor({ revisions }: Scenario): Revision {
  return versions.find((version) => revisions?.includes(version) ?? true) ?? "2025-03-26";
}

/** What a scenario expects and nothing showed. */
export function missingIn({ clients }: SeenReport): readonly unknown[] {
  return clients.flatMap(({ findings }) => findings)
    .filter(({ status, isExpected }) => isExpected && status === "not observed");
}

/** Fails unless a report is of one client, which passes and breaks no rule, not even a recommendation. */
export function assertRight({ verdict, reason, clients }: SeenReport, hint = ""): void {
  assert.equal(clients.length, 1, hint);
  const broken = clients.flatMap(({ findings }) => findings).filter(({ status }) => status === "broken");
  assert.deepEqual([verdict, broken], ["pass", []], `${hint} ${reason}`);
}
