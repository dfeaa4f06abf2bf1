/** `mock-oauth judge`: what it prints, and what it ends with; `POST /control/judge`, and the form of `/inspect`. */
import assert from "node:assert/strict";
import { z } from "zod";
import { parseJudgeOptions } from "../../lib/cli/judge_options.ts";
import { operations } from "../../lib/control/operations.ts";
import { runJudge } from "../../routes/judge.ts";
import { type DoubleOptions, runDouble } from "../interop/double/double.ts";
import { assertOAuthError, json, type TestApp, testApp } from "../helpers.ts";
import { recordedApp, SANDBOX } from "../recorder/recorded_app.ts";
import { foreignHar } from "./foreign.ts";
import { entry, har, type HarEntry } from "./hars.ts";

async function recorded(client: Partial<DoubleOptions> = {}): Promise<string> {
  await using app = await recordedApp();
  await runDouble({ send: app.send, version: "2025-11-25", ...client });
  const { exchanges } = await app.recording.read(SANDBOX);
  return foreignHar(exchanges, { isOneOrigin: false, tellsAborted: true });
}

async function judge(
  text: string,
  args: readonly string[] = [],
  isColoured = false,
  path = "some/a.har",
): Promise<[number, string]> {
  let out = "";
  const options = parseJudgeOptions([path, ...args]);
  assert(options);
  const code = await runJudge(options, {
    readBytes: async function* (from): AsyncGenerator<Uint8Array> {
      assert.equal(from, path.startsWith("some/") ? path : "-");
      yield await Promise.resolve(new TextEncoder().encode(text));
    },
    readText: () => assert.fail("there is no other file"),
    randomBytes: (length) => new Uint8Array(length),
    out: (more) => void (out += more),
    isColoured,
  });
  return [code, out];
}

Deno.test("judge prints the stations, and each broken rule with its entries and its paragraph, and ends with 1", async () => {
  const [code, text] = await judge(await recorded({ slip: "sends no challenge" }));
  assert.equal(code, 1);
  assert.match(text, /^fail {2}a\.har {2}WebInspector, 4 entries, 4 read\nIt broke C11 \(MUST\): /);
  assert.match(text, /\n {2}at https:\/\/mcp\.vendor\.example:8443\/v1\/mcp\n/);
  assert.match(text, /\n {2}found resource > found server > registered\n {2}not seen: authorized, token, /);
  assert.match(text, /broken {2}C11 MUST: A client uses PKCE/);
  assert.match(
    text,
    /entry 4 {2}GET https:\/\/login\.vendor\.example\/as\/authorize-x 302\n {4}https:\/\/modelcontext/,
  );
  assert(!text.includes("\x1b"));
  assert((await judge(await recorded(), [], true))[1].startsWith("\x1b[32mpass\x1b[0m"));
});

Deno.test("judge reads standard input, and says of entries that they have no date", async () => {
  const text = await recorded();
  for (const path of ["-", "/dev/stdin"]) {
    assert.match((await judge(text, [], false, path))[1], /^pass {2}standard input /);
  }
  const [code, undated] = await judge(text.replaceAll(/("startedDateTime":)"[^"]*"/g, '$1"yesterday"'));
  assert.equal(code, 3);
  assert.match(undated, /, 0 read, 10 with a startedDateTime that is no date\nIts entries cannot be put in order: /);
});

Deno.test("judge says what a recording lacks, what that keeps from being judged, and how its tool records it", async () => {
  const { log } = JSON.parse(await recorded({ slip: "sends no state" }));
  const without = (name: string, alter: (entry: HarEntry) => unknown): string =>
    JSON.stringify({ log: { ...log, creator: { name }, entries: log.entries.map(alter) } });
  const emptied = without("mitmproxy", ({ request, response, ...one }) => ({
    ...one,
    request: { ...request, postData: { text: null }, bodySize: request.method === "POST" ? 9 : 0 },
    response: { ...response, content: { size: 9 } },
  }));
  const [code, text] = await judge(emptied);
  assert.equal(code, 3);
  assert.match(
    text,
    /\nIts requests to MCP servers have no bodies: its tool has left them out, so that it does not show how/,
  );
  assert.match(text, /\n {2}The answers of its MCP servers have no bodies/);
  assert.match(text, /\n {2}Run mitmproxy without stream_large_bodies/);
  const sanitized = without("WebInspector", ({ request, ...one }) => {
    const { headers } = z.object({ headers: z.array(z.looseObject({ name: z.string() })) }).parse(request);
    return { ...one, request: { ...request, headers: headers.filter(({ name }) => name !== "authorization") } };
  });
  assert.match(
    (await judge(sanitized))[1],
    /no Authorization header at all.*\n {4}so not judged: C20, C22, .*\n\n {2}In DevTools: Settings > /,
  );
  assert.match((await judge(sanitized, ["--format", "markdown"]))[1], /\nThe recording has no Authorization header at/);
  await using test = await testApp();
  assert.match(
    await (await sendForm(test, { har: sanitized })).text(),
    /<p class="quiet">The recording has no Authorization header at all/,
  );
  assert.match(
    (await judge(har([entry({ url: "https://page.example/" })])))[1],
    /shows no client of MCP.*\nIn a browser, /,
  );
});

Deno.test("judge ends with 0 for pass, 3 for incomplete, and with --strict for a broken recommendation with 1", async () => {
  assert.equal((await judge(await recorded()))[0], 0);
  assert.equal((await judge(har([])))[0], 3);
  const careless = await recorded({ slip: "sends no state" });
  const [[lax], [strict]] = [await judge(careless), await judge(careless, ["--strict"])];
  assert.deepEqual([lax, strict], [0, 1]);
});

Deno.test("judge writes JSON, JUnit, Markdown and SARIF as the control API does", async () => {
  const text = await recorded();
  const written = async (format: string): Promise<string> => (await judge(text, ["--format", format]))[1];
  assert.equal(JSON.parse(await written("json")).verdict, "pass");
  assert.match(await written("junit"), /^<\?xml [^>]+>\s*<testsuites/);
  assert.match(await written("markdown"), /^# pass: a\\?\.har\n/);
  assert.equal(JSON.parse(await written("sarif")).version, "2.1.0");
});

Deno.test("POST /control/judge answers with the report on a recording, in each format, and refuses what is none", async () => {
  await using test = await testApp();
  const post = (body: string, query = ""): Promise<Response> =>
    test.fetch(`/control/judge${query}`, { method: "POST", body });
  const text = await recorded({ slip: "sends no challenge" });
  const report = await json(await post(text));
  assert(operations.control_judge.answer.safeParse(report).success);
  assert.deepEqual([report.sandbox, report.verdict], ["recording", "fail"]);
  assert.equal((await post(text, "?strict&whole=true")).status, 422);
  assert.match(await (await post(text, "?format=junit")).text(), /^<\?xml/);
  const refused = await assertOAuthError(await post(text.slice(0, -3)), 400, "invalid_request");
  assert.match(
    refused,
    /The recording cannot be read: The file ends in the middle, after 4 /,
  );
  await assertOAuthError(await post("x".repeat(16 * 1024 ** 2 + 1)), 413, "invalid_request");
  await assertOAuthError(await post(text, "?whole=perhaps"), 400, "invalid_request");
});

const ofOurPage = {
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  origin: "null",
};

/** The form of the page as a browser sends it. */
function sendForm(
  test: TestApp,
  { har: text, ...fields }: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = ofOurPage,
): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  if (text !== undefined) body.set("har", new File([text], "a.har", { type: "application/json" }));
  return test.fetch("/inspect/recording", { method: "POST", body, headers: { accept: "text/html", ...headers } });
}

Deno.test("a recording that is chosen on /inspect is answered with a page, and nothing of it is kept (issue 24)", async () => {
  await using test = await testApp();
  const inspector = await test.get("/inspect", { accept: "text/html" });
  assert.match(await inspector.text(), /<form [^>]*action="\/inspect\/recording" enctype="multipart\/form-data"/);

  const text = await recorded({ slip: "sends no challenge" });
  const answered = await sendForm(test, { har: text });
  const page = await answered.text();
  assert.equal(answered.status, 200);
  assert.match(page, /<p class="verdict verdict-fail">fail: 1 rule broken/);
  assert.match(page, /without a code_challenge/);
  assert.match(page, /What its clients did before the recording began/);
  assert.match(page, /<b>GET<\/b> authorize, in a browser → authorization server/);
  assert(!page.includes("<script>"));
  assert.doesNotMatch(await (await sendForm(test, { har: text, whole: "true" })).text(), /What its clients did before/);
  assert.equal((await json(await test.get("/control/exchanges"))).exchanges?.toString(), "");
});

Deno.test("the form of /inspect redacts, escapes, is bounded, and no page of another site may send it", async () => {
  await using test = await testApp();
  const name = "<script>alert(1)</script>";
  const hostile = har([entry({
    method: "POST",
    request: {
      headers: [{ name: "Authorization", value: "Bearer so-secret-a-token" }],
      postData: {
        mimeType: "application/json",
        text: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { clientInfo: { name } } }),
      },
    },
  })]);
  const page = await (await sendForm(test, { har: hostile })).text();
  assert.match(page, /&lt;script>alert/);
  assert(!page.includes(name) && !page.includes("so-secret-a-token"));
  for (
    const [fields, headers, status, reason] of [
      [{ har: "{" }, ofOurPage, 400, /The recording cannot be read/],
      [{ whole: "true" }, ofOurPage, 400, /There is no recording in the form/],
      [{ har: "{}" }, { "content-type": "text/plain" }, 400, /There is no recording in the form/],
      [{ har: "x".repeat(17 * 1024 ** 2) }, ofOurPage, 413, /The body is too large/],
      [{ har: hostile }, { "sec-fetch-site": "cross-site" }, 403, /A page of another site may not/],
      [{ har: hostile }, { origin: "https://evil.example" }, 403, /A page of another site may not/],
    ] as const
  ) {
    const response = await sendForm(test, fields, headers);
    assert.equal(response.status, status);
    assert.match(await response.text(), reason);
  }
});

Deno.test("what a recording says commands no terminal", async () => {
  const name = "\x1b]0;owned\x07\u202e";
  const [, text] = await judge(
    har([entry({
      method: "POST",
      request: {
        postData: {
          mimeType: "application/json",
          text: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { clientInfo: { name } } }),
        },
      },
    })], { creator: { name } }),
  );
  assert.match(text, /owned/);
  assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Cf}/u);
});

Deno.test("a file that is no recording, and a flag that is not known, end the program with the reason", async () => {
  await assert.rejects(judge("", ["--limits", "x:1"]), { message: /^--limits: x is not a known limit/ });
  await assert.rejects(judge("<html>"), { name: "ConfigError", message: /^some\/a\.har: The file is no HAR/ });
  for (
    const [args, reason] of [
      [[], /^judge needs a file with a recording/],
      [["a", "b"], /^judge takes one file, not b as well$/],
      [["a", "--format", "xml"], /^--format is 'xml', but must be one of text, json, junit, markdown, sarif$/],
      [["a", "--against", "b", "--format", "sarif"], /^--format is 'sarif', but must be one of text, json$/],
      [["a", "--revision", "2020"], /^--revision is '2020', but must be one of 2025-03-26/],
      [["a", "--wide"], /judge --help lists the flags$/],
    ] as const
  ) assert.throws(() => parseJudgeOptions(args), { name: "ConfigError", message: reason });
  assert.equal(parseJudgeOptions(["--help"]), undefined);
});
