/** A public server under attack by one address: others hardly notice (issue 15, must show). */
import assert from "node:assert/strict";
import { attackPublicServer, type Latencies, type Seen, tableOf } from "./public_attack.ts";

/** What a busy machine adds to a step by itself, in milliseconds; `deno task attack` on a quiet one shows the factors. */
const NOISE_MS = 500;
/** What the process may take in memory, in MiB: it has 60 before it begins. */
const MAX_RESIDENT_MIB = 700;

/** Steps that took more than ten times as long as when it was quiet. */
function slowSteps(quiet: Latencies, { attack, latencies }: Seen): readonly string[] {
  const before = new Map(Object.entries(quiet));
  return Object.entries(latencies).filter(([step, ms]) => ms > Math.max(NOISE_MS, 10 * (before.get(step) ?? 0)))
    .map(([step, ms]) => `${step} during ${attack}: ${ms} ms`);
}

Deno.test("--public: whatever one address attacks with, others register, log in and call tools in under ten times the time (README, host it)", async () => {
  const { quiet, seen } = await attackPublicServer({ seconds: 0.4, connections: 30 });
  const table = tableOf([quiet, ...seen]);
  assert.deepEqual(seen.flatMap((of) => slowSteps(quiet.latencies, of)), [], table);
  for (const { attack, residentMiB } of seen) assert(residentMiB < MAX_RESIDENT_MIB, `${attack}\n${table}`);
});
