/** A server with the revisions of MCP that its policy names, and one that has HTTP+SSE alone. */
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/sse"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import assert from "node:assert/strict";
import type { McpMode } from "../../lib/mcp/caller.ts";
import type { Policy } from "../../lib/scenarios/plan.ts";
import type { McpRevision } from "../../lib/scenarios/vocabulary.ts";
import { json, origin, testApp } from "../helpers.ts";
import {
  assertRefused,
  beginSession,
  type Fetch,
  initialize,
  messagesOf,
  OPEN,
  openMcp,
  post,
  postModern,
  rpc,
  send,
  type TestMcp,
} from "./helpers.ts";

/** An endpoint of a server that has these revisions. */
function having(mcp: TestMcp, mcpRevisions: readonly McpRevision[], mode: McpMode = "no-auth"): Fetch {
  return mcp.fetchAs(mode, OPEN, { mcpRevisions });
}

async function agreed(response: Response): Promise<unknown> {
  const [message] = await messagesOf(response);
  return Object(message?.result).protocolVersion;
}

for (const mode of ["no-auth", "minimal"] as const) {
  Deno.test(`${mode}: initialize for a revision that the server does not have is answered with its newest (MCP lifecycle, Version Negotiation)`, async () => {
    await using mcp = await openMcp();
    const fetch = having(mcp, ["2025-03-26", "2025-06-18"], mode);
    assert.equal(await agreed(await post(fetch, initialize("2025-11-25"))), "2025-06-18");
    assert.equal(await agreed(await post(fetch, initialize("2025-03-26"))), "2025-03-26");
    assert.equal(await agreed(await post(fetch, initialize("2025-06-18"))), "2025-06-18");
  });

  Deno.test(`${mode}: a header that names a revision which the server does not have is refused (MCP transports, Protocol Version Header)`, async () => {
    await using mcp = await openMcp();
    const fetch = having(mcp, ["2025-06-18"], mode);
    const session = mode === "minimal" ? {} : await beginSession(fetch, "2025-06-18");
    const list = (version: string): Promise<Response> =>
      post(fetch, rpc("tools/list"), { ...session, "mcp-protocol-version": version });
    assert.equal((await list("2025-06-18")).status, 200);
    const refused = await list("2025-11-25");
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /2025-11-25 \(supported: 2025-06-18\)/);
  });

  Deno.test(`${mode}: a server without 2026-07-28 says nothing of that revision to its requests`, async () => {
    await using mcp = await openMcp();
    const response = await postModern(having(mcp, ["2025-11-25"], mode), { method: "tools/list" });
    assert.equal(response.status, 400);
    assert.deepEqual((await json(response)).error, {
      code: -32000,
      message: mode === "minimal"
        ? "Bad Request: Unsupported protocol version: 2026-07-28 (supported: 2025-11-25)"
        : "Bad Request: Mcp-Session-Id header is required",
    });
  });

  Deno.test(`${mode}: a server with 2026-07-28 alone refuses initialize, and says what it has (MCP versioning)`, async () => {
    await using mcp = await openMcp();
    const fetch = having(mcp, ["2026-07-28"], mode);
    const refused = await post(fetch, initialize("2025-11-25"));
    assert.equal(refused.status, 400);
    const { code, data } = Object((await json(refused)).error);
    assert.deepEqual([code, data], [-32022, { supported: ["2026-07-28"], requested: "2025-11-25" }]);
    for (const method of ["GET", "DELETE"]) assert.equal((await send(fetch, method)).status, 405, method);
    assert.equal((await postModern(fetch, { method: "tools/list" })).status, 200);
    assert.equal((await postModern(fetch, { method: "server/discover" })).status, 200);
  });
}

Deno.test("a server without 2026-07-28 takes no message of that revision for one of a session", async () => {
  await using mcp = await openMcp();
  const fetch = having(mcp, ["2025-11-25"]);
  const session = await beginSession(fetch);
  await assertRefused(await postModern(fetch, { method: "tools/list", headers: session }), 400, -32000, 1);
  assert.equal((await post(fetch, rpc("tools/list"), session)).status, 200);
});

Deno.test("a request is refused as only 2026-07-28 does where a fault says so by name (MCP basic, Error Codes)", async () => {
  await using test = await testApp();
  const refusals = [
    ["header_mismatch", -32020, undefined],
    ["missing_capability", -32021, { requiredCapabilities: { elicitation: {} } }],
    ["unsupported_version", -32022, {
      supported: ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
      requested: "2026-07-28",
    }],
  ] as const;
  const ask = (fault = ""): Promise<Response> =>
    postModern((_, init) => test.fetch(`/no-auth${fault}`, init), { method: "server/discover" });
  for (const [name, code, data] of refusals) {
    const fault = `open_mcp.server/discover:${name}`;
    const refused = await ask(`?fault=${fault}`);
    const { id, error } = await json(refused);
    const message = `The fault ${fault} answers instead of the endpoint`;
    assert.deepEqual([refused.status, id, error], [400, 1, { code, message, ...(data === undefined ? {} : { data }) }]);
    assert.equal((await ask()).status, 200, "once");
  }
  const unknown = await test.get("/no-auth?fault=open_mcp:unsupported_versions");
  assert.match(await unknown.text(), /did you mean open_mcp:unsupported_version|unsupported_version/);
});

const sseAlone: { readonly policy: Partial<Policy> } = { policy: { mcpTransport: "http_sse" } };

Deno.test("a server that has HTTP+SSE alone opens the stream where others take messages (MCP 2024-11-05 transports)", async () => {
  await using test = await testApp(sseAlone);
  const client = new Client({ name: "old", version: "1" });
  const fetch = (url: string | URL, init?: RequestInit): Promise<Response> => test.app(new Request(url, init));
  await client.connect(new SSEClientTransport(new URL(`${origin}/no-auth`), { fetch }));
  assert.equal((await client.listTools()).tools.some(({ name }) => name === "mock_echo"), true);
  await client.close();
  await test.answered();
});

Deno.test("a server that has HTTP+SSE alone refuses messages at the URL of the stream, and a login comes before that", async () => {
  await using test = await testApp(sseAlone);
  const refused = await test.postJson("/no-auth", initialize());
  assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "GET"]);
  assert.equal(await refused.text(), "Method Not Allowed");
  assert.equal((await test.postJson("/oauth", initialize())).status, 401);
});
