/** What a driver is told of a scenario: where the server is, what client it is, and what to do. */
import { exportPKCS8, importJWK } from "jose";
import { driverOf } from "../../lib/scenarios/driver.ts";
import type { DriverStep } from "../../lib/scenarios/driver_step.ts";
import type { Scenario } from "../../main.ts";
import { machineOf } from "./machine.ts";

/** A line that a driver reads. */
export interface Job {
  readonly id: string;
  readonly url: string;
  readonly control: string;
  readonly client?: Readonly<Record<string, unknown>>;
  /** The metadata document that a client without one of these may use for itself. */
  readonly client_metadata_url?: string;
  /** Whether it begins with `initialize`, though it knows better. */
  readonly handshake?: true;
  readonly limit_ms: number;
  readonly steps: readonly DriverStep[];
}

/**
 * What a client is made to do in a scenario. Clients have clocks of their own, which nobody moves: where the scenario is about
 * what expires, time passes in truth.
 */
export function stepsFor(scenario: Scenario): readonly DriverStep[] {
  if (!isAboutTime(scenario)) return driverOf(scenario);
  return driverOf(scenario).map((step) =>
    step.do === "wait" && step.clock_ms !== undefined ? { do: "wait", ms: step.clock_ms + (step.ms ?? 0) } : step
  );
}

/** Whether a scenario is about what expires. */
export function isAboutTime({ reaches }: Scenario): boolean {
  return reaches === "call_after_expiry" || reaches === "expiry";
}

/** A document that no scenario fetches: those that fetch one need a server that says who may. */
const DOCUMENT_URL = "https://conformance-test.local/client-metadata.json";

/** How long a step may take: longer than the half minute of the scenarios in which everything is slow. */
export const LIMIT_MS = 35_000;

/**
 * The job of a scenario.
 *
 * @param base Where the sandbox is: its origin, and its prefix if it has one.
 * @returns Undefined where no driver has such a client: one that brings an assertion of somebody else's.
 */
export async function jobFor(scenario: Scenario, base: string): Promise<Job | undefined> {
  const machine = machineOf(scenario);
  if (machine?.kind === "assertion") return undefined;
  // A client that has an id already does not ask for one, and is not refused.
  const isRefusedOne = scenario.expects?.includes("C9") ?? false;
  const [known] = machine && machine.kind !== "proof" && !isRefusedOne ? scenario.clients ?? [] : [];
  const { private_key_jwk: key, ...client } = known ?? {};
  const pem = key && await exportPKCS8(await importKey(key));
  return {
    id: scenario.name,
    url: `${base}/oauth`,
    control: `${base}/control`,
    ...(scenario.expects?.includes("C7") ? { client_metadata_url: DOCUMENT_URL } : {}),
    ...(known ? { client: { ...client, ...(pem === undefined ? {} : { private_key_pem: pem }) } } : {}),
    ...(scenario.revisions?.includes("2026-07-28") === false ? { handshake: true as const } : {}),
    limit_ms: LIMIT_MS,
    steps: stepsFor(scenario),
  };
}

async function importKey(jwk: Readonly<Record<string, unknown>>): Promise<CryptoKey> {
  const key = await importJWK({ ...jwk }, "ES256", { extractable: true });
  if (key instanceof Uint8Array) throw new TypeError("The key of a scenario is not a private key");
  return key;
}
