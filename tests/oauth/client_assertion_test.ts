import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import {
  assertOAuthError,
  codeFields,
  getCode,
  json,
  type KvTestApp,
  kvTestApp,
  type KvTestOptions,
  origin,
  register,
  startMs,
  type TestApp,
} from "../helpers.ts";

const nowSeconds = startMs / 1000;
const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const pair = await generateKeyPair("ES256", { extractable: true });
const other = await generateKeyPair("ES256", { extractable: true });
const publicJwk = { ...await exportJWK(pair.publicKey), kid: "1", alg: "ES256", use: "sig" };

async function openApp(more: KvTestOptions = {}): Promise<KvTestApp> {
  const test = await kvTestApp(more);
  // Keys that are made beside a refusal would outlive the test.
  await (await test.get("/oauth/jwks")).body?.cancel();
  return test;
}

async function registerKeys(test: TestApp, more: Record<string, unknown> = {}): Promise<string> {
  const metadata = { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [publicJwk] }, ...more };
  const { clientId, secret } = await register(test, metadata);
  assert.equal(secret, "");
  return clientId;
}

let made = 0;

/** The claims of a good assertion, and what is to be wrong with them; undefined takes one away. */
function claims(clientId: string, wrong: Record<string, unknown> = {}): JWTPayload {
  const all = {
    iss: clientId,
    sub: clientId,
    aud: `${origin}/oauth/token`,
    iat: nowSeconds,
    exp: nowSeconds + 60,
    jti: `jti-${made++}`,
    ...wrong,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

async function sign(
  payload: JWTPayload,
  key: CryptoKey | Uint8Array = pair.privateKey,
  alg = "ES256",
): Promise<string> {
  return await new SignJWT(payload).setProtectedHeader({ alg, kid: "1" }).sign(key);
}

async function send(
  test: KvTestApp,
  clientId: string,
  assertion: string,
  more: Record<string, string> = {},
): Promise<Response> {
  const fields = codeFields(clientId, await getCode(test, clientId));
  return await test.postForm("/oauth/token", {
    ...fields,
    client_assertion_type: type,
    client_assertion: assertion,
    ...more,
  });
}

Deno.test("POST /oauth/token takes a private_key_jwt for the token endpoint or the issuer (RFC 7523 3)", async (t) => {
  await using test = await openApp();
  const clientId = await registerKeys(test);
  const good: Record<string, unknown>[] = [
    {},
    { aud: origin },
    { aud: ["https://other.example", origin] },
    { iat: undefined },
    { iat: nowSeconds + 30, nbf: nowSeconds + 30 },
  ];
  for (const variant of good) {
    await t.step(JSON.stringify(variant), async () => {
      const response = await send(test, clientId, await sign(claims(clientId, variant)));
      assert.equal(response.status, 200, await response.text());
    });
  }
  await t.step("without client_id in the body", async () => {
    const { client_id: _, ...fields } = codeFields(clientId, await getCode(test, clientId));
    const client_assertion = await sign(claims(clientId));
    const sent = { ...fields, client_assertion_type: type, client_assertion };
    assert.equal((await json(await test.postForm("/oauth/token", sent))).token_type, "Bearer");
  });
});

Deno.test("POST /oauth/token refuses an assertion whose claims are wrong (RFC 7523 3)", async (t) => {
  await using test = await openApp();
  const clientId = await registerKeys(test);
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ["another issuer", { iss: "https://idp.example" }, /its iss is wrong/],
    ["no issuer", { iss: undefined }, /its iss is missing/],
    ["another subject", { sub: "somebody" }, /its sub is not the client/],
    ["no subject", { sub: undefined }, /its sub/],
    ["another audience", { aud: "https://other.example/token" }, /its aud is wrong.*\/oauth\/token/],
    ["an audience that only begins right", { aud: `${origin}/oauth/tokens` }, /its aud is wrong/],
    ["another endpoint", { aud: `${origin}/oauth/par` }, /its aud is wrong/],
    ["no audience", { aud: undefined }, /its aud is missing/],
    ["no end", { exp: undefined }, /its exp is missing/],
    ["expired", { exp: nowSeconds - 61, iat: nowSeconds - 120 }, /expired/],
    ["a distant end", { exp: nowSeconds + 24 * 3600 }, /its exp is too far ahead/],
    ["made in the future", { iat: nowSeconds + 120 }, /its iat is in the future/],
    ["made long ago", { iat: nowSeconds - 2 * 3600 }, /its iat is too old/],
    ["not yet valid", { nbf: nowSeconds + 120 }, /its nbf/],
    ["no id", { jti: undefined }, /its jti is missing/],
    ["an empty id", { jti: "" }, /its jti/],
  ];
  for (const [name, wrong, expected] of cases) {
    await t.step(name, async () => {
      const response = await send(test, clientId, await sign(claims(clientId, wrong)));
      assert.match(await assertOAuthError(response, 401, "invalid_client"), expected);
    });
  }
});

Deno.test("POST /oauth/token takes an assertion once, on whatever process it arrives (RFC 7523 3, jti)", async () => {
  const kv = await Deno.openKv(":memory:");
  {
    await using one = await openApp({ kv });
    await using two = await openApp({ kv });
    const clientId = await registerKeys(one);
    const assertion = await sign(claims(clientId, { jti: "once" }));
    assert.equal((await send(one, clientId, assertion)).status, 200);
    for (const test of [one, two]) {
      assert.match(
        await assertOAuthError(await send(test, clientId, assertion), 401, "invalid_client"),
        /jti was used/,
      );
    }
    const asked = { token: "x", client_assertion_type: type, client_assertion: assertion };
    await assertOAuthError(await two.postForm("/oauth/introspect", asked), 401, "invalid_client");
    // Another client may happen upon the same id.
    const second = await registerKeys(one);
    assert.equal((await send(two, second, await sign(claims(second, { jti: "once" })))).status, 200);
  }
  kv.close();
});

Deno.test("POST /oauth/token refuses forged assertions (RFC 7515 10, RFC 8725 3.1)", async (t) => {
  await using test = await openApp();
  const clientId = await registerKeys(test);
  const refused = async (assertion: string, expected: RegExp): Promise<void> => {
    assert.match(await assertOAuthError(await send(test, clientId, assertion), 401, "invalid_client"), expected);
  };
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  await t.step("another key", async () => {
    await refused(await sign(claims(clientId), other.privateKey), /signature is wrong/);
  });
  await t.step("alg none", async () => {
    await refused(`${encode({ alg: "none" })}.${encode(claims(clientId))}.`, /alg is not accepted|cannot be verified/);
  });
  await t.step("HS256 with the public key", async () => {
    const texts = [await exportSPKI(pair.publicKey), JSON.stringify(publicJwk), publicJwk.x ?? ""];
    for (const text of texts) {
      await refused(await sign(claims(clientId), new TextEncoder().encode(text), "HS256"), /alg is not accepted/);
    }
  });
  await t.step("a key of its own in the header", async () => {
    const jwk = await exportJWK(other.publicKey);
    const forged = new SignJWT(claims(clientId)).setProtectedHeader({ alg: "ES256", jwk });
    await refused(await forged.sign(other.privateKey), /signature is wrong/);
  });
  await t.step("claims that were changed", async () => {
    const [header, , signature] = (await sign(claims(clientId))).split(".");
    await refused(`${header}.${encode(claims(clientId, { jti: "changed" }))}.${signature}`, /signature is wrong/);
  });
  await t.step("no JWT", () => refused("abc", /not a JWT/));
});

Deno.test("POST /oauth/token refuses another client's assertion, and a second way beside one (RFC 7523 3, RFC 6749 2.3)", async (t) => {
  await using test = await openApp();
  const mine = await registerKeys(test);
  const theirs = await registerKeys(test, { jwks: { keys: [{ ...await exportJWK(other.publicKey), kid: "1" }] } });
  await t.step("with their id inside", async () => {
    const response = await send(test, mine, await sign(claims(theirs), other.privateKey));
    assert.match(await assertOAuthError(response, 401, "invalid_client"), /sub is not the client/);
  });
  await t.step("with my id inside and their key", async () => {
    const response = await send(test, mine, await sign(claims(mine), other.privateKey));
    await assertOAuthError(response, 401, "invalid_client");
  });
  await t.step("for a code of mine", async () => {
    const code = await getCode(test, mine);
    const fields = { ...codeFields(theirs, code), client_assertion_type: type };
    const client_assertion = await sign(claims(theirs), other.privateKey);
    await assertOAuthError(await test.postForm("/oauth/token", { ...fields, client_assertion }), 400, "invalid_grant");
  });
  await t.step("beside a secret", async () => {
    const response = await send(test, mine, await sign(claims(mine)), { client_secret: "s" });
    await assertOAuthError(response, 400, "invalid_request");
  });
  await t.step("with another type", async () => {
    const response = await send(test, mine, await sign(claims(mine)), { client_assertion_type: "saml" });
    assert.match(await assertOAuthError(response, 400, "invalid_request"), /jwt-bearer/);
  });
  await t.step("none at all", async () => {
    const response = await test.postForm("/oauth/token", codeFields(mine, await getCode(test, mine)));
    assert.match(await assertOAuthError(response, 401, "invalid_client"), /assertion, but sent none/);
  });
  await t.step("of a client that registered a secret", async () => {
    const { clientId } = await register(test, { token_endpoint_auth_method: "client_secret_post" });
    const response = await send(test, clientId, await sign(claims(clientId)));
    assert.match(await assertOAuthError(response, 401, "invalid_client"), /another authentication method/);
  });
});

Deno.test("POST /oauth/token takes a client_secret_jwt, whose secret is kept encrypted (OpenID Connect Core 9)", async (t) => {
  await using test = await openApp();
  const { clientId, secret } = await register(test, { token_endpoint_auth_method: "client_secret_jwt" });
  const key = new TextEncoder().encode(secret);
  for (const alg of ["HS256", "HS384", "HS512"]) {
    await t.step(alg, async () => {
      assert.equal((await send(test, clientId, await sign(claims(clientId), key, alg))).status, 200);
    });
  }
  await t.step("another secret", async () => {
    const wrong = new TextEncoder().encode(`${secret}x`);
    await assertOAuthError(
      await send(test, clientId, await sign(claims(clientId), wrong, "HS256")),
      401,
      "invalid_client",
    );
  });
  await t.step("a signature instead of an HMAC", async () => {
    await assertOAuthError(await send(test, clientId, await sign(claims(clientId))), 401, "invalid_client");
  });
  await t.step("the secret itself", async () => {
    const fields = { ...codeFields(clientId, await getCode(test, clientId)), client_secret: secret };
    await assertOAuthError(await test.postForm("/oauth/token", fields), 401, "invalid_client");
  });
  await t.step("nothing stored shows it", async () => {
    const stored = JSON.stringify(
      await Array.fromAsync(test.kv.list({ prefix: ["main", "client"] })),
      (_, value) => typeof value === "bigint" ? String(value) : value,
    );
    assert(!stored.includes(secret) && !stored.includes(Buffer.from(secret).toString("base64url")));
    assert.match(stored, /encryptedSecret/);
  });
});

Deno.test("POST /oauth/token fetches a client's jwks_uri, remembers it, and asks again for a new key (RFC 7591 2)", async () => {
  let keys = [publicJwk];
  let fetched = 0;
  await using test = await openApp({
    fetch: () => (fetched++, Promise.resolve(Response.json({ keys }, { headers: { "cache-control": "max-age=600" } }))),
    resolveDns: () => Promise.resolve(["93.184.215.14"]),
  });
  const clientId = await registerKeys(test, { jwks: undefined, jwks_uri: "https://client.example/jwks" });
  for (const _ of [1, 2]) assert.equal((await send(test, clientId, await sign(claims(clientId)))).status, 200);
  assert.equal(fetched, 1);
  keys = [{ ...await exportJWK(other.publicKey), kid: "1", alg: "ES256", use: "sig" }];
  const turned = (): Promise<string> => sign(claims(clientId), other.privateKey);
  assert.equal((await send(test, clientId, await turned())).status, 401, "not twice within ten seconds");
  test.clock.nowMs += 10_000;
  assert.equal((await send(test, clientId, await turned())).status, 200);
  assert.equal(fetched, 2);
});

Deno.test("neither jwks_uri nor logo_uri makes the server call an address inside (SSRF)", async (t) => {
  const uris = [
    "https://127.0.0.1/jwks",
    "https://169.254.169.254/",
    "https://[::ffff:127.0.0.1]/",
    "https://inside.example/",
    "http://client.example/jwks",
    "https://localhost/jwks",
  ];
  for (const uri of uris) {
    await t.step(uri, async () => {
      let calls = 0;
      await using test = await openApp({
        fetch: () => (calls++, Promise.resolve(Response.json({ keys: [publicJwk] }))),
        resolveDns: (name) => Promise.resolve([name === "inside.example" ? "10.0.0.1" : "93.184.215.14"]),
      });
      const clientId = await registerKeys(test, { jwks: undefined, jwks_uri: uri, logo_uri: uri });
      const response = await send(test, clientId, await sign(claims(clientId)));
      assert.match(await assertOAuthError(response, 401, "invalid_client"), /keys cannot be used/);
      const page = await test.get(
        `/oauth/authorize?client_id=${clientId}&response_type=code&code_challenge=${
          "a".repeat(43)
        }&code_challenge_method=S256`,
      );
      assert.equal(page.status, 200);
      await page.body?.cancel();
      assert.equal(calls, 0);
    });
  }
  await t.step("by redirect", async () => {
    const asked: string[] = [];
    await using test = await openApp({
      fetch: ({ url }) => (asked.push(url), Promise.resolve(Response.redirect("https://[::ffff:169.254.169.254]/"))),
      resolveDns: () => Promise.resolve(["93.184.215.14"]),
    });
    const clientId = await registerKeys(test, { jwks: undefined, jwks_uri: "https://client.example/jwks" });
    await assertOAuthError(await send(test, clientId, await sign(claims(clientId))), 401, "invalid_client");
    assert.deepEqual(asked, ["https://client.example/jwks"]);
  });
});

Deno.test("POST /oauth/register asks clients that sign for public keys and an algorithm that fits (RFC 7591 2)", async (t) => {
  await using test = await openApp();
  const base = { redirect_uris: ["https://client.example/cb"], token_endpoint_auth_method: "private_key_jwt" };
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ["no keys", {}, /jwks or jwks_uri/],
    ["both", { jwks: { keys: [publicJwk] }, jwks_uri: "https://client.example/jwks" }, /one of them/],
    ["a private key", { jwks: { keys: [await exportJWK(pair.privateKey)] } }, /public keys alone/],
    ["a secret", { jwks: { keys: [{ kty: "oct", k: "c2VjcmV0" }] } }, /public keys alone/],
    ["HS256", { jwks: { keys: [publicJwk] }, token_endpoint_auth_signing_alg: "HS256" }, /signing_alg/],
    ["none", { jwks: { keys: [publicJwk] }, token_endpoint_auth_signing_alg: "none" }, /signing_alg/],
  ];
  for (const [name, more, expected] of cases) {
    await t.step(name, async () => {
      const response = await test.postJson("/oauth/register", { ...base, ...more });
      assert.match(await assertOAuthError(response, 400, "invalid_client_metadata"), expected);
    });
  }
  await t.step("the algorithm binds", async () => {
    const clientId = await registerKeys(test, { token_endpoint_auth_signing_alg: "RS256" });
    const response = await send(test, clientId, await sign(claims(clientId)));
    assert.match(await assertOAuthError(response, 401, "invalid_client"), /alg is not accepted; expected RS256/);
  });
});
