/** `--catalogue` from the outside: the tools of a well-known server, called by both SDKs, and files that are wrong. */
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/sse"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import assert from "node:assert/strict";
import sample from "./github_tools.json" with { type: "json" };
import { makeFolder, root, run, startServer } from "./program.ts";

const memory = ["--db", ":memory:"] as const;
// Names and parameters are those of GitHub's server, as its documentation has them; every text is ours.
const path = new URL("tests/host/github_tools.json", root).pathname;
const listed = sample.tools.map(({ answer: _, ...tool }) => tool);

/** What the test needs of any client. */
interface Caller {
  readonly list: () => Promise<readonly unknown[]>;
  readonly call: (name: string, args: Record<string, unknown>) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

async function connectOld(transport: OldTransport | SSEClientTransport): Promise<Caller> {
  const client = new OldClient({ name: "old", version: "1" });
  await client.connect(transport);
  return {
    list: async () => (await client.listTools()).tools,
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

async function connectNew(url: string, mode: "legacy" | "auto", headers: Record<string, string>): Promise<Caller> {
  const client = new NewClient({ name: "new", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(new NewTransport(new URL(url), { requestInit: { headers } }));
  return {
    list: async () => (await client.listTools()).tools,
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

async function contentOf({ call }: Caller, name: string, args: Record<string, unknown>): Promise<unknown> {
  return Object(await call(name, args)).content[0].text;
}

Deno.test("thirty tools of a well-known server are served by one command, and called by both SDKs in both eras (README, catalogue)", async (t) => {
  await using server = await startServer([...memory, "--catalogue", path]);
  const { url } = server.ready;
  const minted = await fetch(`${url}/control/tokens`, { method: "POST", body: '{"user":"ada@example.com"}' });
  const headers = { authorization: `Bearer ${(await minted.json()).access_token}` };
  const ways: readonly (readonly [string, () => Promise<Caller>])[] = [
    ["SDK 1.x", () => connectOld(new OldTransport(new URL(`${url}/oauth`), { requestInit: { headers } }))],
    ["SDK 1.x over HTTP+SSE", () => connectOld(new SSEClientTransport(new URL(`${url}/no-auth/sse`)))],
    ["SDK 2.x in a session", () => connectNew(`${url}/bearer`, "legacy", headers)],
    ["SDK 2.x as of 2026-07-28", () => connectNew(`${url}/oauth`, "auto", headers)],
  ];
  for (const [name, connect] of ways) {
    await t.step(name, async () => {
      const caller = await connect();
      assert.deepEqual(await caller.list(), listed);
      assert.match(String(await contentOf(caller, "get_me", {})), /"login":"ada"/);
      assert.match(String(await contentOf(caller, "search_repositories", { query: "mcp" })), /"query":"mcp"/);
      assert.equal(
        await contentOf(caller, "merge_pull_request", { owner: "a", repo: "b", pullNumber: 1 }),
        '{"merged":true}',
      );
      assert.match(String(await contentOf(caller, "star_repository", { owner: "a", repo: "b" })), /"star_repository"/);
      await caller.close();
    });
  }
  await server.stop();
});

Deno.test("a catalogue that is wrong ends the program with code 2 and the path of the member (README, options)", async (t) => {
  await using folder = await makeFolder();
  const cases = [
    ['{"tools":[{"name":"a","inputSchema":{"type":"array"}}]}', /tools\.0\.inputSchema\.type .*expected object/],
    ["[{]", /the file is not JSON: see line 1, column 3 on/],
  ] as const;
  for (const [index, [text, says]] of cases.entries()) {
    const file = `${folder.path}/${index}.json`;
    await Deno.writeTextFile(file, text);
    for (const [args, env] of [[["--catalogue", file], {}], [[], { MOCK_CATALOGUE: file }]] as const) {
      await t.step(`${text} by ${args[0] ?? "MOCK_CATALOGUE"}`, async () => {
        const { code, stdout, stderr } = await run(["--port", "0", ...memory, ...args], { env });
        assert.deepEqual([code, stdout], [2, ""]);
        assert.match(stderr, says);
        assert.match(stderr, /^mock-oauth: The catalogue of .*\n$/);
      });
    }
  }
});
