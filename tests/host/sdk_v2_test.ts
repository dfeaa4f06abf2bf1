/** The client of SDK 2.x over a real port, in both eras of the protocol: its own OAuth code, its own typed errors. */
import {
  Client,
  discoverAuthorizationServerMetadata,
  exchangeAuthorization,
  IssuerMismatchError,
  OAuthError,
  OAuthErrorCode,
  ProtocolError,
  ProtocolErrorCode,
  refreshAuthorization,
  registerClient,
  RegistrationRejectedError,
  SdkHttpError,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import type {
  OAuthDiscoveryState,
  OAuthTokens,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
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

type V2Provider = Provider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>;

/** What the client is told to speak, and the revision that both then agree on. */
const eras = [
  { mode: "auto", revision: "2026-07-28" },
  { mode: "legacy", revision: "2025-11-25" },
] as const;

type Era = typeof eras[number];

const ann = { auto_approve_email: "ann@example.com", auto_approve_password: "secret" } as const;

interface Connection extends AsyncDisposable {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

interface Way {
  readonly provider?: V2Provider;
  readonly token?: string;
}

function providerOf(options?: ProviderOptions): V2Provider {
  return createProvider(options);
}

function transportTo(url: string, { provider, token }: Way, fetch: Fetch = globalThis.fetch): Connection["transport"] {
  const authProvider = provider ?? (token === undefined ? undefined : { token: () => Promise.resolve(token) });
  return new StreamableHTTPClientTransport(new URL(url), { fetch, ...(authProvider && { authProvider }) });
}

async function connect(url: string, { mode, revision }: Era, way: Way = {}): Promise<Connection> {
  const client = new Client({ name: "v2", version: "1" }, { versionNegotiation: { mode } });
  const stream = watchStream(url);
  const transport = transportTo(url, way, stream.fetch);
  await client.connect(transport);
  if (mode === "legacy") await stream.opened;
  assert.equal(client.getNegotiatedProtocolVersion(), revision);
  return { client, transport, [Symbol.asyncDispose]: () => client.close() };
}

/** The whole way in: refused, sent to the browser, code redeemed, connected anew. */
async function logIn(server: HostServer, era: Era, provider: V2Provider): Promise<Connection> {
  const url = `${server.origin}/oauth`;
  await assert.rejects(connect(url, era, { provider }), UnauthorizedError);
  await transportTo(url, { provider }).finishAuth(callbackOf(provider, server));
  return await connect(url, era, { provider });
}

async function call({ client }: Connection, name: string, args: Record<string, unknown> = {}): Promise<unknown> {
  return answerOf(await client.callTool({ name, arguments: args }));
}

async function assertEchoes(connection: Connection, tools: readonly string[]): Promise<void> {
  assert.deepEqual((await connection.client.listTools()).tools.map(({ name }) => name), tools);
  assert.deepEqual(await call(connection, "mock_echo", { message: "hi" }), {
    text: "Echo: hi",
    isError: false,
    structured: undefined,
  });
}

async function inEachEra(t: Deno.TestContext, run: (server: HostServer, era: Era) => Promise<void>): Promise<void> {
  for (const era of eras) {
    await t.step(era.revision, async () => {
      await using server = await startServer();
      await run(server, era);
    });
  }
}

Deno.test("/oauth lets the v2 client in by its own auth code, however it authenticates (MCP authorization)", async (t) => {
  for (const authMethod of ["none", "client_secret_post", "client_secret_basic"]) {
    await t.step(authMethod, (t) =>
      inEachEra(t, async (server, era) => {
        const provider = providerOf({ authMethod, query: ann });
        await using connection = await logIn(server, era, provider);
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
      }));
  }
});

Deno.test("/oauth/authorize names its issuer in the answer, as the v2 client insists (RFC 9207 2.4)", async () => {
  await using server = await startServer();
  const provider = providerOf();
  const way = { provider } as const;
  const url = `${server.origin}/oauth`;
  await assert.rejects(connect(url, eras[0], way), UnauthorizedError);
  const callback = callbackOf(provider, server);
  const code = callback.get("code") ?? "";
  await assert.rejects(transportTo(url, way).finishAuth(code), IssuerMismatchError);
  await assert.rejects(transportTo(url, way).finishAuth(code, "https://other.example"), IssuerMismatchError);
  await transportTo(url, way).finishAuth(callback);
});

Deno.test("/no-auth lets the v2 client in without a login (MCP 2025-11-25, 2026-07-28)", async (t) => {
  await inEachEra(t, async (server, era) => {
    const provider = providerOf();
    await using connection = await connect(`${server.origin}/no-auth`, era, { provider });
    await assertEchoes(connection, everydayTools);
    assert.equal(provider.kept.callbacks.length, 0);
    assert.equal(connection.transport.sessionId !== undefined, era.mode === "legacy");
    await connection.transport.terminateSession();
    assert.equal(connection.transport.sessionId, undefined);
  });
});

Deno.test("/bearer lets the v2 client in with any token, or with the expected one (original)", async (t) => {
  await inEachEra(t, async (server, era) => {
    const url = `${server.origin}/bearer`;
    await using any = await connect(url, era, { token: "anything" });
    await assertEchoes(any, everydayTools);
    await using expected = await connect(`${url}?expected=secret`, era, { token: "secret" });
    await assertEchoes(expected, everydayTools);
    await assert.rejects(connect(`${url}?expected=secret`, era, { token: "anything" }), UnauthorizedError);
    await assert.rejects(connect(url, era), SdkHttpError);
  });
});

Deno.test("/oauth gives the v2 client without a provider the 401 as an error (RFC 6750 3)", async (t) => {
  await inEachEra(t, async (server, era) => {
    await assert.rejects(connect(`${server.origin}/oauth`, era), (error) => {
      assert(error instanceof SdkHttpError);
      assert.equal(error.status, 401);
      return true;
    });
    const token = "not.a.token";
    await assert.rejects(connect(`${server.origin}/oauth`, era, { token }), UnauthorizedError);
  });
});

Deno.test("tools/call gives the v2 client typed errors (MCP 2025-11-25, 2026-07-28 server/tools)", async (t) => {
  await inEachEra(t, async (server, era) => {
    await using connection = await connect(`${server.origin}/no-auth`, era);
    await assert.rejects(call(connection, "nothing"), {
      constructor: ProtocolError,
      code: ProtocolErrorCode.InvalidParams,
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
  });
});

Deno.test("POST /oauth/token and /oauth/register give the v2 client typed errors (RFC 6749 5.2, RFC 7591 3.2.2)", async () => {
  await using server = await startServer();
  const { origin } = server;
  const provider = providerOf();
  await using _ = await logIn(server, eras[0], provider);
  const callback = callbackOf(provider, server);
  const metadata = present(await discoverAuthorizationServerMetadata(origin));
  const clientInformation = present(provider.kept.client);
  const refreshToken = present(provider.kept.tokens?.refresh_token);
  const context = { metadata, clientInformation } as const;
  const exchange = (codeVerifier: string): Promise<OAuthTokens> =>
    exchangeAuthorization(origin, {
      ...context,
      authorizationCode: callback.get("code") ?? "",
      iss: callback.get("iss") ?? "",
      codeVerifier,
      redirectUri: provider.redirectUrl,
    });
  const refresh = (more: { refreshToken: string; resource?: string; scope?: string }): Promise<OAuthTokens> =>
    refreshAuthorization(origin, { ...context, ...more });

  await assertOAuthCode(refresh({ refreshToken: "bogus" }), OAuthErrorCode.InvalidGrant);
  await assertOAuthCode(refresh({ refreshToken, resource: "https://other.example/" }), OAuthErrorCode.InvalidTarget);
  await assertOAuthCode(refresh({ refreshToken, scope: "more" }), OAuthErrorCode.InvalidScope);
  const stranger = { metadata, clientInformation: { client_id: "nobody" }, refreshToken } as const;
  await assertOAuthCode(refreshAuthorization(origin, stranger), OAuthErrorCode.InvalidClient);
  await assertOAuthCode(exchange("x".repeat(43)), OAuthErrorCode.InvalidGrant);
  // The second use of the code, which revokes the whole login.
  await assertOAuthCode(exchange(provider.kept.verifier), OAuthErrorCode.InvalidGrant);
  await assertOAuthCode(refresh({ refreshToken }), OAuthErrorCode.InvalidGrant);

  const clientMetadata = { ...provider.clientMetadata, redirect_uris: ["http://other.example/cb"] };
  await assert.rejects(registerClient(origin, { metadata, clientMetadata }), (error) => {
    assert(error instanceof RegistrationRejectedError);
    assert.deepEqual([error.status, JSON.parse(error.body).error], [400, "invalid_redirect_uri"]);
    return true;
  });
});

async function assertOAuthCode(refused: Promise<OAuthTokens>, code: OAuthErrorCode): Promise<void> {
  await assert.rejects(refused, (error) => {
    assert(error instanceof OAuthError);
    assert.equal(error.code, code);
    assert.match(error.errorUri ?? "", /^https:\/\/www\.rfc-editor\.org\/rfc\/rfc\d+\.html/);
    return true;
  });
}

Deno.test("/oauth has the v2 client refresh an expired token by itself and go on (RFC 6749 6)", async (t) => {
  await inEachEra(t, async (server, era) => {
    const provider = providerOf({ query: { ...ann, expires_in: "60" } });
    await using connection = await logIn(server, era, provider);
    const before = present(provider.kept.tokens);
    assert.equal(before.expires_in, 60);
    for (const passedMs of [0, 60_000, 61_000]) {
      const last = present(provider.kept.tokens);
      server.clock.nowMs += passedMs;
      assert.equal(answerOf(await connection.client.callTool({ name: "greet" })).text, "Hey ann! 👋");
      const now = present(provider.kept.tokens);
      assert.equal(now.access_token !== last.access_token, passedMs > 0);
      assert.equal(now.refresh_token !== last.refresh_token, passedMs > 0);
      assert.equal(claimsOf(now.access_token).sid, claimsOf(before.access_token).sid);
    }
    assert.equal(provider.kept.callbacks.length, 1);
  });
});
