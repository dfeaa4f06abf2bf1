/** The grants and request forms beyond the plain code flow, through a certified client library, unmodified and strict. */
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { redirectUri, type TestApp, testApp } from "../helpers.ts";
import type { AppOptions } from "../../main.ts";

const origin = "https://mock.example";

interface Session extends AsyncDisposable {
  readonly test: TestApp;
  readonly as: oauth.AuthorizationServer;
  readonly options: ReturnType<typeof optionsFor>;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
}

type Outgoing = oauth.CustomFetchOptions<string, oauth.ProtectedResourceRequestBody>;

function optionsFor({ app }: TestApp): {
  readonly [oauth.customFetch]: (url: string, outgoing: Outgoing) => Promise<Response>;
} {
  return {
    [oauth.customFetch]: (url, { method, headers, redirect, body }) =>
      app(new Request(url, { method, headers, redirect, body: body ? String(body) : null })),
  };
}

async function begin(metadata: Partial<oauth.Client> = {}, policy: AppOptions["policy"] = {}): Promise<Session> {
  const test = await testApp({ policy });
  // The library looks at the system's clock.
  test.clock.nowMs = Date.now();
  const options = optionsFor(test);
  const issuer = new URL(origin);
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options });
  const as = await oauth.processDiscoveryResponse(issuer, discovered);
  const usual = {
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  };
  const response = await oauth.dynamicClientRegistrationRequest(as, { ...usual, ...metadata }, options);
  const client = await oauth.processDynamicClientRegistrationResponse(response);
  const { client_secret } = client;
  const auth = typeof client_secret === "string" ? oauth.ClientSecretBasic(client_secret) : oauth.None();
  return { test, as, options, client, auth, [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() };
}

/** The parameters of an authorization request. */
async function requestOf({ client }: Session, verifier: string): Promise<URLSearchParams> {
  return new URLSearchParams({
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: "state-of-ours",
    scope: "mcp:read",
  });
}

/** A person who agrees, and the answer the library has checked. */
async function answerTo({ test, as, client }: Session, query: URLSearchParams): Promise<URLSearchParams> {
  const url = new URL(as.authorization_endpoint ?? "");
  url.search = query.toString();
  url.searchParams.set("auto_approve", "true");
  const response = await test.get(url.href);
  const answer = new URL(response.headers.get("location") ?? "");
  return oauth.validateAuthResponse(as, client, answer, "state-of-ours");
}

Deno.test("client_credentials satisfies oauth4webapi (RFC 6749 4.4)", async () => {
  await using session = await begin({
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: "client_secret_basic",
  });
  const { as, client, auth, options } = session;
  const sent = await oauth.clientCredentialsGrantRequest(as, client, auth, { scope: "mcp:read" }, options);
  const tokens = await oauth.processClientCredentialsResponse(as, client, sent);
  assert.equal(tokens.token_type, "bearer");
  assert.equal(tokens.scope, "mcp:read");
});

/** A code, redeemed with a key's proof. */
async function redeem(
  { as, client, auth, options }: Session,
  answer: URLSearchParams,
  verifier: string,
  DPoP: oauth.DPoPHandle,
): Promise<oauth.TokenEndpointResponse> {
  const more = { ...options, DPoP };
  const response = await oauth.authorizationCodeGrantRequest(as, client, auth, answer, redirectUri, verifier, more);
  return await oauth.processAuthorizationCodeResponse(as, client, response);
}

/** Asks twice where the first answer is a nonce to repeat, as the library wants its callers to do. */
async function withNonce<T>(ask: () => Promise<T>, isNonceWanted: boolean): Promise<T> {
  if (!isNonceWanted) return await ask();
  await assert.rejects(ask(), (error) => oauth.isDPoPNonceError(error));
  return await ask();
}

Deno.test("DPoP satisfies oauth4webapi at both ends, with nonces and without (RFC 9449)", async (t) => {
  for (const requireDpopNonce of [false, true]) {
    for (const alg of ["ES256", "Ed25519", "RS256"]) {
      await t.step(`${alg}, ${requireDpopNonce ? "nonces" : "no nonces"}`, async () => {
        await using session = await begin({}, { requireDpopNonce });
        const { as, client, auth, options } = session;
        const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(alg));
        const verifier = oauth.generateRandomCodeVerifier();
        const query = await requestOf(session, verifier);
        query.set("scope", "openid mcp:read");
        const push = async (): Promise<oauth.PushedAuthorizationResponse> => {
          const sent = await oauth.pushedAuthorizationRequest(as, client, auth, query, { ...options, DPoP });
          return await oauth.processPushedAuthorizationResponse(as, client, sent);
        };
        // The proof beside the pushed request binds the code to the key.
        const { request_uri } = await withNonce(push, requireDpopNonce);
        const answer = await answerTo(session, new URLSearchParams({ client_id: client.client_id, request_uri }));
        // The library repeats the nonce it was given last, by whatever endpoint of this origin.
        const tokens = await redeem(session, answer, verifier, DPoP);
        assert.equal(tokens.token_type, "dpop");
        const { sub = "" } = oauth.getValidatedIdTokenClaims(tokens) ?? {};
        const more = { ...options, DPoP };
        const askUser = async (): Promise<oauth.UserInfoResponse> => {
          const asked = await oauth.userInfoRequest(as, client, tokens.access_token, more);
          return await oauth.processUserInfoResponse(as, client, sub, asked);
        };
        // A resource has nonces of its own (RFC 9449 9).
        assert.equal((await withNonce(askUser, requireDpopNonce)).sub, sub);
        const headers = new Headers({
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
        });
        const url = new URL(`${origin}/oauth`);
        const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
        const answered = await oauth.protectedResourceRequest(tokens.access_token, "POST", url, headers, body, more);
        assert.notEqual(answered.status, 401, "the library repeats the nonce of the other resource");
        const refresh = async (): Promise<oauth.TokenEndpointResponse> => {
          const sent = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token ?? "", more);
          return await oauth.processRefreshTokenResponse(as, client, sent);
        };
        assert.equal((await withNonce(refresh, requireDpopNonce)).token_type, "dpop");
      });
    }
  }
});

Deno.test("a pushed request satisfies oauth4webapi, where pushing is required too (RFC 9126)", async (t) => {
  for (const method of ["none", "client_secret_basic"]) {
    await t.step(method, async () => {
      const policy = { requirePushedAuthorizationRequests: true };
      await using session = await begin({ token_endpoint_auth_method: method }, policy);
      const { as, client, auth, options } = session;
      const verifier = oauth.generateRandomCodeVerifier();
      const query = await requestOf(session, verifier);
      const sent = await oauth.pushedAuthorizationRequest(as, client, auth, query, options);
      const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, sent);
      const named = new URLSearchParams({ client_id: client.client_id, request_uri });
      const answer = await answerTo(session, named);
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        auth,
        answer,
        redirectUri,
        verifier,
        options,
      );
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, response);
      assert.equal(tokens.scope, "mcp:read");
    });
  }
});

Deno.test("the device grant satisfies oauth4webapi, waiting included (RFC 8628)", async () => {
  const grant = "urn:ietf:params:oauth:grant-type:device_code";
  await using session = await begin({ grant_types: [grant] });
  const { as, client, auth, options, test } = session;
  const asked = await oauth.deviceAuthorizationRequest(as, client, auth, { scope: "mcp:read" }, options);
  const device = await oauth.processDeviceAuthorizationResponse(as, client, asked);
  const poll = async (): Promise<oauth.TokenEndpointResponse> => {
    const response = await oauth.deviceCodeGrantRequest(as, client, auth, device.device_code, options);
    return await oauth.processDeviceCodeResponse(as, client, response);
  };
  await assert.rejects(poll(), { error: "authorization_pending" });
  const person = await test.postForm(device.verification_uri_complete ?? "", { action: "auto" });
  assert.equal(person.status, 200);
  assert.equal((await poll()).scope, "mcp:read");
});
