import assert from "node:assert/strict";
import { officialScenarios } from "../lib/scenarios/catalogue/official.ts";
import { testApp } from "./helpers.ts";
import { officialProbes } from "./sweep_official.ts";
import { probeSandbox } from "./sweep_probe.ts";

Deno.test("each scenario of the official suite shows what it declares, below its prefix or at its origin", async (t) => {
  assert.deepEqual(Object.keys(officialProbes).sort(), officialScenarios.map(({ name }) => name).sort());
  for (const scenario of officialScenarios) {
    await t.step(scenario.name, async () => {
      await using test = await testApp();
      await officialProbes[scenario.name]?.(probeSandbox(test, scenario));
      await officialProbes[scenario.name]?.(probeSandbox(test, { name: scenario.name, label: "again" }));
    });
  }
});
