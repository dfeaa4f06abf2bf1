/** `deno task fuzz --seed 1 --minutes 5 [--target /path/to/a/checkout] [--mode local] [--plot flood] [--case 7] [--quick]`. */
import { parseArgs } from "node:util";
import { modes } from "./process.ts";
import { run } from "./run.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
    minutes: { type: "string", default: "5" },
    target: { type: "string", default: new URL("../../", import.meta.url).pathname },
    mode: { type: "string", multiple: true },
    plot: { type: "string", multiple: true },
    case: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const write = (line: string): void => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const seed = Number(values.seed);
write(`Seed ${seed}, ${values.minutes} minutes, against ${values.target}`);
const wanted = modes.filter((mode) => values.mode === undefined || values.mode.includes(mode));
const { findings, cases, requests, spentMs } = await run({
  seed,
  minutes: Number(values.minutes),
  root: values.target,
  modes: wanted,
  isShrinking: !values.quick,
  log: write,
  ...(values.plot === undefined ? {} : { plots: values.plot }),
  ...(values.case === undefined ? {} : { only: Number(values.case) }),
});
write(`\n${findings.write()}`);
write(`Seconds by plot: ${[...spentMs].map(([plot, ms]) => `${plot} ${Math.round(ms / 1000)}`).join(", ")}`);
write(`Seed ${seed}: ${cases} cases, ${requests} requests, ${findings.size()} kinds of findings`);
Deno.exit(findings.size() > 0 ? 1 : 0);
