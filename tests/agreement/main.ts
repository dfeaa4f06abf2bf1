/** Writes into `README.md` beside it where our verdicts on the SDKs' clients and the official suite's agree; fails if they must not differ. */
import { withTables } from "../matrix/table.ts";
import { compareAll, findProblems, markers, path, renderAgreement } from "./table.ts";

const all = await compareAll();
await Deno.writeTextFile(path, withTables(await Deno.readTextFile(path), renderAgreement(all), markers));
const problems = findProblems(all);
for (const problem of problems) Deno.stdout.writeSync(new TextEncoder().encode(`${problem}\n`));
Deno.exit(problems.length === 0 ? 0 : 1);
