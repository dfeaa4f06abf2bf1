/**
 * A certified client library of the level above, unmodified and strict: it reaches the app by its `customFetch` alone, and
 * under an https origin, so that none of its checks has to be waived.
 */
import assert from "node:assert/strict";
import { exportJWK } from "jose";
import * as client from "openid-client";
import type { AppOptions } from "../../main.ts";
import { json, redirectUri, type TestApp, testApp } from "../helpers.ts";

const origin = "https://mock.example";
const resource = `${origin}/oauth`;
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

/** A client that has registered itself. */
interface Session extends AsyncDisposable {
  readonly test: TestApp;
  readonly config: client.Configuration;
}

/** The library looks at the system's clock, so the app's stands there, too. */
async function openApp(policy: AppOptions["policy"] = {}): Promise<TestApp> {
  const test = await testApp({ policy });
  test.clock.nowMs = Date.now();
  return test;
}

function optionsFor({ app }: TestApp): { readonly [client.customFetch]: client.CustomFetch } {
  return {
    // The bodies it is given here are texts and forms, whose media type it states by itself.
    [client.customFetch]: (url, { method, headers, redirect, body }) =>
      app(new Request(url, { method, headers, redirect, body: body ? String(body) : null })),
  };
}

/** Registers, strict about signatures as well; the library picks the authentication unless it is told one. */
async function begin(
  metadata: Partial<client.ClientMetadata> = {},
  { auth, policy }: { readonly auth?: client.ClientAuth; readonly policy?: AppOptions["policy"] } = {},
): Promise<Session> {
  const test = await openApp(policy);
  const usual = {
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "client_secret_basic",
  };
  const options: client.DynamicClientRegistrationRequestOptions = {
    ...optionsFor(test),
    algorithm: "oauth2",
    execute: [client.enableNonRepudiationChecks],
  };
  const config = await client.dynamicClientRegistration(new URL(origin), { ...usual, ...metadata }, auth, options);
  return { test, config, [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() };
}

/** An authorization request, and what its answer is to be held against. */
interface Login {
  readonly parameters: Record<string, string>;
  readonly checks: client.AuthorizationCodeGrantChecks;
}

async function startLogin(more: Record<string, string> = {}): Promise<Login> {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const parameters = {
    redirect_uri: redirectUri,
    scope: "openid profile email mcp:read",
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...more,
  };
  return { parameters, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
}

/** A person who agrees, without a browser; gives the URL that they are sent back to. */
async function agree({ test }: Session, url: URL): Promise<URL> {
  url.searchParams.set("auto_approve", "true");
  const response = await test.get(url.href);
  return new URL(response.headers.get("location") ?? "");
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

async function logIn(session: Session, more: Record<string, string> = {}): Promise<Tokens> {
  const { parameters, checks } = await startLogin(more);
  const answer = await agree(session, client.buildAuthorizationUrl(session.config, parameters));
  return await client.authorizationCodeGrant(session.config, answer, checks);
}

/** Calls `/oauth` as the library's client; a good token gets as far as the protocol. */
async function callResource(
  { config }: Session,
  token: string,
  options?: client.DPoPOptions,
): Promise<Record<string, unknown>> {
  const headers = new Headers({ accept: "application/json, text/event-stream", "content-type": "application/json" });
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "openid-client", version: "6" } },
  });
  const response = await client.fetchProtectedResource(
    config,
    token,
    new URL(resource),
    "POST",
    body,
    headers,
    options,
  );
  assert.equal(response.status, 200);
  return await json(response);
}

Deno.test("discovery satisfies openid-client by both algorithms (RFC 8414 3.3, OpenID Connect Discovery 4.3)", async () => {
  await using test = await openApp();
  const found = await Promise.all((["oauth2", "oidc"] as const).map(async (algorithm) => {
    const options = { ...optionsFor(test), algorithm };
    const config = await client.discovery(new URL(origin), "client", undefined, client.None(), options);
    return config.serverMetadata();
  }));
  for (const metadata of found) {
    assert.equal(metadata.issuer, origin);
    assert.equal(metadata.supportsPKCE(), true);
  }
  const [plain, oidc] = found.map((metadata) => JSON.stringify(metadata));
  assert.equal(plain, oidc);
});

Deno.test("the whole flow satisfies openid-client with every client authentication (RFC 6749 2.3, RFC 7523 2.2)", async (t) => {
  const { privateKey, publicKey } = await client.randomDPoPKeyPair("ES256", { extractable: true });
  const jwks = { keys: [{ ...await exportJWK(publicKey), kid: "k", alg: "ES256" }] };
  const ways: readonly [
    method: string,
    auth: client.ClientAuth | undefined,
    metadata: Partial<client.ClientMetadata>,
  ][] = [
    ["none", client.None(), {}],
    ["client_secret_basic", client.ClientSecretBasic(), {}],
    ["client_secret_post", client.ClientSecretPost(), {}],
    ["client_secret_jwt", client.ClientSecretJwt(), {}],
    ["private_key_jwt", client.PrivateKeyJwt({ key: privateKey, kid: "k" }), { jwks }],
  ];
  for (const [method, auth, metadata] of ways) {
    await t.step(method, async () => {
      await using session = await begin({ token_endpoint_auth_method: method, ...metadata }, { ...auth && { auth } });
      const { config } = session;
      assert.equal(config.clientMetadata().token_endpoint_auth_method, method);
      const tokens = await logIn(session, { expires_in: "60" });
      assert.deepEqual([tokens.token_type, tokens.expires_in], ["bearer", 60]);
      const claims = tokens.claims();
      const sub = claims?.sub ?? "";
      const user = await client.fetchUserInfo(config, tokens.access_token, sub);
      assert.deepEqual([user.sub, user.email, user.name], [sub, claims?.email, "Mock Test User"]);
      const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? "");
      assert.deepEqual([renewed.claims()?.sub, renewed.scope], [sub, tokens.scope]);
      assert.notEqual(renewed.refresh_token, tokens.refresh_token);
      assert.equal(typeof (await callResource(session, renewed.access_token)).result, "object");
      await client.tokenRevocation(config, renewed.refresh_token ?? "");
      await assert.rejects(client.refreshTokenGrant(config, renewed.refresh_token ?? ""), { error: "invalid_grant" });
      await assert.rejects(
        client.fetchUserInfo(config, renewed.access_token, sub),
        client.WWWAuthenticateChallengeError,
      );
    });
  }
});

Deno.test("introspection and revocation satisfy openid-client (RFC 7662 2.2, RFC 7009 2.1)", async () => {
  await using session = await begin();
  const { config } = session;
  const { access_token, refresh_token = "", claims } = await logIn(session);
  const found = await client.tokenIntrospection(config, access_token);
  assert.deepEqual([found.active, found.sub, found.client_id, found.token_type], [
    true,
    claims()?.sub,
    config.clientMetadata().client_id,
    "Bearer",
  ]);
  assert.equal((await client.tokenIntrospection(config, refresh_token)).active, true);
  await client.tokenRevocation(config, access_token, { token_type_hint: "access_token" });
  assert.equal((await client.tokenIntrospection(config, access_token)).active, false);
  assert.equal((await client.tokenIntrospection(config, refresh_token)).active, true);
});

Deno.test("a pushed request satisfies openid-client, where pushing is required too (RFC 9126 2)", async (t) => {
  for (const requirePushedAuthorizationRequests of [false, true]) {
    await t.step(requirePushedAuthorizationRequests ? "required" : "possible", async () => {
      await using session = await begin({}, { policy: { requirePushedAuthorizationRequests } });
      const { config } = session;
      const { parameters, checks } = await startLogin();
      const url = await client.buildAuthorizationUrlWithPAR(config, parameters);
      assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", "request_uri"]);
      const tokens = await client.authorizationCodeGrant(config, await agree(session, url), checks);
      assert.equal(tokens.scope, parameters.scope);
    });
  }
});

Deno.test("client_credentials satisfies openid-client (RFC 6749 4.4)", async () => {
  await using session = await begin({ grant_types: ["client_credentials"], redirect_uris: [] });
  const { config } = session;
  const tokens = await client.clientCredentialsGrant(config, { scope: "mcp:read", resource });
  assert.deepEqual([tokens.scope, tokens.refresh_token], ["mcp:read", undefined]);
  const { sub, aud } = await client.tokenIntrospection(config, tokens.access_token);
  assert.deepEqual([sub, aud], [config.clientMetadata().client_id, resource]);
});

Deno.test("the device grant satisfies openid-client, which polls until the person agrees (RFC 8628 3.4)", async () => {
  await using session = await begin({ grant_types: [deviceGrant, "refresh_token"], redirect_uris: [] });
  const { test, config } = session;
  const device = await client.initiateDeviceAuthorization(config, { scope: "openid mcp:read" });
  assert.equal(device.interval, 5);
  const polls: number[] = [];
  const { [client.customFetch]: fetch } = optionsFor(test);
  // The person types while the device waits for its second turn.
  config[client.customFetch] = async (url, outgoing) => {
    const response = await fetch(url, outgoing);
    if (url === `${origin}/oauth/token`) polls.push(response.status);
    if (polls.length === 1) await test.postForm(device.verification_uri_complete ?? "", { action: "auto" });
    return response;
  };
  const { signal } = new AbortController();
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 }, undefined, { signal });
  assert.deepEqual(polls, [400, 200]);
  assert.equal(typeof tokens.claims()?.sub, "string");
  assert.equal((await client.refreshTokenGrant(config, tokens.refresh_token ?? "")).scope, "openid mcp:read");
});

Deno.test("DPoP satisfies openid-client at every end, with nonces and without (RFC 9449 5, 7, 8)", async (t) => {
  for (const requireDpopNonce of [false, true]) {
    for (const alg of ["ES256", "Ed25519", "RS256"]) {
      await t.step(`${alg}, ${requireDpopNonce ? "nonces" : "no nonces"}`, async () => {
        await using session = await begin({ token_endpoint_auth_method: "none" }, {
          auth: client.None(),
          policy: { requireDpopNonce },
        });
        const { config } = session;
        const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg));
        const { parameters, checks } = await startLogin();
        // The library binds the code to the key by itself, repeats the request with the nonce, and remembers it.
        const url = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
        const answer = await agree(session, url);
        const tokens = await client.authorizationCodeGrant(config, answer, checks, undefined, { DPoP });
        assert.equal(tokens.token_type, "dpop");
        const { sub = "" } = tokens.claims() ?? {};
        const user = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
        assert.equal(user.sub, sub);
        assert.equal(typeof (await callResource(session, tokens.access_token, { DPoP })).result, "object");
        const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? "", undefined, { DPoP });
        assert.equal(renewed.token_type, "dpop");
        await assert.rejects(client.refreshTokenGrant(config, renewed.refresh_token ?? ""), { error: "invalid_grant" });
      });
    }
  }
});
