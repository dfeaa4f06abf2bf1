/** A certified client library, unmodified and strict, with the ways to authenticate that sign. */
import assert from "node:assert/strict";
import { exportJWK } from "jose";
import * as oauth from "oauth4webapi";
import { redirectUri, type TestApp, testApp } from "../helpers.ts";

const origin = "https://mock.example";

type Outgoing = oauth.CustomFetchOptions<string, oauth.ProtectedResourceRequestBody>;

function optionsFor({ app }: TestApp): {
  readonly [oauth.customFetch]: (url: string, outgoing: Outgoing) => Promise<Response>;
} {
  return {
    [oauth.customFetch]: (url, { method, headers, redirect, body }) =>
      app(new Request(url, { method, headers, redirect, body: body ? String(body) : null })),
  };
}

/** Registers, logs in and redeems the code, then refreshes; `authOf` is told the secret. */
async function walk(
  metadata: Partial<oauth.Client>,
  authOf: (secret: string) => oauth.ClientAuth,
  documentId?: string,
): Promise<void> {
  await using test = await testApp();
  test.clock.nowMs = Date.now();
  const options = optionsFor(test);
  const issuer = new URL(origin);
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options }),
  );
  const registration = {
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    ...metadata,
  };
  const client = documentId === undefined
    ? await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(as, registration, options),
    )
    : { client_id: documentId };
  const auth = authOf(typeof client.client_secret === "string" ? client.client_secret : "");
  const verifier = oauth.generateRandomCodeVerifier();
  const query = new URLSearchParams({
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    auto_approve: "true",
  });
  const answer = new URL((await test.get(`${as.authorization_endpoint}?${query}`)).headers.get("location") ?? "");
  const parameters = oauth.validateAuthResponse(as, client, answer, oauth.expectNoState);
  const sent = await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, redirectUri, verifier, options);
  const { refresh_token } = await oauth.processAuthorizationCodeResponse(as, client, sent);
  const refreshed = await oauth.refreshTokenGrantRequest(as, client, auth, refresh_token ?? "", options);
  assert(await oauth.processRefreshTokenResponse(as, client, refreshed));
}

Deno.test("the whole flow satisfies oauth4webapi with private_key_jwt (RFC 7523 2.2)", async (t) => {
  for (const alg of ["ES256", "Ed25519", "PS256", "RS256"] as const) {
    await t.step(alg, async () => {
      const { privateKey, publicKey } = await oauth.generateKeyPair(alg, { extractable: true });
      const jwks = { keys: [{ ...await exportJWK(publicKey), kid: "k" }] };
      await walk(
        { token_endpoint_auth_method: "private_key_jwt", jwks },
        () => oauth.PrivateKeyJwt({ key: privateKey, kid: "k" }),
      );
    });
    await t.step(`${alg}, without a kid among several`, async () => {
      const [mine, another] = await Promise.all([oauth.generateKeyPair(alg), oauth.generateKeyPair(alg)]);
      const jwks = { keys: await Promise.all([another, mine].map(({ publicKey }) => exportJWK(publicKey))) };
      await walk({ token_endpoint_auth_method: "private_key_jwt", jwks }, () => oauth.PrivateKeyJwt(mine.privateKey));
    });
  }
});

Deno.test("the whole flow satisfies oauth4webapi with client_secret_jwt (OpenID Connect Core 9)", async () => {
  await walk({ token_endpoint_auth_method: "client_secret_jwt" }, (secret) => oauth.ClientSecretJwt(secret));
});

Deno.test("the whole flow satisfies oauth4webapi with a client_id that is a URL (CIMD)", async () => {
  const id = `${origin}/client-metadata/oauth4webapi.json?${new URLSearchParams({ redirect_uri: redirectUri })}`;
  await walk({}, () => oauth.None(), id);
});
