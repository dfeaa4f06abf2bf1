/** `deno task schemathesis [--minutes 10] [--seed 1]`. */
import { parseArgs } from "node:util";
import { install } from "./python.ts";
import { run } from "./schemathesis.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
  },
});
await install("schemathesis", "schemathesis.txt");
const outcomes = await run(Number(values.minutes) * 60, Number(values.seed));
for (const { title, text } of outcomes) Deno.stdout.writeSync(new TextEncoder().encode(`# ${title}\n\n${text}\n`));
Deno.exit(outcomes.every(({ isRight }) => isRight) ? 0 : 1);
