/**
 * The fuzzer's minute in CI, in process and against processes, from a seed that stays, so that a run that fails tells of the
 * change and not of its luck. `FUZZ_SEED=$RANDOM`, and `deno task fuzz`, look for what nobody has seen.
 */
import assert from "node:assert/strict";
import { attackInProcess } from "../fuzz/in_process.ts";
import { modes } from "../fuzz/process.ts";
import { createFindings } from "../fuzz/report.ts";
import { run } from "../fuzz/run.ts";
import { testApp } from "../helpers.ts";
import { keyGeneratorOf } from "../test_keys.ts";

/** What needs neither connections nor a minute: the rest is for `deno task fuzz`. */
const inProcessPlots = [
  "broken",
  "stored",
  "walk",
  "race",
  "astray",
  "heavy",
  "faulty",
  "minted",
  "respelled",
  "indiscreet",
  "foreign",
];
const plots = [...inProcessPlots, "framed", "headed", "neighbours", "oracle", "pair", "crowd"];

/** 748 drew answers that are held back, and took them for a server that hangs. */
const seed = Number(Deno.env.get("FUZZ_SEED") ?? 748);

Deno.test(`the app withstands the cases of seed ${seed}, in process`, async () => {
  const lines: string[] = [];
  const findings = createFindings(() => 0);
  await using test = await testApp({
    // One for each of its sandboxes would be half of what this test costs, and keep others waiting.
    generateKey: keyGeneratorOf({}, 6),
    now: Date.now,
    fetch: () => Promise.reject(new TypeError("There is no network here")),
    resolveDns: () => Promise.resolve([]),
    log: (event) => void (event.event === "error" && lines.push(JSON.stringify(event))),
  });
  await attackInProcess({ app: test.app, lines }, { seed, cases: 120, plots: inProcessPlots, findings });
  await test.answered();
  assert.equal(findings.size(), 0, findings.write());
});

Deno.test(`a process withstands the cases of seed ${seed}`, async () => {
  const log = (): void => {};
  for (const mode of modes) {
    const maxCases = mode === "few" ? 2 : 8;
    const root = new URL("../../", import.meta.url).pathname;
    const { findings } = await run({
      seed,
      minutes: 1,
      root,
      modes: [mode],
      plots,
      maxCases,
      isShrinking: true,
      log,
    });
    assert.equal(findings.size(), 0, findings.write());
  }
});
