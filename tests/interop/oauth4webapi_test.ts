/**
 * A certified client library, unmodified and strict, through the whole of the authorization server: it reaches the app by
 * its `fetch` option alone, and under an https origin, so that none of its checks has to be waived.
 */
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import type { SigningAlgorithm } from "../../main.ts";
import { redirectUri, type TestApp, testApp } from "../helpers.ts";

const origin = "https://mock.example";
const resource = `${origin}/oauth`;

/** One client of one app, as far as a login. */
interface Session extends AsyncDisposable {
  readonly test: TestApp;
  readonly as: oauth.AuthorizationServer;
  readonly options: ReturnType<typeof optionsFor>;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
}

/** How the library authenticates a client, by the name in the metadata. */
const authMethods = {
  none: () => oauth.None(),
  client_secret_post: (secret: string) => oauth.ClientSecretPost(secret),
  client_secret_basic: (secret: string) => oauth.ClientSecretBasic(secret),
} as const;

type AuthMethod = keyof typeof authMethods;

/** The library looks at the system's clock, so the app's stands there, too. */
async function openApp(alg: SigningAlgorithm = "EdDSA"): Promise<TestApp> {
  const test = await testApp({ alg });
  test.clock.nowMs = Date.now();
  return test;
}

type Outgoing = oauth.CustomFetchOptions<string, oauth.ProtectedResourceRequestBody>;

function optionsFor({ app }: TestApp): {
  readonly [oauth.customFetch]: (url: string, outgoing: Outgoing) => Promise<Response>;
} {
  return {
    // The bodies it is given here are texts and forms, whose media type it states by itself.
    [oauth.customFetch]: (url, { method, headers, redirect, body }) =>
      app(new Request(url, { method, headers, redirect, body: body ? String(body) : null })),
  };
}

async function discover(test: TestApp, algorithm: "oauth2" | "oidc"): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(origin);
  const response = await oauth.discoveryRequest(issuer, { algorithm, ...optionsFor(test) });
  return await oauth.processDiscoveryResponse(issuer, response);
}

async function begin(authMethod: AuthMethod = "none", alg?: SigningAlgorithm): Promise<Session> {
  const test = await openApp(alg);
  const as = await discover(test, "oauth2");
  const options = optionsFor(test);
  const client = await register(as, options, { token_endpoint_auth_method: authMethod });
  const { client_secret } = client;
  const auth = authMethods[authMethod](typeof client_secret === "string" ? client_secret : "");
  return { test, as, options, client, auth, [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() };
}

async function register(
  as: oauth.AuthorizationServer,
  options: Session["options"],
  metadata: Partial<oauth.Client>,
): Promise<oauth.Client> {
  const usual = { redirect_uris: [redirectUri], grant_types: ["authorization_code", "refresh_token"] };
  const response = await oauth.dynamicClientRegistrationRequest(as, { ...usual, ...metadata }, options);
  return await oauth.processDynamicClientRegistrationResponse(response);
}

/** What a login gave. */
interface Answer {
  readonly parameters: URLSearchParams;
  readonly verifier: string;
}

/** Sends a person who agrees to the authorization endpoint, and has the library check the answer, `iss` included. */
async function authorize({ test, as, client }: Session, more: Record<string, string> = {}): Promise<Answer> {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint ?? "");
  const parameters = {
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    auto_approve: "true",
    ...more,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const response = await test.get(url.href);
  const answer = new URL(response.headers.get("location") ?? "");
  assert.equal(answer.origin + answer.pathname, redirectUri);
  return { parameters: oauth.validateAuthResponse(as, client, answer, state), verifier };
}

function sendCode(session: Session, { parameters, verifier }: Answer): Promise<Response> {
  const { as, client, auth, options } = session;
  return oauth.authorizationCodeGrantRequest(as, client, auth, parameters, redirectUri, verifier, options);
}

async function redeem(session: Session, more: Record<string, string> = {}): Promise<oauth.TokenEndpointResponse> {
  const response = await sendCode(session, await authorize(session, more));
  return await oauth.processAuthorizationCodeResponse(session.as, session.client, response);
}

async function refresh(session: Session, token: string | undefined): Promise<oauth.TokenEndpointResponse> {
  const { as, client, auth, options } = session;
  const response = await oauth.refreshTokenGrantRequest(as, client, auth, token ?? "", options);
  return await oauth.processRefreshTokenResponse(as, client, response);
}

function validate({ as, options }: Session, token: string, audience = resource): Promise<oauth.JWTAccessTokenClaims> {
  const request = new Request(resource, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(as, request, audience, options);
}

/** Insists on the error that the library makes of an OAuth error in a body. */
async function assertBodyError(refused: Promise<unknown>, status: number, code: string): Promise<void> {
  await assert.rejects(refused, (error) => {
    assert(error instanceof oauth.ResponseBodyError, String(error));
    assert.deepEqual([error.status, error.error], [status, code]);
    assert.equal(typeof error.error_description, "string");
    return true;
  });
}

Deno.test("discovery satisfies oauth4webapi by both algorithms (RFC 8414 3.3, OpenID Connect Discovery 4.3)", async () => {
  await using test = await openApp();
  const [plain, oidc] = await Promise.all([discover(test, "oauth2"), discover(test, "oidc")]);
  assert.deepEqual(plain, oidc);
  assert.equal(plain.issuer, origin);
  assert.equal(plain.authorization_response_iss_parameter_supported, true);
  const identifier = new URL(resource);
  const response = await oauth.resourceDiscoveryRequest(identifier, optionsFor(test));
  const { authorization_servers } = await oauth.processResourceDiscoveryResponse(identifier, response);
  assert.deepEqual(authorization_servers, [origin]);
});

Deno.test("the whole flow satisfies oauth4webapi with every client authentication (RFC 6749 2.3, RFC 9068 4)", async (t) => {
  for (const authMethod of ["none", "client_secret_post", "client_secret_basic"] as const) {
    await t.step(authMethod, async () => {
      await using session = await begin(authMethod);
      assert.equal(session.client.token_endpoint_auth_method, authMethod);
      const tokens = await redeem(session, { expires_in: "60", resource, scope: "read write" });
      assert.deepEqual([tokens.token_type, tokens.expires_in, tokens.scope], ["bearer", 60, "read write"]);
      const claims = await validate(session, tokens.access_token);
      assert.deepEqual([claims.client_id, claims.scope, claims.aud], [
        session.client.client_id,
        "read write",
        resource,
      ]);
      const renewed = await refresh(session, tokens.refresh_token);
      assert.notEqual(renewed.refresh_token, tokens.refresh_token);
      const { sub, exp } = await validate(session, renewed.access_token);
      assert.deepEqual([sub, exp], [claims.sub, claims.exp]);
    });
  }
});

Deno.test("the id_token satisfies oauth4webapi, nonce and signature included (OpenID Connect Core 3.1.3.7)", async () => {
  await using session = await begin("client_secret_basic");
  const { as, client, options } = session;
  const nonce = oauth.generateRandomNonce();
  const response = await sendCode(session, await authorize(session, { scope: "openid email", nonce }));
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
    maxAge: 60,
  });
  await oauth.validateApplicationLevelSignature(as, response, options);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  assert.deepEqual([claims?.iss, claims?.aud, typeof claims?.email], [origin, client.client_id, "string"]);
});

Deno.test("userinfo, introspection and revocation satisfy oauth4webapi (OpenID Connect Core 5.3, RFC 7662, RFC 7009)", async () => {
  await using session = await begin("client_secret_basic");
  const { as, client, auth, options } = session;
  const tokens = await redeem(session, { scope: "openid profile email" });
  const { sub = "" } = oauth.getValidatedIdTokenClaims(tokens) ?? {};
  const asked = await oauth.userInfoRequest(as, client, tokens.access_token, options);
  const user = await oauth.processUserInfoResponse(as, client, sub, asked);
  assert.deepEqual([user.name, user.email_verified], ["Mock Test User", true]);

  const introspect = async (token: string): Promise<oauth.IntrospectionResponse> =>
    await oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, auth, token, options),
    );
  const revoke = async (token: string): Promise<void> =>
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, options));
  const { active, client_id, sub: introspected } = await introspect(tokens.access_token);
  assert.deepEqual([active, client_id, introspected], [true, client.client_id, sub]);
  await revoke(tokens.access_token);
  assert.deepEqual(await introspect(tokens.access_token), { active: false });
  const refreshToken = tokens.refresh_token ?? "";
  assert.equal((await introspect(refreshToken)).active, true);
  await revoke(refreshToken);
  assert.deepEqual(await introspect(refreshToken), { active: false });
  await assert.rejects(
    oauth.userInfoRequest(as, client, tokens.access_token, options).then((response) =>
      oauth.processUserInfoResponse(as, client, sub, response)
    ),
    oauth.WWWAuthenticateChallengeError,
  );
});

Deno.test("access tokens satisfy oauth4webapi whatever signs them (RFC 9068 4, RFC 7517)", async (t) => {
  for (const alg of ["EdDSA", "ES256", "RS256"] as const) {
    await t.step(alg, async () => {
      await using session = await begin("none", alg);
      const { access_token } = await redeem(session, { expires_in: "60", scope: "openid" });
      assert.equal((await validate(session, access_token)).iss, origin);
    });
  }
});

Deno.test("access tokens are refused by oauth4webapi for another audience, and unless they expire (RFC 9068 4)", async () => {
  await using session = await begin();
  const { access_token } = await redeem(session, { expires_in: "60" });
  await assert.rejects(validate(session, access_token, "https://other.example"), {
    code: oauth.JWT_CLAIM_COMPARISON,
  });
  const lasting = await redeem(session);
  assert.equal(lasting.expires_in, undefined);
  await assert.rejects(validate(session, lasting.access_token), { code: oauth.INVALID_RESPONSE, message: /"exp"/ });
});

Deno.test("GET /oauth/authorize answers errors that oauth4webapi takes for this issuer's (RFC 9207 2)", async (t) => {
  const wrong: readonly [code: string, parameters: Record<string, string>][] = [
    ["unsupported_response_type", { response_type: "token" }],
    ["invalid_request", { code_challenge_method: "plain" }],
    ["invalid_request", { expires_in: "-1" }],
    ["invalid_target", { resource: "not a URI" }],
  ];
  await using session = await begin();
  for (const [code, parameters] of wrong) {
    await t.step(JSON.stringify(parameters), () =>
      assert.rejects(authorize(session, parameters), (error) => {
        assert(error instanceof oauth.AuthorizationResponseError, String(error));
        assert.equal(error.error, code);
        assert.equal(error.cause.get("iss"), origin);
        return true;
      }));
  }
});

Deno.test("POST /oauth/token answers errors that oauth4webapi can read (RFC 6749 5.2)", async () => {
  await using session = await begin();
  const { as, client, auth, options } = session;
  const process = async (sent: Promise<Response>): Promise<unknown> =>
    await oauth.processAuthorizationCodeResponse(as, client, await sent);
  const answer = await authorize(session);
  const verifier = oauth.generateRandomCodeVerifier();
  await assertBodyError(process(sendCode(session, { ...answer, verifier })), 400, "invalid_grant");

  const elsewhere = `${redirectUri}/elsewhere`;
  const { parameters } = answer;
  const sent = oauth.authorizationCodeGrantRequest(as, client, auth, parameters, elsewhere, answer.verifier, options);
  await assertBodyError(process(sent), 400, "invalid_grant");

  const stranger = { ...session, client: await register(as, options, { token_endpoint_auth_method: "none" }) };
  await assertBodyError(process(sendCode(stranger, answer)), 400, "invalid_grant");

  const device = oauth.genericTokenEndpointRequest(as, client, auth, "urn:example:grant", {}, options);
  await assertBodyError(process(device), 400, "unsupported_grant_type");

  await process(sendCode(session, answer));
  await assertBodyError(process(sendCode(session, answer)), 400, "invalid_grant");
});

Deno.test("POST /oauth/token tells oauth4webapi of a wrong client or secret (RFC 6749 5.2)", async () => {
  await using posted = await begin("client_secret_post");
  const answer = await authorize(posted);
  const wrong = { ...posted, auth: oauth.ClientSecretPost("wrong") };
  const process = async (session: Session): Promise<unknown> =>
    await oauth.processAuthorizationCodeResponse(session.as, session.client, await sendCode(session, answer));
  await assertBodyError(process(wrong), 401, "invalid_client");
  await assert.rejects(process({ ...posted, auth: oauth.ClientSecretBasic("wrong") }), (error) => {
    assert(error instanceof oauth.WWWAuthenticateChallengeError, String(error));
    assert.deepEqual([error.status, error.cause.map(({ scheme }) => scheme)], [401, ["basic"]]);
    return true;
  });
  await process(posted);
});

Deno.test("a refresh token used twice ends the login, in an error oauth4webapi can read (OAuth 2.1 4.3.1)", async () => {
  await using session = await begin();
  const first = await redeem(session);
  const second = await refresh(session, first.refresh_token);
  await assertBodyError(refresh(session, "bogus"), 400, "invalid_grant");
  await assertBodyError(refresh(session, first.refresh_token), 400, "invalid_grant");
  await assertBodyError(refresh(session, second.refresh_token), 400, "invalid_grant");
});

Deno.test("POST /oauth/register answers errors that oauth4webapi can read (RFC 7591 3.2.2)", async () => {
  await using session = await begin();
  const { as, options } = session;
  const uris = ["javascript:alert(1)"];
  await assertBodyError(register(as, options, { redirect_uris: uris }), 400, "invalid_redirect_uri");
  await assertBodyError(register(as, options, { response_types: ["token"] }), 400, "invalid_client_metadata");
});

Deno.test("/oauth lets oauth4webapi's request in until the token expires, and says why not (RFC 6750 3.1)", async () => {
  await using session = await begin();
  const { access_token } = await redeem(session, { expires_in: "60" });
  const headers = new Headers({ "content-type": "application/json", accept: "application/json, text/event-stream" });
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "oauth4webapi", version: "3" },
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const request = (token: string): Promise<Response> =>
    oauth.protectedResourceRequest(token, "POST", new URL(resource), headers, body, session.options);

  const welcome = await request(access_token);
  assert.equal(welcome.status, 200);
  await welcome.text();
  session.test.clock.nowMs += 60_000;
  await assert.rejects(request(access_token), (error) => {
    assert(error instanceof oauth.WWWAuthenticateChallengeError, String(error));
    assert.equal(error.cause[0]?.parameters.error, "invalid_token");
    assert.match(error.cause[0]?.parameters.error_description ?? "", /expired/);
    assert.equal(error.cause[0]?.parameters.resource_metadata, `${origin}/.well-known/oauth-protected-resource/oauth`);
    return true;
  });
});
