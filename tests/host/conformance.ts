/**
 * `deno task conformance`: the official conformance suite, as installed, against `/conformance` of the app on a free
 * port. It prints a table, and fails if anything failed, or if less ran than should have.
 */
import { createApp } from "../../main.ts";
import { runSuite as runAuthorizationSuite } from "./authorization_suite.ts";
import { startServer } from "./server.ts";
import { suiteCommand } from "./suite.ts";

/** One run of the suite: how many of its scenarios count, and which others must pass beside them. */
interface Expectation {
  readonly name: string;
  readonly args: readonly string[];
  readonly scored: number;
  /** Scenarios that the suite runs and does not count. */
  readonly unscored: readonly string[];
  /** Scenarios in which the suite, as it is, looks at nothing. */
  readonly empty?: readonly string[];
}

const expectations: readonly Expectation[] = [
  {
    name: "2025-11-25",
    args: ["--requirements", "2025-11-25"],
    scored: 30,
    unscored: ["server-session-lifecycle", "json-schema-2020-12", "server-sse-polling"],
  },
  {
    name: "2026-07-28",
    args: ["--requirements", "2026-07-28"],
    scored: 37,
    unscored: ["json-schema-2020-12", "http-header-validation", "http-custom-header-server-validation"],
  },
  {
    name: "all",
    args: ["--suite", "all"],
    scored: 64,
    unscored: [],
    // It is to be written anew for subscriptions/listen.
    empty: ["tasks-status-notifications"],
  },
];

/** How one scenario ended. */
interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

/** Runs the suite in a process of its own. */
async function runSuite(url: string, args: readonly string[]): Promise<{ code: number; report: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...suiteCommand, "server", "--url", url, ...args],
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

/** What one run has shown: lines of the table, and what is wrong. */
interface Judged {
  readonly lines: string;
  readonly problems: readonly string[];
}

/** Runs one set of scenarios. */
async function judge(url: string, { name: run, args, scored, unscored, empty = [] }: Expectation): Promise<Judged> {
  const { code, report } = await runSuite(url, args);
  const results = parseResults(report);
  const optional = new Set([...parseUnscored(report), ...empty]);
  const counted = results.filter(({ name }) => !optional.has(name));
  const shown = [...counted, ...results.filter(({ name }) => unscored.includes(name))];
  const lines = shown.map((result) => {
    const kind = optional.has(result.name) ? "not scored" : "scored";
    const mark = hasPassed(result) ? "pass" : "FAIL";
    return `| ${run} | ${result.name} | ${kind} | ${result.passed} | ${result.failed} | ${mark} |\n`;
  });
  const passed = counted.filter(hasPassed).length;
  const problems = [
    ...(passed === scored ? [] : [`${run}: ${passed} of ${scored} scored scenarios passed`]),
    ...(counted.length === scored ? [] : [`${run}: ${counted.length} scored scenarios ran, expected ${scored}`]),
    ...(code === 0 ? [] : [`${run}: the suite ended with code ${code}`]),
    ...unscored.filter((name) => !shown.some((result) => result.name === name && hasPassed(result)))
      .map((name) => `${run}: ${name} did not pass`),
    ...results.filter(({ name, passed, failed }) => empty.includes(name) && passed + failed > 0)
      .map(({ name }) => `${run}: ${name} looks at something now: count it`),
  ];
  return { lines: lines.join(""), problems: problems.length > 0 ? [...problems, report] : [] };
}

/** Runs the command for authorization servers. */
async function judgeAuthorization(): Promise<Judged> {
  await using server = await startServer();
  const { code, report } = await runAuthorizationSuite(server);
  const results = parseResults(report);
  const lines = results.map((result) => {
    const mark = hasPassed(result) ? "pass" : "FAIL";
    return `| authorization | ${result.name} | not scored | ${result.passed} | ${result.failed} | ${mark} |\n`;
  });
  const passed = results.filter(hasPassed).length;
  const isGood = code === 0 && passed === 2;
  const problem = `authorization: ${passed} of 2 scenarios passed, code ${code}\n${report}`;
  return { lines: lines.join(""), problems: isGood ? [] : [problem] };
}

using kv = await Deno.openKv(":memory:");
const stop = new AbortController();
const app = createApp({ kv, loopbackOnly: true, signal: stop.signal });
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app);
write("| run | scenario | counts | passed | failed | |\n|---|---|---|--:|--:|---|\n");
const url = `http://localhost:${server.addr.port}/conformance`;
// They wait for the most part, and take no longer side by side than the longest of them.
const runs = await Promise.all([...expectations.map((expectation) => judge(url, expectation)), judgeAuthorization()]);
write(runs.map(({ lines }) => lines).join(""));
const problems = runs.flatMap(({ problems }) => problems);
stop.abort();
await server.shutdown();
write(problems.length === 0 ? "\nfull marks\n" : `\n${problems.join("\n")}\n`);
Deno.exitCode = problems.length === 0 ? 0 : 1;
