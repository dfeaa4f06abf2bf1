/** What judge and clone end with, by their command lines. */
import assert from "node:assert/strict";
import type { OutStream } from "../../lib/cli/print.ts";
import { createProgram } from "../../routes/program.ts";
import { entry, har } from "../archive/hars.ts";
import { ask, type Ran, record, recordTwo, run } from "./recording.ts";

/** Runs the program on a command line. */
async function exitOf(args: readonly string[], files: Readonly<Record<string, string>>): Promise<Ran> {
  const written = { out: "", told: "" };
  const stream = (name: keyof typeof written): OutStream => {
    const writeSync = (bytes: Uint8Array): number => {
      written[name] += new TextDecoder().decode(bytes);
      return bytes.length;
    };
    return { writeSync, write: (bytes) => Promise.resolve(writeSync(bytes)) };
  };
  const read = (path: string): string => files[path] ?? assert.fail(`No such file: ${path}`);
  const unused = (): never => assert.fail("nothing is served");
  const ended = Symbol("ended");
  let code = 0;
  const program = createProgram({
    args,
    os: "linux",
    pid: 1,
    now: () => 0,
    monotonicMs: () => 0,
    stdout: stream("out"),
    stderr: stream("told"),
    env: () => undefined,
    readText: (path) => Promise.resolve(read(path)),
    readBytes: async function* (path): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(new TextEncoder().encode(read(path)));
    },
    isColoured: () => false,
    stat: unused,
    openKv: unused,
    listen: unused,
    onStop: unused,
    pipe: unused,
    onParentEnd: unused,
    exit: (given) => {
      code = given;
      throw ended;
    },
  });
  await program.run().catch((error) => assert.equal(error, ended));
  return { code, ...written };
}

Deno.test("what is no MCP server is left alone after two requests, and the reason says what is there", async (t) => {
  const html = { "content-type": "text/html" };
  const rows: readonly (readonly [Response, RegExp])[] = [
    [new Response("<h1>Hi</h1>", { headers: html }), /received '200 text\/html'; expected JSON-RPC/],
    [new Response("<h1>No</h1>", { status: 403, headers: html }), /received '403 text\/html'/],
    [
      new Response(null, { status: 307, headers: { location: "/new?key=hunter22" } }),
      /received '307 to .*\/new\?key=SECRET'/,
    ],
  ];
  for (const [response, message] of rows) {
    await t.step(String(response.status), async () => {
      let asked = 0;
      const fetch = (): Promise<Response> => (asked++, Promise.resolve(response.clone()));
      await assert.rejects(ask(fetch), { name: "ConfigError", message });
      assert.equal(asked, 2);
    });
  }
});

Deno.test("where no connection comes about, the reason is that of its error", async () => {
  const refused = (): Promise<Response> => Promise.reject(Object.assign(new Error("No"), { code: "ECONNREFUSED" }));
  await assert.rejects(ask(refused), {
    name: "ConfigError",
    message: /POST .*: nothing listens there, so that it cannot be cloned/,
  });
});

Deno.test("the exit code tells what came of judge and clone: 2 for what cannot be used, in one line", async (t) => {
  const recording = await record();
  const { out: scenario } = await run(recording);
  const entries = (text: string): string => `{"log":{"entries":[${text}]}}`;
  const files: Readonly<Record<string, string>> = {
    "a.har": recording,
    "two.har": await recordTwo(),
    "none.har": har([]),
    "other.har": har([entry()]),
    "cut.har": recording.slice(0, -3),
    "html.har": "<html>",
    "empty.har": "",
    "texts.har": entries('"a"'),
    "numbers.har": entries("1"),
    "lists.har": entries("[]"),
    "nulls.har": entries("null"),
    "no-json.har": entries('{"a":b}'),
    "bare.har": entries("{}"),
    "s.json": scenario,
    "differs.json": JSON.stringify({ ...JSON.parse(scenario), plan: { policy: { registration: "off" } } }),
    "no.json": "{}",
  };
  const broken = ["cut", "html", "empty", "texts", "numbers", "lists", "nulls", "no-json"];
  const rows: readonly (readonly [string, number, RegExp])[] = [
    ["clone --help", 0, /^$/],
    ["clone", 2, /clone needs the URL of an MCP endpoint/],
    [
      "clone mcp.example.com",
      2,
      /mcp\.example\.com is not an http or https URL.*did you mean https:..mcp\.example\.com\?/,
    ],
    ["clone localhost:3000/mcp", 2, /is not an http or https URL.*did you mean http:..localhost:3000.mcp\?/],
    ["clone a.har", 2, /is not an http or https URL.*did you mean --from a\.har\?/],
    ["clone https://ada:hunter22@mcp.example.com/mcp", 2, /^(?!.*hunter22).*holds a user name or a password/],
    ["clone http://a/ http://b/?key=hunter22-hunter22", 2, /^(?!.*hunter22).*clone takes one URL/],
    ["clone http://a/ --name A_b", 2, /--name is 'A_b'/],
    ["clone http://a/ --what", 2, /Unknown option '--what'/],
    // There is no network here.
    [
      "clone http://127.0.0.1:1/mcp?key=hunter22-hunter22",
      2,
      /^(?!.*hunter22).*POST .*\?key=SECRET: .*cannot be cloned/,
    ],
    ["clone --from a.har", 0, /^All \d+ answers compared are alike/],
    ["clone --from a.har https://third.example/", 2, /no MCP server of that URL/],
    ["clone --from two.har", 2, /There are 2 MCP servers in it/],
    ["clone --from none.har", 2, /There is no MCP server in it/],
    ["clone --from other.har", 2, /There is no MCP server in it/],
    ["clone --from bare.har", 2, /There is no MCP server in it/],
    ["clone --from missing.har", 2, /No such file/],
    ["clone --from a.har --check s.json", 0, /^$/],
    ["clone --from a.har --check differs.json", 1, /^$/],
    ["clone --from a.har --check no.json", 2, /The scenarios of no\.json cannot be read/],
    ["clone --from a.har --check missing.json", 2, /No such file/],
    ["judge --help", 0, /^$/],
    ["judge", 2, /judge needs a file/],
    ["judge a.har b.har", 2, /judge takes one file/],
    ["judge a.har --format yaml", 2, /--format is 'yaml'/],
    ["judge a.har --limits x:1", 2, /--limits/],
    ["judge a.har --server https://mcp.example.com/oauth", 2, /--server goes with --against/],
    ["judge missing.har", 2, /No such file/],
    ["judge none.har", 3, /^$/],
    ["judge bare.har", 3, /^$/],
    ["judge a.har --against s.json", 0, /^$/],
    ["judge a.har --against differs.json", 1, /^$/],
    ["judge two.har --against s.json", 2, /There are 2 MCP servers in it/],
    ["judge two.har --against s.json --server https://mcp.example.com/oauth", 0, /^$/],
    ["judge a.har --against no.json", 2, /The scenarios of no\.json cannot be read/],
    ...broken.flatMap((name): (readonly [string, number, RegExp])[] => [
      [`clone --from ${name}.har`, 2, /The recording of .*cannot be read/],
      [`judge ${name}.har`, 2, /^mock-oauth: /],
    ]),
  ];
  for (const [line, code, told] of rows) {
    await t.step(`${line}: ${code}`, async () => {
      const ran = await exitOf(line.split(" "), files);
      assert.equal(ran.code, code, ran.told + ran.out);
      assert.match(ran.told, told);
      if (code === 2) assert.match(ran.told, /^mock-oauth: [^\n]+\n$/);
    });
  }
});

Deno.test("clone says of a body that it is encoded, where nobody asked for that (RFC 9110 8.4)", async () => {
  const packed = await new Response(
    new Response('{"jsonrpc":"2.0","id":1,"result":{}}').body?.pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  await assert.rejects(ask(() => Promise.resolve(new Response(packed, { headers }))), {
    message: /received '200 application\/json, its body in the encoding gzip, for which nobody asked'/,
  });
});
