/**
 * What somebody's tests do with the fixture, in whichever runtime: the same cases run in node:test, vitest, bun and deno test
 * on the package, in a folder that has nothing else. There `../../main.ts` is the name of the package.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type MockServer, type OwnScenario, startMockServer } from "../../main.ts";

const redirect_uri = "http://127.0.0.1:1/callback";

type Json = Readonly<Record<string, unknown>>;

/** Does something with a server that is closed after it: not every runtime has `await using` yet. */
async function withMock(
  options: Parameters<typeof startMockServer>[0],
  run: (mock: MockServer) => Promise<void>,
): Promise<void> {
  const mock = await startMockServer(options);
  try {
    await run(mock);
  } finally {
    await mock.close();
  }
}

function member(object: unknown, name: string): string {
  assert(typeof object === "object" && object !== null && name in object, `no ${name} in ${JSON.stringify(object)}`);
  return String(Object.entries(object).find(([key]) => key === name)?.[1]);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return await response.json();
}

/** A client that logs in as it should; returns its access token. */
export async function logIn(mock: Pick<MockServer, "url" | "mcpUrl" | "authorize">): Promise<string> {
  const refusal = await fetch(mock.mcpUrl, rpc({ method: "ping" }));
  await refusal.text();
  assert.equal(refusal.status, 401);
  const [, at = ""] = /resource_metadata="([^"]+)"/.exec(refusal.headers.get("www-authenticate") ?? "") ?? [];
  assert.equal(member(await getJson(at), "resource"), mock.mcpUrl);
  const metadata = await getJson(`${mock.url}/.well-known/oauth-authorization-server`);
  const registered = await fetch(member(metadata, "registration_endpoint"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "Package test",
      redirect_uris: [redirect_uri],
      grant_types: ["authorization_code"],
      token_endpoint_auth_method: "none",
    }),
  });
  const client_id = member(await registered.json(), "client_id");
  const code_verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(16).toString("base64url");
  const asked = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri,
    state,
    resource: mock.mcpUrl,
    scope: "mcp:read",
    code_challenge: createHash("sha256").update(code_verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const callback = await mock.authorize(`${member(metadata, "authorization_endpoint")}?${asked}`);
  assert.deepEqual([callback.searchParams.get("state"), callback.searchParams.get("iss")], [state, mock.url]);
  const tokens = await fetch(member(metadata, "token_endpoint"), {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      client_id,
      redirect_uri,
      code_verifier,
      resource: mock.mcpUrl,
    }),
  });
  return member(await tokens.json(), "access_token");
}

function rpc(message: Json, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify({
      jsonrpc: "2.0",
      ...(message.method === "notifications/initialized" ? {} : { id: 1 }),
      ...message,
    }),
  };
}

/** Opens a session; returns what its requests have in common. */
async function openSession(url: string, token?: string): Promise<Readonly<Record<string, string>>> {
  const authorization: Readonly<Record<string, string>> = token ? { authorization: `Bearer ${token}` } : {};
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "Package test", version: "1" },
  };
  const opened = await fetch(url, rpc({ method: "initialize", params }, authorization));
  assert.equal(opened.status, 200);
  await opened.text();
  const headers = {
    ...authorization,
    "mcp-session-id": opened.headers.get("mcp-session-id") ?? "",
    "mcp-protocol-version": "2025-11-25",
  };
  await (await fetch(url, rpc({ method: "notifications/initialized" }, headers))).text();
  return headers;
}

async function statusOf(fetched: Promise<Response>): Promise<number> {
  const response = await fetched;
  await response.text();
  return response.status;
}

/** The cases, by name. */
export const cases: Readonly<Record<string, () => Promise<void>>> = {
  "fixture: answers in process and on a port, and leaves nothing open": async () => {
    let url = "";
    await withMock({ port: 0 }, async (mock) => {
      url = mock.url;
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal((await mock.fetch("/health")).status, 200);
      const body = new URLSearchParams({ grant_type: "none" });
      const refused = await mock.fetch(new Request(`${url}/oauth/token`, { method: "POST", body }));
      assert.match(await refused.text(), /received 'none'/);
      assert.equal(await statusOf(fetch(`${url}/health`)), 200);
      const origin = await mock.openOrigin("no-prm");
      assert.equal(await statusOf(fetch(`${origin}/.well-known/oauth-protected-resource`)), 404);
    });
    await assert.rejects(fetch(`${url}/health`));
    // Clients open connections in reserve. Those that ask for nothing keep no server.
    let closedMs = 0;
    let reserve: Socket | undefined;
    await withMock({ port: 0 }, async (mock) => {
      reserve = connect(Number(new URL(mock.url).port), "127.0.0.1");
      await once(reserve, "connect");
      assert.equal(await statusOf(fetch(`${mock.url}/health`)), 200);
      closedMs = performance.now();
    });
    assert(performance.now() - closedMs < 2000);
    reserve?.destroy();
    const misspelled: object = { scenarioo: "standard" };
    await assert.rejects(startMockServer(misspelled), /scenarioo is not an option; .*scenario/);
  },
  "flow: a client that does right logs in, calls a tool and passes": () =>
    withMock({ port: 0, users: [{ email: "ada@example.com", password: "pass-phrase" }] }, async (mock) => {
      const headers = await openSession(mock.mcpUrl, await logIn(mock));
      const call = { method: "tools/call", params: { name: "mock_add", arguments: { a: 2, b: 3 } } };
      assert.match(await (await fetch(mock.mcpUrl, rpc({ ...call, id: 2 }, headers))).text(), /\b5\b/);
      const { verdict, reason } = await mock.report();
      assert.equal(verdict, "pass", reason);
    }),
  "streams: an event arrives while the stream is open, which ends when it is told to": () =>
    withMock({ port: 0 }, async (mock) => {
      const url = `${mock.url}/no-auth`;
      const headers = await openSession(url);
      const stream = await fetch(url, { headers: { ...headers, accept: "text/event-stream" } });
      assert.equal(stream.headers.get("content-type"), "text/event-stream");
      assert.equal(await mock.pushToStreams({ event: "message", data: "over the wire" }), 1);
      const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
      let seen = "";
      while (reader && !seen.includes("over the wire")) seen += (await reader.read()).value ?? assert.fail(seen);
      await reader?.cancel();
    }),
  "scenario: one of the catalogue, and one of one's own": async () => {
    await withMock({ port: 0, scenario: "no-registration" }, async (mock) => {
      const metadata = await getJson(`${mock.url}/.well-known/oauth-authorization-server`);
      assert(typeof metadata === "object" && metadata !== null && !("registration_endpoint" in metadata));
    });
    const scenario: OwnScenario = { name: "busy", plan: { faults: ["token:503*always"] } };
    await withMock({ port: 0, scenario }, async (mock) => {
      assert.equal(await statusOf(fetch(`${mock.url}/oauth/token`, { method: "POST" })), 503);
    });
  },
  "clock: a token expires when the test says so": () =>
    withMock({ port: 0 }, async (mock) => {
      const token = await mock.token({ user: "ada@example.com", scope: "openid", expiresIn: 60 });
      const userinfo = (): Promise<number> =>
        statusOf(fetch(`${mock.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } }));
      assert.equal(await userinfo(), 200);
      await mock.clock.advance(61);
      assert.equal(await userinfo(), 401);
    }),
  "fault: an answer, a delay, a connection that drops, and a body that breaks off": () =>
    withMock({ port: 0 }, async (mock) => {
      const token = (): Promise<number> =>
        statusOf(
          fetch(`${mock.url}/oauth/token`, { method: "POST", body: new URLSearchParams({ grant_type: "none" }) }),
        );
      await mock.faults.add("token:503");
      assert.deepEqual([await token(), await token()], [503, 400]);
      await mock.faults.add("token:delay=20");
      assert.equal(await token(), 400);
      await mock.faults.add("token:drop");
      await assert.rejects(token());
      await mock.faults.add({ match: { endpoint: "jwks" }, edit: { truncate_bytes: 5 } });
      await assert.rejects(statusOf(fetch(`${mock.url}/oauth/jwks`)));
      assert.equal(await token(), 400);
    }),
  "report: what a client did wrong is shown with the requests": () =>
    withMock({ port: 0 }, async (mock) => {
      assert.equal((await mock.report()).verdict, "incomplete");
      const token = await logIn(mock);
      await statusOf(fetch(`${mock.mcpUrl}?access_token=${token}`, rpc({ method: "ping" })));
      const { verdict, clients } = await mock.report();
      const broken = clients.flatMap(({ findings }) => findings).filter(({ status }) => status === "broken");
      assert.deepEqual([verdict, broken.map(({ rule }) => rule)], ["fail", ["C23"]]);
      const paths = (await mock.exchanges()).map(({ url }) => new URL(url).pathname);
      assert(paths.includes("/oauth/register") && paths.includes("/oauth/token"), paths.join());
    }),
};
