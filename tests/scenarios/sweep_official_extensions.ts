/** The deviations of the official suite's scenarios of extensions. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { officialExtensions } from "../../lib/scenarios/catalogue/official/extensions.ts";
import { authorizeQuery, codeFields, json, redirectOf, text } from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type";

/** Calls the MCP server; the body is read, so that nothing stays open. */
async function statusOf(at: ProbeSandbox, headers: Record<string, string>): Promise<Response> {
  const answer = await at.fetch("/oauth", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }),
  });
  return new Response(await answer.text(), { status: answer.status, headers: answer.headers });
}

async function assertGood(at: ProbeSandbox, answer: Response): Promise<void> {
  const token = text(await json(answer), "access_token");
  assert.equal((await statusOf(at, { authorization: `Bearer ${token}` })).status, 200);
}

async function assertRefused(answer: Response, status: number, error: string): Promise<void> {
  assert.deepEqual([(await json(answer)).error, answer.status], [error, status]);
}

function basic(clientId: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` };
}

const clientCredentialsBasic: Probe = async (at) => {
  const fields = { grant_type: "client_credentials" };
  const wrong = await at.postForm("/oauth/token", fields, basic("conformance-test-client", "wrong"));
  await assertRefused(wrong, 401, "invalid_client");
  const right = basic("conformance-test-client", "conformance-test-secret");
  await assertGood(at, await at.postForm("/oauth/token", fields, right));
  await assertRefused(
    await at.postForm("/oauth/token", { grant_type: "authorization_code" }, right),
    400,
    "unsupported_grant_type",
  );
};

const clientCredentialsJwt: Probe = async (at) => {
  const [client] = officialExtensions.find(({ name }) => name === "client-credentials-jwt")?.clients ?? [];
  assert(client?.private_key_jwk);
  const key = await importJWK({ kty: "EC", ...client.private_key_jwk }, "ES256");
  const id = client.client_id;
  const nowSeconds = at.clock.nowMs / 1000;
  const sign = (aud: string): Promise<string> =>
    new SignJWT({ iss: id, sub: id, aud, iat: nowSeconds, exp: nowSeconds + 60, jti: `probe ${aud}` })
      .setProtectedHeader({ alg: "ES256" }).sign(key);
  const ask = async (aud: string): Promise<Response> =>
    await at.postForm("/oauth/token", {
      grant_type: "client_credentials",
      client_assertion: await sign(aud),
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    });
  await assertRefused(await ask("https://wrong.example"), 401, "invalid_client");
  const issuer = at.origin + at.prefix;
  await assertGood(at, await ask(issuer));
  await assertGood(at, await ask(`${issuer}/`));
  const metadata = await json(await at.wellKnown("oauth-authorization-server"));
  assert.deepEqual(metadata.token_endpoint_auth_signing_alg_values_supported, ["ES256"]);
};

/** Asks the identity provider for a token or an assertion. */
async function askIdp(at: ProbeSandbox, fields: Record<string, string>): Promise<string> {
  const answer = await at.postForm("/idp/token", fields);
  assert.equal(answer.status, 200);
  return text(await json(answer), "access_token");
}

const enterpriseManaged: Probe = async (at) => {
  const idp = await json(await at.get("/idp/.well-known/openid-configuration"));
  assert.equal(idp.token_endpoint, `${at.origin}${at.prefix}/idp/token`);
  const client_id = "conformance-test-idp-client";
  const idToken = await askIdp(at, {
    client_id,
    grant_type: "client_credentials",
    requested_token_type: `${TOKEN_TYPE}:id_token`,
  });
  const assertion = await askIdp(at, {
    client_id,
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: idToken,
    subject_token_type: `${TOKEN_TYPE}:id_token`,
    requested_token_type: `${TOKEN_TYPE}:id-jag`,
    audience: at.origin + at.prefix,
    resource: `${at.origin}${at.prefix}/oauth`,
  });
  const fields = { grant_type: JWT_BEARER, assertion };
  const right = basic("conformance-test-xaa-client", "conformance-test-xaa-secret");
  const wrong = await at.postForm("/oauth/token", { ...fields, assertion: idToken }, right);
  await assertRefused(wrong, 400, "invalid_grant");
  await assertGood(at, await at.postForm("/oauth/token", fields, right));
};

const workloadIdentity: Probe = async (at) => {
  const client_id = "conformance-wif-workload";
  const assertion = (audience: string): Promise<string> =>
    askIdp(at, { client_id, grant_type: "client_credentials", audience });
  const ask = async (audience: string, more: Record<string, string> = {}): Promise<Response> =>
    await at.postForm("/oauth/token", {
      client_id,
      grant_type: JWT_BEARER,
      assertion: await assertion(audience),
      ...more,
    });
  const issuer = at.origin + at.prefix;
  await assertGood(at, await ask(issuer));
  await assertRefused(await ask(issuer, { scope: "mcp:read wif.rejected" }), 400, "invalid_scope");
  await assertRefused(await ask(issuer), 400, "invalid_request");
};

/** A client's key, and a proof by it. */
async function createProver(at: ProbeSandbox): Promise<(claims: Record<string, unknown>) => Promise<string>> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = await exportJWK(publicKey);
  let made = 0;
  return (claims) =>
    new SignJWT({ htm: "POST", iat: at.clock.nowMs / 1000, jti: `proof ${++made}`, ...claims })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk }).sign(privateKey);
}

function dpop(withNonce: boolean): Probe {
  return async (at) => {
    const refused = await statusOf(at, {});
    assert.deepEqual([refused.status, (await json(refused)).error], [401, "unauthorized"]);
    assert.match(refused.headers.get("www-authenticate") ?? "", /^DPoP resource_metadata="[^"]+"$/);
    const code = redirectOf(await at.get(authorizeQuery("somebody"))).searchParams.get("code") ?? "";
    const fields = codeFields("somebody", code);
    await assertRefused(await at.postForm("/oauth/token", fields), 400, "invalid_dpop_proof");
    const prove = await createProver(at);
    const base = at.origin + at.prefix;
    const redeem = async (more = {}): Promise<Response> =>
      await at.postForm("/oauth/token", fields, { dpop: await prove({ htu: `${base}/oauth/token`, ...more }) });
    const answer = withNonce ? await redeem({ nonce: await nonceOf(await redeem(), 400) }) : await redeem();
    const granted = await json(answer);
    assert.equal(granted.token_type, "DPoP");
    const token = text(granted, "access_token");
    const call = async (more = {}): Promise<Response> => {
      const claims = { htu: `${base}/oauth`, ath: hash("sha256", token, "base64url"), ...more };
      return await statusOf(at, { authorization: `DPoP ${token}`, dpop: await prove(claims) });
    };
    const called = withNonce ? await call({ nonce: await nonceOf(await call(), 401) }) : await call();
    assert.equal(called.status, 200);
  };
}

/** The nonce that a refusal carries. */
async function nonceOf(answer: Response, status: number): Promise<string> {
  await assertRefused(answer, status, "use_dpop_nonce");
  return answer.headers.get("dpop-nonce") ?? "";
}

/** The probes, by the names of our scenarios. */
export const extensionProbes: Readonly<Record<string, Probe>> = {
  "client-credentials-jwt": clientCredentialsJwt,
  "client-credentials-basic": clientCredentialsBasic,
  "enterprise-managed": enterpriseManaged,
  "dpop": dpop(false),
  "dpop-nonce": dpop(true),
  "workload-identity": workloadIdentity,
};
