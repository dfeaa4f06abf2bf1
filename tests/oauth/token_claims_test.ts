/** Tokens whose signature is good and whose contents are not: claims of another type, other spellings, odd headers. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose";
import {
  assertOAuthError,
  callOauth,
  codeFields,
  getCode,
  getTokens,
  json,
  origin,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";
import { control, send } from "../control/helpers.ts";

/** What comes of a token at every place that takes one. */
interface Outcome {
  readonly mcp: number;
  readonly userinfo: number;
  readonly introspect: boolean;
  readonly revoke: number;
  readonly control: number;
}

const good: Outcome = { mcp: 200, userinfo: 200, introspect: true, revoke: 200, control: 200 };
/** Refused like any token that is not known; a revocation of it has nothing to do (RFC 7009 2.2). */
const malformed: Outcome = { mcp: 401, userinfo: 401, introspect: false, revoke: 200, control: 400 };
const refused: Outcome = { ...good, mcp: 401, userinfo: 401, introspect: false };
const otherAudience: Outcome = { ...good, mcp: 401 };
const withoutOpenid: Outcome = { ...good, userinfo: 403 };
const otherClient: Outcome = { ...good, revoke: 400 };

const values: readonly unknown[] = [0, null, {}, [], "", "x", true, -1, 1e308];

/** What comes of the values that are of a claim's type, as JSON; all others make the token malformed. */
const outcomes: Readonly<Record<string, Readonly<Record<string, Outcome>>>> = {
  iss: { '""': refused, '"x"': refused },
  sub: { '""': good, '"x"': good },
  aud: { '""': otherAudience, '"x"': otherAudience, "[]": otherAudience },
  client_id: { '""': otherClient, '"x"': otherClient },
  scope: { '""': withoutOpenid, '"x"': withoutOpenid },
  iat: { "0": good, "-1": good },
  exp: { "0": refused, "-1": refused },
  nbf: { "0": good, "-1": good },
  jti: { '""': good, '"x"': good },
  sid: { '""': good, '"x"': good },
  email: { '""': good, '"x"': good },
  name: { '""': good, '"x"': good },
  cnf: {},
};

type Client = Awaited<ReturnType<typeof register>>;

async function mint(test: TestApp, { clientId }: Client, claims: Record<string, unknown>): Promise<string> {
  const asked = { user: "a@b.co", scope: "openid mcp:read", client_id: clientId, claims };
  return text(await control(test, "POST /control/tokens", asked), "access_token");
}

function basic({ clientId, secret }: Client): Record<string, string> {
  return { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` };
}

async function outcomeOf(test: TestApp, client: Client, token: string): Promise<Outcome> {
  const mcp = (await callOauth(test, token)).status;
  const userinfo = (await test.get("/oauth/userinfo", { authorization: `Bearer ${token}` })).status;
  const introspected = await test.postForm("/oauth/introspect", { token }, basic(client));
  assert.equal(introspected.status, 200);
  const introspect = (await json(introspected)).active === true;
  const revoke = (await test.postForm("/oauth/revoke", { token }, basic(client))).status;
  return {
    mcp,
    userinfo,
    introspect,
    revoke,
    control: (await send(test, "POST /control/tokens/revoke", { token })).status,
  };
}

for (const [claim, expected] of Object.entries(outcomes)) {
  Deno.test(`a token whose ${claim} is of another type is refused as malformed wherever it is taken (RFC 9068 2.2)`, async (t) => {
    await using test = await testApp();
    const client = await register(test, { token_endpoint_auth_method: "client_secret_basic" });
    for (const value of values) {
      await t.step(JSON.stringify(value), async () => {
        const token = await mint(test, client, { [claim]: value });
        assert.deepEqual(await outcomeOf(test, client, token), expected[JSON.stringify(value)] ?? malformed);
      });
    }
    assert.equal((await test.get("/control/tokens")).status, 200);
  });
}

Deno.test("a token whose jti or sid is longer than a key of the database can hold is malformed wherever it is taken (RFC 9068 2.2)", async (t) => {
  await using test = await testApp();
  for (const claim of ["jti", "sid"]) {
    // What was revoked by one of the two would be by the other.
    await control(test, "POST /control/reset");
    const client = await register(test, { token_endpoint_auth_method: "client_secret_basic" });
    for (const [sign, length, outcome] of [["x", 500, good], ["漢", 500, good], ["x", 501, malformed]] as const) {
      await t.step(`${claim}: ${length} times ${sign}`, async () => {
        const token = await mint(test, client, { [claim]: sign.repeat(length) });
        assert.deepEqual(await outcomeOf(test, client, token), outcome);
      });
    }
  }
  const sessionId = `session-${"1".repeat(2000)}-0000000`;
  const refused = await send(test, "POST /control/tokens/revoke", { session_id: sessionId });
  await assertOAuthError(refused, 400, "invalid_request");
});

Deno.test("a refusal names the malformed claim, what it was and what it should be (RFC 9068 2.2)", async () => {
  await using test = await testApp();
  const client = await register(test, { token_endpoint_auth_method: "client_secret_basic" });
  const described = async (claims: Record<string, unknown>): Promise<string> =>
    await assertOAuthError(await callOauth(test, await mint(test, client, claims)), 401, "invalid_token");
  assert.match(await described({ exp: "x" }), /claim exp is malformed; received 'x'; expected a time in seconds/);
  assert.match(await described({ aud: null }), /claim aud is malformed; received 'null'; expected a string or a list/);
  assert.match(await described({ aud: ["x", 1] }), /claim aud is malformed/);
  assert.match(await described({ cnf: { jkt: 1 } }), /claim cnf is malformed/);
  assert.match(await described({ jti: { toString: 1 } }), /claim jti is malformed/);
  assert.equal((await callOauth(test, await mint(test, client, { exp: 8.64e12, roles: [null] }))).status, 200);
});

/** The same bytes in other spellings: padding, bits that no byte needs, the other alphabet, white space. */
function respelled(segment: string): readonly string[] {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const next = alphabet[alphabet.indexOf(segment.at(-1) ?? "") ^ 1];
  const all = [`${segment}=`, `${segment}==`, `${segment}!`, segment.slice(0, -1) + next];
  const bytes = Buffer.from(segment, "base64url");
  return all.filter((other) => Buffer.from(other, "base64url").equals(bytes));
}

/** A JWT with each of its parts in other spellings. */
function respelledJwt(jwt: string): readonly string[] {
  const parts = jwt.split(".");
  return parts.flatMap((part, index) => respelled(part).map((other) => parts.with(index, other).join(".")));
}

Deno.test("a token has one spelling: no padding, no unused bits (RFC 7515 2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const token = text(await getTokens(test, clientId), "access_token");
  assert.equal((await callOauth(test, token)).status, 200);
  const others = respelledJwt(token);
  assert(others.length >= 9, `${others.length}`);
  for (const other of others) await assertOAuthError(await callOauth(test, other), 401, "invalid_token");
});

Deno.test("a DPoP proof and a client assertion have one spelling (RFC 7515 2)", async () => {
  await using test = await testApp();
  const { privateKey, publicKey } = await generateKeyPair("Ed25519", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const { clientId } = await register(test);
  const nowSeconds = startMs / 1000;
  let made = 0;
  const prove = (): Promise<string> =>
    new SignJWT({ htm: "POST", htu: `${origin}/oauth/token`, iat: nowSeconds, jti: `p${++made}` })
      .setProtectedHeader({ alg: "Ed25519", typ: "dpop+jwt", jwk }).sign(privateKey);
  const redeem = async (dpop: string): Promise<Response> =>
    test.postForm("/oauth/token", codeFields(clientId, await getCode(test, clientId)), { dpop });
  assert.equal((await redeem(await prove())).status, 200);
  for (const other of respelledJwt(await prove())) {
    await assertOAuthError(await redeem(other), 400, "invalid_dpop_proof");
  }

  const signer = await register(test, { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [jwk] } });
  const assertion = (): Promise<string> =>
    new SignJWT({ iss: signer.clientId, sub: signer.clientId, aud: origin, exp: nowSeconds + 60, jti: `a${++made}` })
      .setProtectedHeader({ alg: "Ed25519" }).sign(privateKey);
  const authenticate = async (client_assertion: string): Promise<Response> =>
    test.postForm("/oauth/token", {
      ...codeFields(signer.clientId, await getCode(test, signer.clientId)),
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion,
    });
  assert.equal((await authenticate(await assertion())).status, 200);
  for (const other of respelledJwt(await assertion())) {
    await assertOAuthError(await authenticate(other), 401, "invalid_client");
  }
});

/** An object that has no text. */
const textless = { toString: 1 };

Deno.test("whatever stands in a JWT's header, a token is refused and nothing fails (RFC 9068 4)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const [head = "", payload = "", signature = ""] = text(await getTokens(test, clientId), "access_token").split(".");
  const header = JSON.parse(Buffer.from(head, "base64url").toString());
  for (const name of ["alg", "typ", "kid"]) {
    for (const value of [...values, textless, ["at+jwt"]]) {
      await t.step(`${name} ${JSON.stringify(value)}`, async () => {
        const odd = Buffer.from(JSON.stringify({ ...header, [name]: value })).toString("base64url");
        await assertOAuthError(await callOauth(test, `${odd}.${payload}.${signature}`), 401, "invalid_token");
      });
    }
  }
  for (const header of values) {
    const odd = Buffer.from(JSON.stringify(header)).toString("base64url");
    await assertOAuthError(await callOauth(test, `${odd}.${payload}.${signature}`), 401, "invalid_token");
  }
});

Deno.test("whatever claims a DPoP proof has, it is refused and nothing fails (RFC 9449 4.3)", async (t) => {
  await using test = await testApp();
  const { privateKey, publicKey } = await generateKeyPair("Ed25519", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const token = await mint(test, await register(test), { cnf: { jkt: await calculateJwkThumbprint(jwk) } });
  for (const name of ["htm", "htu", "iat", "jti", "ath", "nonce"]) {
    for (const value of [...values, textless]) {
      await t.step(`${name} ${JSON.stringify(value)}`, async () => {
        const claims = { htm: "GET", htu: `${origin}/oauth/userinfo`, iat: startMs / 1000, jti: "j", [name]: value };
        const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString("base64url");
        const input = `${encode({ alg: "EdDSA", typ: "dpop+jwt", jwk })}.${encode(claims)}`;
        const signature = await crypto.subtle.sign("Ed25519", privateKey, new TextEncoder().encode(input));
        const dpop = `${input}.${Buffer.from(signature).toString("base64url")}`;
        const { status } = await test.get("/oauth/userinfo", { authorization: `DPoP ${token}`, dpop });
        assert.equal(status, 401);
      });
    }
  }
});

Deno.test("a client with invalid keys cannot authenticate, and nothing fails (RFC 7523 3)", async (t) => {
  await using test = await testApp();
  const { privateKey } = await generateKeyPair("ES256");
  const odd: readonly Record<string, unknown>[] = [
    { kty: "EC" },
    { kty: "EC", crv: "P-256" },
    { kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA" },
    { kty: "EC", crv: "P-256", x: 1, y: {} },
    { kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA", key_ops: "verify", ext: 5 },
    { kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA", alg: {}, use: [] },
    { kty: "EC", crv: {} },
    { kty: "toString" },
    {},
  ];
  for (const key of odd) {
    for (const copies of [1, 2]) {
      await t.step(`${copies} x ${JSON.stringify(key)}`, async () => {
        const keys = Array(copies).fill(key);
        const { clientId } = await register(test, { token_endpoint_auth_method: "private_key_jwt", jwks: { keys } });
        const assertion = await new SignJWT({
          iss: clientId,
          sub: clientId,
          aud: origin,
          exp: startMs / 1000 + 60,
          jti: crypto.randomUUID(),
        }).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
        const response = await test.postForm("/oauth/token", {
          grant_type: "refresh_token",
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: assertion,
        });
        await assertOAuthError(response, 401, "invalid_client");
      });
    }
  }
});
