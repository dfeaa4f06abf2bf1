/**
 * `deno task conformance`: the official conformance suite, as installed, against `/conformance` of the app on a free
 * port. It prints a table, and fails if anything failed, or if less ran than should have.
 */
import { createApp } from "../../main.ts";
import { runSuite as runAuthorizationSuite } from "./authorization_suite.ts";
import { startServer } from "./server.ts";
import { suiteCommand } from "./suite.ts";

/** One revision's scenarios: how many count, and which others must pass beside them. */
interface Expectation {
  readonly revision: string;
  readonly scored: number;
  /** Scenarios that the suite runs and does not count. Not among them: the tasks extension, which SDK 2.4 has no server for. */
  readonly unscored: readonly string[];
}

const expectations: readonly Expectation[] = [
  {
    revision: "2025-11-25",
    scored: 30,
    unscored: ["server-session-lifecycle", "json-schema-2020-12", "server-sse-polling"],
  },
  {
    revision: "2026-07-28",
    scored: 37,
    unscored: ["json-schema-2020-12", "http-header-validation", "http-custom-header-server-validation"],
  },
];

/** How one scenario ended. */
interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

/** Runs one set of the suite in a process of its own. */
async function runSuite(url: string, revision: string): Promise<{ code: number; report: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...suiteCommand, "server", "--url", url, "--requirements", revision],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, report: decode(stdout) + decode(stderr) };
}

/** The lines of the summary, such as `✓ ping: 2 passed, 0 failed`. */
function parseResults(report: string): readonly Result[] {
  return [...report.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed$/gm)]
    .map(([, name = "", passed, failed]) => ({ name, passed: Number(passed), failed: Number(failed) }));
}

/** The scenarios that do not count, such as `  ✓ json-schema-2020-12 (pending)`. */
function parseUnscored(report: string): ReadonlySet<string> {
  return new Set([...report.matchAll(/^ {2}[✓✗] (\S+) \([\w-]+\)$/gm)].map(([, name = ""]) => name));
}

/** A scenario that checked nothing has not passed. */
function hasPassed({ passed, failed }: Result): boolean {
  return failed === 0 && passed > 0;
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** Runs one revision and prints its part of the table; gives what is wrong. */
async function judge(url: string, { revision, scored, unscored }: Expectation): Promise<readonly string[]> {
  const { code, report } = await runSuite(url, revision);
  const results = parseResults(report);
  const optional = parseUnscored(report);
  const counted = results.filter(({ name }) => !optional.has(name));
  const shown = [...counted, ...results.filter(({ name }) => unscored.includes(name))];
  for (const result of shown) {
    const kind = optional.has(result.name) ? "not scored" : "scored";
    const mark = hasPassed(result) ? "pass" : "FAIL";
    write(`| ${revision} | ${result.name} | ${kind} | ${result.passed} | ${result.failed} | ${mark} |\n`);
  }
  const passed = counted.filter(hasPassed).length;
  const problems = [
    ...(passed === scored ? [] : [`${revision}: ${passed} of ${scored} scored scenarios passed`]),
    ...(counted.length === scored ? [] : [`${revision}: ${counted.length} scored scenarios ran, expected ${scored}`]),
    ...(code === 0 ? [] : [`${revision}: the suite ended with code ${code}`]),
    ...unscored.filter((name) => !shown.some((result) => result.name === name && hasPassed(result)))
      .map((name) => `${revision}: ${name} did not pass`),
  ];
  if (problems.length > 0) write(`\n${report}\n`);
  return problems;
}

/** Runs the command for authorization servers, and prints its part of the table; gives what is wrong. */
async function judgeAuthorization(): Promise<readonly string[]> {
  await using server = await startServer();
  const { code, report } = await runAuthorizationSuite(server);
  const results = parseResults(report);
  for (const result of results) {
    const mark = hasPassed(result) ? "pass" : "FAIL";
    write(`| authorization | ${result.name} | not scored | ${result.passed} | ${result.failed} | ${mark} |\n`);
  }
  const passed = results.filter(hasPassed).length;
  return code === 0 && passed === 2 ? [] : [`authorization: ${passed} of 2 scenarios passed, code ${code}\n${report}`];
}

using kv = await Deno.openKv(":memory:");
const stop = new AbortController();
const app = createApp({ kv, loopbackOnly: true, signal: stop.signal });
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app);
const problems: string[] = [];
write("| revision | scenario | counts | passed | failed | |\n|---|---|---|--:|--:|---|\n");
for (const expectation of expectations) {
  problems.push(...await judge(`http://localhost:${server.addr.port}/conformance`, expectation));
}
problems.push(...await judgeAuthorization());
stop.abort();
await server.shutdown();
write(problems.length === 0 ? "\nfull marks\n" : `\n${problems.join("\n")}\n`);
Deno.exitCode = problems.length === 0 ? 0 : 1;
