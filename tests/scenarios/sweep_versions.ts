/** Probes of the scenarios of versions and eras: what a server says of its revisions, and of those that it does not have. */
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/sse"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import assert from "node:assert/strict";
import { json, testApp } from "../helpers.ts";
import { envelope, messagesOf, rpc } from "../mcp/helpers.ts";
import { type Probe, type ProbeSandbox, probeSandbox } from "./sweep_probe.ts";
import { appOf, logIn, statusOf } from "./sweep_steps.ts";

const ID = 7;

function post(
  at: ProbeSandbox,
  body: unknown,
  { path = "/no-auth", ...headers }: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const accept = "application/json, text/event-stream";
  return at.fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept, ...headers },
    body: JSON.stringify(body),
  });
}

/** A request of 2026-07-28. */
function ask(at: ProbeSandbox, method: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const params = method === "tools/call" ? { name: "mock_echo", arguments: { message: "m" } } : {};
  return post(at, rpc(method, { ...params, _meta: envelope }, ID), {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(method === "tools/call" ? { "mcp-name": "mock_echo" } : {}),
    ...headers,
  });
}

function begin(at: ProbeSandbox, protocolVersion: string): Promise<Response> {
  return post(
    at,
    rpc("initialize", { protocolVersion, capabilities: {}, clientInfo: { name: "c", version: "1" } }, ID),
  );
}

/** Members of the result of a message. */
async function resultOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  assert.equal(response.status, 200);
  const [message] = await messagesOf(response);
  assert.equal(message?.id, ID);
  return Object(message.result);
}

async function agreedOn(at: ProbeSandbox, offered: string): Promise<unknown> {
  return (await resultOf(await begin(at, offered))).protocolVersion;
}

/** Insists on a refusal of 2026-07-28 at both kinds of endpoint, and on a server that has initialize nevertheless. */
function refuses(status: number, body: unknown): Probe {
  return async (at) => {
    for (const path of ["/no-auth", "/oauth"]) {
      for (const method of ["server/discover", "tools/list"]) {
        const refused = await ask(at, method, { path });
        const text = await refused.text();
        const seen = refused.headers.get("content-type") === "application/json" ? JSON.parse(text) : text;
        assert.deepEqual([refused.status, seen], [status, body], path);
      }
    }
    assert.equal(await agreedOn(at, "2025-11-25"), "2025-11-25");
    assert.equal((await appOf(at).fetch("/oauth", { method: "POST" })).status, 401);
  };
}

const page = "<!DOCTYPE html><html><body><pre>Cannot POST /oauth</pre></body></html>";
const rpcError = (code: number, message: string, id: unknown = ID): unknown => ({
  jsonrpc: "2.0",
  error: { code, message },
  id,
});

/** Insists that the first request of 2026-07-28 is refused, and the same is answered the next time. */
function refusesOnce(code: number): Probe {
  return async (at) => {
    const refused = await ask(at, "server/discover");
    const { id, error } = await json(refused);
    assert.deepEqual([refused.status, id, Object(error).code], [400, ID, code]);
    assert.equal((await ask(at, "server/discover")).status, 200);
  };
}

/** Insists on the revision that initialize is answered with, whatever it was offered. */
function offers(version: string, offered: readonly string[]): Probe {
  return async (at) => {
    for (const one of offered) assert.equal(await agreedOn(at, one), version, one);
  };
}

/** Insists on what initialize for these is refused with. */
async function assertRefused(response: Response, status: number, code: number, supported: unknown): Promise<void> {
  const { id, error } = await json(response);
  assert.equal(response.status, status);
  assert.deepEqual([id, Object(error).code, Object(error).data?.supported], [ID, code, supported]);
}

/** Insists on a server that refuses messages at the URL of its stream, where HTTP+SSE works. */
function hasHttpSse(status: number, text: string): Probe {
  return async (at) => {
    const refused = await begin(at, "2025-11-25");
    assert.deepEqual([refused.status, await refused.text()], [status, text]);
    const client = new Client({ name: "old", version: "1" });
    const fetch = (url: string | URL, init?: RequestInit): Promise<Response> => at.test.app(new Request(url, init));
    await client.connect(new SSEClientTransport(new URL(`${at.origin}${at.prefix}/no-auth`), { fetch }));
    assert.equal((await client.listTools()).tools.some(({ name }) => name === "mock_echo"), true);
    await client.close();
  };
}

const older = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

const eraProbes: Readonly<Record<string, Probe>> = {
  "era-400-empty": refuses(400, ""),
  "era-400-html": refuses(400, page),
  "era-400-json": refuses(400, { error: "bad_request", message: "Missing required field: params.name" }),
  "era-400-invalid-request": refuses(400, rpcError(-32600, "Invalid Request", null)),
  "era-400-no-session": refuses(400, rpcError(-32000, "Bad Request: Server not initialized", null)),
  "era-404-no-session": refuses(404, rpcError(-32001, "Session not found", null)),
  "era-405": refuses(405, page),
  "era-406": refuses(406, page),
  "era-415": refuses(415, page),
  "era-422": refuses(422, page),
  "era-501": refuses(501, page),
  "era-200-method-not-found": refuses(200, rpcError(-32601, "Method not found")),
  "era-200-invalid-params": refuses(200, {
    ...Object(rpcError(-32602, "Invalid request parameters")),
    error: {
      code: -32602,
      message: "Invalid request parameters",
      data: "",
    },
  }),
  "era-200-no-id": refuses(200, rpcError(-32000, "Bad Request: no valid session ID provided", null)),
  "era-silent": async ({ prefix }) => {
    let waitedMs = 0;
    await using test = await testApp({
      sleep: (ms) => {
        waitedMs += ms;
        return Promise.resolve();
      },
    });
    const at = probeSandbox(test, { name: prefix.replace(/^\/s\/|~.*$/g, "") });
    await (await ask(at, "server/discover")).text();
    assert.equal(waitedMs, 120_000);
    await (await begin(at, "2025-11-25")).text();
    assert.equal(waitedMs, 120_000, "initialize is answered at once");
  },
  "newer-revision-400": async (at) => {
    const { access } = await logIn(appOf(at));
    const authorization = `Bearer ${access}`;
    const newer = await ask(at, "server/discover", { path: "/oauth", authorization });
    assert.deepEqual([newer.status, await newer.text()], [400, "Bad Request: Unsupported protocol version"]);
    assert.equal((await ask(at, "server/discover", { path: "/oauth" })).status, 401);
    const open = await ask(at, "server/discover");
    assert.deepEqual([open.status, await open.text()], [400, "Bad Request: Unsupported protocol version"]);
    assert.equal(await agreedOn(at, "2025-11-25"), "2025-11-25");
    assert.equal(await statusOf(appOf(at), access), 200);
  },
  "era-404-no-discovery": async (at) => {
    const refused = await ask(at, "server/discover");
    assert.deepEqual([refused.status, await json(refused)], [404, rpcError(-32601, "Method not found")]);
    assert.equal((await ask(at, "tools/list")).status, 200);
  },
  "era-header-mismatch": refusesOnce(-32020),
  "era-missing-capability": refusesOnce(-32021),
};

const handshakeProbes: Readonly<Record<string, Probe>> = {
  "offers-older": offers("2025-03-26", ["2025-03-26", "2025-06-18", "2025-11-25"]),
  "offers-newer": offers("2025-11-25", ["2025-03-26", "2025-06-18", "2025-11-25"]),
  "offers-1999": offers("1999-01-01", older),
  "offers-2099": offers("2099-01-01", older),
  "offers-nothing": offers("", older),
  "initialize-refused": async (at) => {
    for (const version of ["2025-06-18", "2025-11-25"]) {
      await assertRefused(await begin(at, version), 200, -32602, ["2025-03-26", "2024-11-05"]);
    }
    assert.equal(await agreedOn(at, "2025-03-26"), "2025-03-26");
  },
  "initialize-refused-for-good": async (at) => {
    for (const version of older) await assertRefused(await begin(at, version), 400, -32602, ["1999-01-01"]);
  },
  "slow-initialize": async ({ prefix }) => {
    const waited: number[] = [];
    await using test = await testApp({ sleep: (ms) => Promise.resolve(void waited.push(ms)) });
    const at = probeSandbox(test, { name: prefix.replace(/^\/s\/|~.*$/g, "") });
    assert.equal(await agreedOn(at, "2025-11-25"), "2025-11-25");
    assert.deepEqual(waited, [2000]);
  },
  "declares-nothing": async (at) => {
    assert.deepEqual((await resultOf(await begin(at, "2025-11-25"))).capabilities, {});
  },
  "bare-handshake": async (at) => {
    const begun = await begin(at, "2025-06-18");
    assert.equal(begun.headers.get("mcp-session-id"), null);
    assert.deepEqual(await resultOf(begun), {
      protocolVersion: "2025-06-18",
      capabilities: {},
      serverInfo: { name: "test-server", version: "1.0.0" },
    });
    assert.deepEqual(await resultOf(await post(at, rpc("tools/list", {}, ID))), { tools: [] });
    assert.deepEqual(await resultOf(await post(at, rpc("prompts/list", {}, ID))), {});
    const told = await post(at, { jsonrpc: "2.0", method: "notifications/initialized" });
    assert.deepEqual([told.status, await told.text()], [202, ""]);
    for (const method of ["GET", "DELETE"]) {
      const refused = await at.fetch("/no-auth", { method });
      assert.deepEqual([refused.status, Object((await json(refused)).error).code], [400, -32700], method);
    }
  },
};

const versionListProbes: Readonly<Record<string, Probe>> = {
  "version-refused-once": async (at) => {
    await assertRefused(await ask(at, "server/discover"), 400, -32022, ["2026-07-28"]);
    const found = await resultOf(await ask(at, "server/discover"));
    assert.deepEqual([found.supportedVersions, found.capabilities, found.instructions], [
      ["2026-07-28"],
      {},
      undefined,
    ]);
    assert.deepEqual(found.serverInfo, { name: "test", version: "1.0" });
    assert.deepEqual((await resultOf(await ask(at, "tools/list"))).tools, []);
    assert.deepEqual((await resultOf(await ask(at, "tools/call"))).content, []);
    assert.equal((await at.get("/no-auth")).status, 405);
  },
  "version-refused-for-older": async (at) => {
    for (let time = 0; time < 2; time++) await assertRefused(await ask(at, "server/discover"), 400, -32022, older);
    assert.equal(await agreedOn(at, "2025-11-25"), "2025-11-25");
  },
  "version-refused-for-unknown": async (at) => {
    for (let time = 0; time < 2; time++) await assertRefused(await ask(at, "tools/list"), 400, -32022, ["2099-01-01"]);
    await assertRefused(await begin(at, "2025-11-25"), 400, -32022, ["2026-07-28"]);
  },
  "discover-lists-newer": async (at) => {
    const { supportedVersions } = await resultOf(await ask(at, "server/discover"));
    assert.deepEqual(supportedVersions, ["2099-01-01", "2026-07-28"]);
    assert.equal((await ask(at, "tools/list")).status, 200);
  },
  "discover-lists-older": async (at) => {
    assert.deepEqual((await resultOf(await ask(at, "server/discover"))).supportedVersions, older);
    assert.equal(await agreedOn(at, "2025-11-25"), "2025-11-25");
  },
  "server-info-changes": async (at) => {
    const infoOf = async (method: string): Promise<unknown> =>
      Object((await resultOf(await ask(at, method)))._meta)["io.modelcontextprotocol/serverInfo"].name;
    const usual = "Mock MCP Server for E2E Testing";
    for (
      const [method, name] of [["server/discover", usual], ["tools/list", usual], ["tools/call", "Another"]] as const
    ) {
      assert.equal(await infoOf(method), name, method);
    }
  },
};

const httpSseProbes: Readonly<Record<string, Probe>> = {
  "http-sse-only": hasHttpSse(405, "Method Not Allowed"),
  "http-sse-404": hasHttpSse(404, "Not Found"),
  "http-sse-400": hasHttpSse(400, "Bad Request"),
  "http-sse-foreign-endpoint": async (at) => {
    const response = await at.get("/no-auth", { accept: "text/event-stream" });
    assert.equal(response.status, 200);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = (await reader?.read())?.value ?? "";
    await reader?.cancel();
    const there = `http://127.0.0.1:8789${at.prefix}/no-auth/messages?sessionId=elsewhere`;
    assert.equal(first.startsWith(`event: endpoint\ndata: ${there}\n`), true, first);
  },
};

/** Probes of versions and eras by the name of the scenario. */
export const versionProbes: Readonly<Record<string, Probe>> = {
  ...eraProbes,
  ...handshakeProbes,
  ...versionListProbes,
  ...httpSseProbes,
};
