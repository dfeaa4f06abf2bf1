/** What the program says at its start of what earlier tests have left in its database. */
import assert from "node:assert/strict";
import { readInForce } from "../../lib/cli/in_force.ts";
import { readyText } from "../../lib/cli/ready.ts";
import { createFaultCounts } from "../../lib/faults/fault_count_table.ts";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createSandboxTable } from "../../lib/sandbox/sandbox_table.ts";
import { createStore } from "../../lib/store/kv.ts";
import { createApp } from "../../main.ts";
import { origin } from "../helpers.ts";

Deno.test("the start text says which faults, clock and overrides an earlier run has left in force (README, good to know)", async (t) => {
  const dayMs = 86_400_000;
  const cases: readonly (readonly [calls: readonly (readonly [path: string, body?: unknown])[], said: string])[] = [
    [[], ""],
    [[["faults", "jwks:503*always"]], "1 fault"],
    [[["faults", ["jwks:503*2", "token:503"]]], "2 faults"],
    [[["faults", "jwks:503"], ["/oauth/jwks"]], ""],
    [[["faults", { match: {}, life: { until: 1 }, answer: { status: 503 } }]], ""],
    [[["clock", { advance_seconds: 86_400 }]], "clock +1 day"],
    [[["clock", { advance_seconds: -7200 }]], "clock -2 hours"],
    [[["plan", { policy: { require_state: true }, mint: { clock_skew_seconds: 5 } }]], "2 overrides"],
    [
      [["faults", "jwks:503"], ["clock", { advance_seconds: 60 }], ["plan", { policy: { require_state: true } }]],
      "1 fault, clock +1 minute, 1 override",
    ],
    [[["faults", "jwks:503"], ["reset", {}]], ""],
  ];
  for (const [calls, said] of cases) {
    await t.step(JSON.stringify(calls), async () => {
      using kv = await Deno.openKv(":memory:");
      const now = (): number => 20_000 * dayMs;
      const app = createApp({ kv, control: "open", now });
      for (const [path, body] of calls) {
        const method = path === "plan" ? "PATCH" : "POST";
        const init = body === undefined ? {} : { method, body: JSON.stringify(body) };
        const response = await app(new Request(origin + (path.startsWith("/") ? path : `/control/${path}`), init));
        await response.body?.cancel();
      }
      const store = createStore(kv, createChance(randomBytes));
      const tables = { table: createSandboxTable(store), faultCounts: createFaultCounts(store), now };
      const inForce = await readInForce(tables);
      assert.equal(inForce, said);
      const start = readyText({ json: false, db: "kv" }, { url: origin, port: 1, pid: 1, inForce });
      assert.equal(
        start.includes(`in force                     ${said}; POST ${origin}/control/reset ends it`),
        said !== "",
      );
    });
  }
});
