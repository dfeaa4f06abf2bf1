/** The client of SDK 1.x, which most of the world runs, over a real port: its own OAuth code, its own typed errors. */
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import * as sdk from "@modelcontextprotocol/sdk/client/auth.js";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport, StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
// @ts-types="@modelcontextprotocol/sdk/server/auth/errors"
import * as errors from "@modelcontextprotocol/sdk/server/auth/errors.js";
// @ts-types="@modelcontextprotocol/sdk/shared/auth"
import type { OAuthClientInformationMixed, OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
// @ts-types="@modelcontextprotocol/sdk/types"
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import assert from "node:assert/strict";
import { claimsOf } from "../helpers.ts";
import {
  answerOf,
  callbackOf,
  createProvider,
  everydayTools,
  type Fetch,
  type HostServer,
  present,
  type Provider,
  type ProviderOptions,
  startServer,
  userTools,
  watchStream,
} from "./server.ts";

type V1Provider = Provider<OAuthClientInformationMixed, OAuthTokens, sdk.OAuthDiscoveryState>;

const ann = { auto_approve_email: "ann@example.com", auto_approve_password: "secret" } as const;

interface Connection extends AsyncDisposable {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

function providerOf(options?: ProviderOptions): V1Provider {
  return createProvider(options);
}

interface Way {
  readonly provider?: V1Provider;
  readonly token?: string;
}

function transportTo(
  url: string,
  { provider, token }: Way,
  fetch: Fetch = globalThis.fetch,
): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(url), {
    fetch,
    ...(provider && { authProvider: provider }),
    ...(token !== undefined && { requestInit: { headers: { authorization: `Bearer ${token}` } } }),
  });
}

async function connect(url: string, way: Way = {}): Promise<Connection> {
  const client = new Client({ name: "v1", version: "1" });
  const stream = watchStream(url);
  const transport = transportTo(url, way, stream.fetch);
  await client.connect(transport);
  await stream.opened;
  return { client, transport, [Symbol.asyncDispose]: () => client.close() };
}

/** The whole way in: refused, sent to the browser, code redeemed, connected anew. */
async function logIn(server: HostServer, provider: V1Provider): Promise<Connection> {
  const url = `${server.origin}/oauth`;
  await assert.rejects(connect(url, { provider }), sdk.UnauthorizedError);
  await transportTo(url, { provider }).finishAuth(callbackOf(provider, server).get("code") ?? "");
  return await connect(url, { provider });
}

async function toolNames({ client }: Connection): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

async function call({ client }: Connection, name: string, args: Record<string, unknown> = {}): Promise<unknown> {
  return answerOf(await client.callTool({ name, arguments: args }));
}

async function assertEchoes(connection: Connection, tools: readonly string[]): Promise<void> {
  assert.deepEqual(await toolNames(connection), tools);
  assert.deepEqual(await call(connection, "mock_echo", { message: "hi" }), {
    text: "Echo: hi",
    isError: false,
    structured: undefined,
  });
}

Deno.test("/oauth lets the v1 client in by its own auth code, however it authenticates (MCP authorization)", async (t) => {
  for (const authMethod of ["none", "client_secret_post", "client_secret_basic"]) {
    await t.step(authMethod, async () => {
      await using server = await startServer();
      const provider = providerOf({ authMethod, query: ann });
      await using connection = await logIn(server, provider);
      await assertEchoes(connection, [...everydayTools, ...userTools]);
      const { sub, aud, sid, email, name, client_id } = claimsOf(present(provider.kept.tokens).access_token);
      assert.deepEqual([email, aud], ["ann@example.com", `${server.origin}/oauth`]);
      assert.equal(client_id, provider.kept.client?.client_id);
      assert.equal(provider.kept.client?.client_secret === undefined, authMethod === "none");
      const user = { userId: sub, userName: name, email, sessionId: sid, authenticated: true };
      assert.deepEqual(await call(connection, "userInfo"), {
        text: JSON.stringify(user, null, 2),
        isError: false,
        structured: user,
      });
    });
  }
});

Deno.test("/no-auth lets the v1 client in without a login (MCP 2025-11-25)", async () => {
  await using server = await startServer();
  const provider = providerOf();
  await using connection = await connect(`${server.origin}/no-auth`, { provider });
  await assertEchoes(connection, everydayTools);
  assert.equal(provider.kept.callbacks.length, 0);
  await connection.transport.terminateSession();
  assert.equal(connection.transport.sessionId, undefined);
});

Deno.test("/bearer lets the v1 client in with any token, or with the expected one (original)", async () => {
  await using server = await startServer();
  const url = `${server.origin}/bearer`;
  await using any = await connect(url, { token: "anything" });
  await assertEchoes(any, everydayTools);
  await using expected = await connect(`${url}?expected=secret`, { token: "secret" });
  await assertEchoes(expected, everydayTools);
  await assert.rejects(connect(`${url}?expected=secret`, { token: "anything" }), {
    constructor: StreamableHTTPError,
    code: 401,
    message: /Missing or invalid Bearer token/,
  });
  await assert.rejects(connect(url), { constructor: StreamableHTTPError, code: 401 });
});

Deno.test("/oauth gives the v1 client without a provider the 401 and its reason (RFC 6750 3)", async () => {
  await using server = await startServer();
  await assert.rejects(connect(`${server.origin}/oauth`), {
    constructor: StreamableHTTPError,
    code: 401,
    message: /invalid_token/,
  });
});

Deno.test("tools/call gives the v1 client typed errors (MCP 2025-11-25 server/tools)", async () => {
  await using server = await startServer();
  await using connection = await connect(`${server.origin}/no-auth`);
  await assert.rejects(call(connection, "nothing"), {
    constructor: McpError,
    code: ErrorCode.InvalidParams,
    message: /Unknown tool: nothing/,
  });
  const wrong = answerOf(await connection.client.callTool({ name: "mock_echo", arguments: { message: 1 } }));
  assert(wrong.isError);
  assert.match(wrong.text, /^Input validation error: Invalid arguments for tool mock_echo: message: /);
  assert.deepEqual(await call(connection, "mock_error", { errorType: "not_found", message: "gone" }), {
    text: "NotFoundError: gone",
    isError: true,
    structured: undefined,
  });
  await assert.rejects(connection.client.listResources(), { constructor: McpError, code: ErrorCode.MethodNotFound });
});

Deno.test("POST /oauth/token and /oauth/register give the v1 client typed errors (RFC 6749 5.2, RFC 7591 3.2.2)", async () => {
  await using server = await startServer();
  const provider = providerOf();
  await using _ = await logIn(server, provider);
  const authorizationCode = provider.kept.callbacks[0]?.searchParams.get("code") ?? "";
  const metadata = present(await sdk.discoverAuthorizationServerMetadata(server.origin));
  const clientInformation = present(provider.kept.client);
  const refreshToken = present(provider.kept.tokens?.refresh_token);
  const context = { metadata, clientInformation } as const;
  const exchange = { ...context, authorizationCode, codeVerifier: provider.kept.verifier } as const;
  const redirectUri = provider.redirectUrl;

  const refresh = (more: { refreshToken: string; resource?: URL }): Promise<OAuthTokens> =>
    sdk.refreshAuthorization(server.origin, { ...context, ...more });
  await assert.rejects(refresh({ refreshToken: "bogus" }), errors.InvalidGrantError);
  await assert.rejects(
    refresh({ refreshToken, resource: new URL("https://other.example/") }),
    errors.InvalidTargetError,
  );
  await assert.rejects(
    sdk.refreshAuthorization(server.origin, { metadata, clientInformation: { client_id: "nobody" }, refreshToken }),
    errors.InvalidClientError,
  );
  await assert.rejects(
    sdk.registerClient(server.origin, {
      metadata,
      clientMetadata: { ...provider.clientMetadata, grant_types: ["implicit"] },
    }),
    errors.InvalidClientMetadataError,
  );
  await assert.rejects(
    sdk.exchangeAuthorization(server.origin, { ...exchange, codeVerifier: "x".repeat(43), redirectUri }),
    errors.InvalidGrantError,
  );
  // The last one, for it revokes the whole login.
  await assert.rejects(sdk.exchangeAuthorization(server.origin, { ...exchange, redirectUri }), {
    constructor: errors.InvalidGrantError,
    message: /already used/,
  });
  await assert.rejects(refresh({ refreshToken }), { constructor: errors.InvalidGrantError, message: /revoked/ });
});

Deno.test("/oauth has the v1 client refresh an expired token by itself and go on (RFC 6749 6)", async () => {
  await using server = await startServer();
  const provider = providerOf({ query: { ...ann, expires_in: "60" } });
  await using connection = await logIn(server, provider);
  const before = present(provider.kept.tokens);
  assert.equal(before.expires_in, 60);
  assert.equal(answerOf(await connection.client.callTool({ name: "greet" })).text, "Hey ann! 👋");
  for (const passedMs of [60_000, 61_000]) {
    const last = present(provider.kept.tokens);
    server.clock.nowMs += passedMs;
    assert.equal(answerOf(await connection.client.callTool({ name: "greet" })).text, "Hey ann! 👋");
    const now = present(provider.kept.tokens);
    assert.notEqual(now.access_token, last.access_token);
    assert.notEqual(now.refresh_token, last.refresh_token);
    assert.equal(claimsOf(now.access_token).sid, claimsOf(before.access_token).sid);
  }
  assert.equal(provider.kept.callbacks.length, 1);
});

Deno.test("/oauth sends the v1 client back to the browser if its refresh token is worth nothing (RFC 6749 5.2)", async () => {
  await using server = await startServer();
  const provider = providerOf({ query: { expires_in: "60" } });
  await using connection = await logIn(server, provider);
  const tokens = present(provider.kept.tokens);
  provider.saveTokens({ ...tokens, refresh_token: "bogus" });
  server.clock.nowMs += 60_000;
  await assert.rejects(connection.client.callTool({ name: "greet" }), sdk.UnauthorizedError);
  assert.equal(provider.kept.tokens, undefined);
  assert.equal(provider.kept.callbacks.length, 2);
  const code = present(provider.kept.callbacks[1]).searchParams.get("code") ?? "";
  await connection.transport.finishAuth(code);
  await using renewed = await connect(`${server.origin}/oauth`, { provider });
  await assertEchoes(renewed, [...everydayTools, ...userTools]);
});
