/** Enterprise-managed authorization and workload identity: the identity provider's assertions, and what the token endpoint takes. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, hash } from "node:crypto";
import { decodeProtectedHeader, SignJWT } from "jose";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createKeyRing } from "../../lib/oauth/keys/keys.ts";
import { createKeyTable } from "../../lib/oauth/keys/key_table.ts";
import { createStore } from "../../lib/store/kv.ts";
import {
  assertOAuthError,
  callOauth,
  claimsOf,
  getTokens,
  json,
  kvTestApp,
  origin,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const exchange = {
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  requested_token_type: "urn:ietf:params:oauth:token-type:id-jag",
  subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
  audience: origin,
  resource: `${origin}/oauth`,
  scope: "mcp:read mcp:write",
};

interface Client {
  readonly clientId: string;
  readonly secret: string;
}

function newClient(test: TestApp): Promise<Client> {
  return register(test, {
    grant_types: ["authorization_code", bearer],
    token_endpoint_auth_method: "client_secret_post",
  });
}

function who({ clientId, secret }: Client): Record<string, string> {
  return { client_id: clientId, client_secret: secret };
}

async function assertionFor(test: TestApp, client: Client, more: Record<string, string> = {}): Promise<string> {
  const fields = { ...exchange, ...who(client), auto_approve: "true", ...more };
  const response = await test.postForm("/idp/token", fields);
  const body = await json(response);
  assert.equal(response.status, 200, JSON.stringify(body));
  return text(body, "access_token");
}

function redeem(
  test: TestApp,
  client: Client,
  assertion: string,
  more: Record<string, string> = {},
): Promise<Response> {
  return test.postForm("/oauth/token", { grant_type: bearer, assertion, ...who(client), ...more });
}

Deno.test("an id_token becomes an ID-JAG, and that a token for the same person (RFC 8693 2, RFC 7523 2.1)", async () => {
  await using test = await testApp();
  const client = await register(test, { grant_types: ["authorization_code", bearer] });
  const open = { client_id: client.clientId };
  const login = { scope: "openid email profile", auto_approve: undefined, auto_approve_email: "ada@example.com" };
  const { id_token } = await getTokens(test, client.clientId, { ...login, auto_approve_password: "p" });
  const response = await test.postForm("/idp/token", { ...exchange, ...open, subject_token: String(id_token) });
  assert.equal(response.headers.get("cache-control"), "no-store");
  const body = await json(response);
  const assertion = text(body, "access_token");
  assert.deepEqual(body, {
    issued_token_type: exchange.requested_token_type,
    access_token: assertion,
    token_type: "N_A",
    expires_in: 300,
    scope: exchange.scope,
  });
  assert.equal(decodeProtectedHeader(assertion).typ, "oauth-id-jag+jwt");
  const claims = claimsOf(assertion);
  assert.equal(claims.iss, `${origin}/idp`);
  assert.equal(claims.aud, origin);
  assert.equal(claims.client_id, client.clientId);
  assert.equal(claims.resource, exchange.resource);
  const tokens = await json(
    await test.postForm("/oauth/token", { grant_type: bearer, assertion, ...open, scope: "mcp:read" }),
  );
  assert(!("refresh_token" in tokens));
  const token = claimsOf(text(tokens, "access_token"));
  assert.equal(token.sub, claims.sub);
  assert.equal(token.email, "ada@example.com");
  assert.equal(token.scope, "mcp:read");
  assert.equal(token.aud, exchange.resource);
  assert.equal((await callOauth(test, text(tokens, "access_token"))).status, 200);
});

Deno.test("POST /oauth/token refuses an invalid assertion (RFC 7523 3)", async (t) => {
  await using test = await testApp();
  const client = await newClient(test);
  const stranger = await newClient(test);
  const good = await assertionFor(test, client);
  const [header = "", payload = "", signature = ""] = good.split(".");
  const recode = (part: string, more: Record<string, unknown>): string =>
    btoa(JSON.stringify({ ...JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/"))), ...more }))
      .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const { keys } = await (await test.get("/idp/jwks")).json();
  const confused = await new SignJWT(claimsOf(good)).setProtectedHeader({ alg: "HS256", typ: "oauth-id-jag+jwt" })
    .sign(new TextEncoder().encode(keys[0].x));
  const ours = await getTokens(test, (await register(test)).clientId, { scope: "openid email profile" });
  const cases: [string, string, RegExp][] = [
    [
      "for another audience",
      await assertionFor(test, client, { audience: "https://else.example" }),
      /another audience/,
    ],
    [
      "for the token endpoint",
      await assertionFor(test, client, { audience: `${origin}/oauth/token` }),
      /another audience/,
    ],
    ["for another client", await assertionFor(test, stranger), /another client/],
    ["that lives too long", await assertionFor(test, client, { expires_in: "100000" }), /more than a day/],
    ["altered", `${header}.${recode(payload, { sub: "root" })}.${signature}`, /signature/],
    ["unsigned", `${recode(header, { alg: "none" })}.${payload}.`, /alg/],
    ["signed with the public key as a secret", confused, /alg/],
    ["of the server itself, not of the provider", String(ours.id_token), /is invalid/],
    ["no JWT", "nonsense", /is invalid/],
  ];
  for (const [name, assertion, message] of cases) {
    await t.step(name, async () => {
      assert.match(await assertOAuthError(await redeem(test, client, assertion), 400, "invalid_grant"), message);
    });
  }
  await t.step("with more scope or another resource than it says", async () => {
    await assertOAuthError(await redeem(test, client, good, { scope: "mcp:admin" }), 400, "invalid_scope");
    await assertOAuthError(await redeem(test, client, good, { resource: "https://x.example/" }), 400, "invalid_target");
  });
  await t.step("used before", async () => {
    assert.equal((await redeem(test, client, good)).status, 200);
    assert.match(await assertOAuthError(await redeem(test, client, good), 400, "invalid_grant"), /used before/);
  });
  await t.step("expired", async () => {
    const late = await assertionFor(test, client);
    test.clock.nowMs += 300_000;
    assert.match(await assertOAuthError(await redeem(test, client, late), 400, "invalid_grant"), /exp/);
  });
});

Deno.test("POST /oauth/token refuses what the identity provider has signed but not for this (RFC 7523 3, RFC 8725 3.8)", async (t) => {
  await using test = await kvTestApp();
  const client = await newClient(test);
  const claims = claimsOf(await assertionFor(test, client));
  const seconds = startMs / 1000;
  const chance = createChance(randomBytes);
  const keysOf = createKeyRing(createKeyTable(createStore(test.kv, chance)), "EdDSA", chance, () => startMs);
  const { signing } = await keysOf("main/idp");
  let made = 0;
  const sign = (more: Record<string, unknown>, typ = "oauth-id-jag+jwt"): string => {
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const payload = { ...claims, jti: `made-${made++}`, ...more };
    const input = `${encode({ alg: signing.alg, typ, kid: signing.kid })}.${encode(payload)}`;
    return `${input}.${signing.sign(input)}`;
  };
  assert.equal((await redeem(test, client, sign({}))).status, 200, "nothing else is wrong with them");
  assert.equal((await redeem(test, client, sign({ iat: seconds + 60 }))).status, 200);
  const cases: [string, string, RegExp][] = [
    ["another issuer", sign({ iss: "https://idp.example" }), /iss/],
    ["the server itself as issuer", sign({ iss: origin }), /iss/],
    ["no issuer", sign({ iss: undefined }), /iss/],
    ["no audience", sign({ aud: undefined }), /another audience/],
    ["several audiences", sign({ aud: [origin, "https://else.example"] }), /another audience/],
    ["an audience that only begins right", sign({ aud: `${origin}.else.example` }), /another audience/],
    ["no subject", sign({ sub: undefined }), /sub/],
    ["an empty subject", sign({ sub: "" }), /subject/],
    ["no end", sign({ exp: undefined }), /exp/],
    ["over", sign({ exp: seconds - 1 }), /exp/],
    ["not yet valid", sign({ nbf: seconds + 61 }), /nbf/],
    ["made in the future", sign({ iat: seconds + 61 }), /iat is in the future/],
    ["no id", sign({ jti: undefined }), /jti/],
    ["no client", sign({ client_id: undefined }), /another client/],
    ["an ID-JAG for the token endpoint", sign({ aud: `${origin}/oauth/token` }), /another audience/],
  ];
  for (const [name, assertion, message] of cases) {
    await t.step(name, async () => {
      assert.match(await assertOAuthError(await redeem(test, client, assertion), 400, "invalid_grant"), message);
    });
  }
  await t.step("no assertion at all", async () => {
    assert.match(
      await assertOAuthError(await redeem(test, client, ""), 400, "invalid_request"),
      /assertion is missing/,
    );
  });
  await t.step("from a client that did not register for the grant", async () => {
    const other = await register(test, { token_endpoint_auth_method: "client_secret_post" });
    const sent = await redeem(test, other, sign({ client_id: other.clientId }));
    await assertOAuthError(sent, 400, "unauthorized_client");
  });
});

Deno.test("POST /idp/token refuses a forged id_token (RFC 8725 3.1)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test, { grant_types: ["authorization_code", bearer] });
  const { id_token } = await getTokens(test, clientId, { scope: "openid" });
  const [header = "", payload = "", signature = ""] = String(id_token).split(".");
  const { keys } = await (await test.get("/oauth/jwks")).json();
  const key = keys.find(({ alg }: { alg: string }) => alg === "RS256");
  const pem = String(createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "pem" }));
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const confused = (kid: Record<string, string>): Promise<string> =>
    new SignJWT(claimsOf(String(id_token))).setProtectedHeader({ alg: "HS256", typ: "JWT", ...kid })
      .sign(new TextEncoder().encode(pem));
  const forged: Record<string, string> = {
    "alg none": `${encode({ alg: "none", typ: "JWT" })}.${payload}.`,
    "HS256 with the public key": await confused({ kid: key.kid }),
    "HS256 with the public key and no kid": await confused({}),
    "another subject": `${header}.${encode({ ...claimsOf(String(id_token)), sub: "root" })}.${signature}`,
  };
  for (const [name, subject_token] of Object.entries(forged)) {
    await t.step(name, async () => {
      const response = await test.postForm("/idp/token", { ...exchange, client_id: clientId, subject_token });
      assert.match(await assertOAuthError(response, 400, "invalid_request"), /subject_token is invalid/);
    });
  }
});

Deno.test("POST /idp/token refuses an id_token that is not this client's, not live, or not one (RFC 8693 2.2.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test, { grant_types: ["authorization_code", bearer] });
  const { clientId: other } = await register(test);
  const ask = (more: Record<string, string>): Promise<Response> =>
    test.postForm("/idp/token", { ...exchange, client_id: clientId, ...more });
  const { id_token: foreign } = await getTokens(test, other, { scope: "openid email profile" });
  await assertOAuthError(await ask({ subject_token: String(foreign) }), 400, "invalid_request");
  const { id_token, access_token } = await getTokens(test, clientId, { scope: "openid email profile" });
  await assertOAuthError(await ask({ subject_token: String(access_token) }), 400, "invalid_request");
  await assertOAuthError(await ask({}), 400, "invalid_request");
  await assertOAuthError(await ask({ subject_token: "x", requested_token_type: "urn:x" }), 400, "invalid_request");
  await assertOAuthError(await ask({ grant_type: "password" }), 400, "unsupported_grant_type");
  test.clock.nowMs += 3_600_000;
  await assertOAuthError(await ask({ subject_token: String(id_token) }), 400, "invalid_request");
});

Deno.test("a workload gets a token for its assertion, which may name the token endpoint (RFC 7523 2.1, 3)", async () => {
  await using test = await testApp();
  const client = await register(test, {
    redirect_uris: undefined,
    grant_types: [bearer],
    token_endpoint_auth_method: "client_secret_post",
  });
  for (const audience of [origin, `${origin}/oauth/token`]) {
    const asked = { grant_type: "client_credentials", audience, ...who(client) };
    const assertion = text(await json(await test.postForm("/idp/token", asked)), "access_token");
    const body = await json(await redeem(test, client, assertion, { scope: "mcp:read" }));
    const { sub, scope } = claimsOf(text(body, "access_token"));
    assert.deepEqual({ sub, scope }, { sub: `workload:${client.clientId}`, scope: "mcp:read" });
  }
});

Deno.test("the identity provider signs with a key of its own, whatever the algorithm (RFC 7517)", async (t) => {
  for (const alg of ["EdDSA", "ES256", "RS256"] as const) {
    await t.step(alg, async () => {
      await using test = await testApp({ alg });
      const [idp, server] = await Promise.all([test.get("/idp/jwks"), test.get("/oauth/jwks")]);
      const digest = async (response: Response): Promise<string> => hash("sha256", await response.text());
      assert.notEqual(await digest(idp), await digest(server));
      const client = await newClient(test);
      assert.equal((await redeem(test, client, await assertionFor(test, client))).status, 200);
    });
  }
});
