/** Our scenarios beside the official suite's own fake servers, request by request. */
import assert from "node:assert/strict";
import { createApp, type Scenario } from "../../main.ts";
import { officialScenarios } from "../../lib/scenarios/catalogue/official/index.ts";
import { startOracle } from "./oracle.ts";
import { type Difference, differences } from "./oracle_differences.ts";
import { beginWalk, type Facts, type Party } from "./oracle_party.ts";
import { scriptOf } from "./oracle_scripts.ts";
import { ours, theirs, withAssertions } from "./oracle_sides.ts";

async function walk(scenario: Scenario, party: Party): Promise<Facts> {
  const begun = beginWalk(party);
  await scriptOf(scenario.official ?? "")(begun);
  return begun.facts;
}

/** A fact that is not the same on both sides. */
interface Found {
  readonly scenario: string;
  readonly at: string;
  readonly theirs: string;
  readonly ours: string;
}

const NOTHING = "nothing";

function compare(scenario: string, theirs: Facts, ours: Facts): readonly Found[] {
  return [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((at) => {
    const found = { scenario, at, theirs: theirs.get(at) ?? NOTHING, ours: ours.get(at) ?? NOTHING };
    return found.theirs === found.ours ? [] : [found];
  });
}

function explains({ scenarios, at, theirs, ours }: Difference, found: Found): boolean {
  return (scenarios === undefined || scenarios.includes(found.scenario)) && at.test(found.at) &&
    (theirs?.test(found.theirs) ?? true) && (ours?.test(found.ours) ?? true);
}

Deno.test("each scenario of the official suite answers as the suite's own server (conformance 0.2.0-alpha.12)", async (t) => {
  await using oracle = await startOracle();
  using kv = await Deno.openKv(":memory:");
  const stop = new AbortController();
  const app = createApp({ kv, signal: stop.signal });
  const used = new Set<Difference>();
  const known = [...oracle.servers.keys()].filter((name) => name.startsWith("auth/")).sort();
  assert.deepEqual(officialScenarios.map(({ official }) => official).sort(), known);
  for (const scenario of officialScenarios) {
    await t.step(scenario.official ?? "", async () => {
      const server = oracle.servers.get(scenario.official ?? "");
      assert(server);
      const mine = ours(app, scenario);
      const isAsserting = /enterprise|wif/.test(scenario.official ?? "");
      const said = await walk(scenario, theirs(scenario, server));
      const saidByUs = await walk(scenario, isAsserting ? await withAssertions(mine) : mine);
      assert(said.size > 20, "a walk sees more than that");
      const unexplained = compare(scenario.official ?? "", said, saidByUs).filter((found) => {
        const explaining = differences.filter((difference) => explains(difference, found));
        for (const difference of explaining) used.add(difference);
        return explaining.length === 0;
      });
      assert.deepEqual(unexplained.map(({ at, theirs, ours }) => `${at}: ${theirs} / ${ours}`), []);
    });
  }
  stop.abort();
  assert.deepEqual(differences.filter((difference) => !used.has(difference)).map(({ reason }) => reason), []);
});
