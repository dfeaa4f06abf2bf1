/** Signing keys: their rotation, and tokens that try to pass without one. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac, createPublicKey } from "node:crypto";
import * as jose from "jose";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createKeyRing, type Keys } from "../../lib/oauth/keys/keys.ts";
import { createKeyTable, type SigningAlgorithm } from "../../lib/oauth/keys/key_table.ts";
import { createStore } from "../../lib/store/kv.ts";
import {
  assertOAuthError,
  callOauth,
  getTokens,
  type KvTestApp,
  kvTestApp,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

/** The keys of a sandbox as another process on the same database has them. */
function keysElsewhere({ kv }: Pick<KvTestApp, "kv">, alg: SigningAlgorithm = "EdDSA"): Promise<Keys> {
  const chance = createChance(randomBytes);
  return createKeyRing(createKeyTable(createStore(kv, chance)), alg, chance, () => startMs)("main");
}

async function jwks({ get }: TestApp): Promise<jose.JSONWebKeySet> {
  return await (await get("/oauth/jwks")).json();
}

async function accessToken(test: TestApp, more: Record<string, string> = {}): Promise<string> {
  const { clientId } = await register(test);
  return text(await getTokens(test, clientId, more), "access_token");
}

Deno.test("rotated keys sign, replaced ones verify what they signed, and the JWKS has both (OpenID Connect Core 10.1.1)", async (t) => {
  for (const alg of ["EdDSA", "ES256", "RS256"] as const) {
    await t.step(alg, async () => {
      await using test = await kvTestApp({ alg });
      const before = await accessToken(test);
      const { keys: oldKeys } = await jwks(test);
      await (await keysElsewhere(test, alg)).rotate({ nowMs: startMs });
      const published = await jwks(test);
      assert.equal(published.keys.length, 2 * oldKeys.length);
      for (const { kid } of oldKeys) assert(published.keys.some((key) => key.kid === kid), kid);
      const after = await accessToken(test);
      assert.notEqual(jose.decodeProtectedHeader(after).kid, jose.decodeProtectedHeader(before).kid);
      for (const token of [before, after]) {
        assert.equal((await callOauth(test, token)).status, 200);
        await jose.jwtVerify(token, jose.createLocalJWKSet(published), { algorithms: [alg] });
      }
    });
  }
});

Deno.test("a process that meets a key it does not know looks for it in the store", async () => {
  using kv = await Deno.openKv(":memory:");
  await using one = await testApp({ kv });
  const before = await accessToken(one);
  assert.equal((await callOauth(one, before)).status, 200);
  await (await keysElsewhere({ kv })).rotate({ nowMs: startMs });
  await using two = await testApp({ kv });
  const after = await accessToken(two);
  assert.notEqual(jose.decodeProtectedHeader(after).kid, jose.decodeProtectedHeader(before).kid);
  for (const app of [one, two]) {
    for (const token of [after, before]) assert.equal((await callOauth(app, token)).status, 200);
  }
  // It signs with the new key from now on, too.
  assert.equal(jose.decodeProtectedHeader(await accessToken(one)).kid, jose.decodeProtectedHeader(after).kid);
});

Deno.test("a process that meets no such key signs with the new one after a minute", async () => {
  await using test = await kvTestApp();
  const kidOfNext = async (): Promise<unknown> => jose.decodeProtectedHeader(await accessToken(test)).kid;
  const before = await kidOfNext();
  await (await keysElsewhere(test)).rotate({ nowMs: startMs });
  test.clock.nowMs += 59_999;
  assert.equal(await kidOfNext(), before);
  test.clock.nowMs += 1;
  assert.notEqual(await kidOfNext(), before);
});

Deno.test("a replaced key with a time to live verifies until then, also what was verified before", async () => {
  await using test = await kvTestApp();
  const token = await accessToken(test);
  assert.equal((await callOauth(test, token)).status, 200);
  assert.equal((await jwks(test)).keys.length, 2);
  await (await keysElsewhere(test)).rotate({ nowMs: startMs, keepOldMs: 60_000 });
  assert.equal((await jwks(test)).keys.length, 4);
  test.clock.nowMs += 59_999;
  assert.equal((await callOauth(test, token)).status, 200);
  test.clock.nowMs += 1;
  assert.match(await assertOAuthError(await callOauth(test, token), 401, "invalid_token"), /not one of this server's/);
  assert.equal((await jwks(test)).keys.length, 2);
});

Deno.test("a replaced key is dropped when the last token it signed has run out (OpenID Connect Core 10.1.1)", async () => {
  await using test = await kvTestApp();
  const kids = async (alg: string): Promise<readonly unknown[]> =>
    (await jwks(test)).keys.filter((key) => key.alg === alg).map(({ kid }) => kid);
  const [short, long] = [
    await accessToken(test, { expires_in: "600" }),
    await accessToken(test, { expires_in: "3600" }),
  ];
  const { clientId } = await register(test);
  const idToken = text(await getTokens(test, clientId, { scope: "openid", expires_in: "5" }), "id_token");
  const kidOf = (token: string): unknown => jose.decodeProtectedHeader(token).kid;
  await (await keysElsewhere(test)).rotate({ nowMs: startMs });
  assert.equal((await kids("EdDSA")).at(-1), kidOf(long));
  test.clock.nowMs += 3_599_999;
  assert.equal((await callOauth(test, long)).status, 200);
  assert.match(await assertOAuthError(await callOauth(test, short), 401, "invalid_token"), /expired/);
  assert((await kids("RS256")).includes(kidOf(idToken)));
  // A minute more is noted than was needed, so that a note is not written for every token.
  test.clock.nowMs += 60_001;
  assert.deepEqual([(await kids("EdDSA")).length, (await kids("RS256")).length], [1, 1]);
  assert.match(await assertOAuthError(await callOauth(test, long), 401, "invalid_token"), /not one of this server's/);
});

Deno.test("a replaced key stays while a token of it does not expire, also one signed after it was replaced", async () => {
  using kv = await Deno.openKv(":memory:");
  await using one = await testApp({ kv });
  await using two = await testApp({ kv });
  const short = await accessToken(one, { expires_in: "60" });
  await (await keysElsewhere({ kv })).rotate({ nowMs: startMs });
  // It has not heard of the rotation yet.
  const lasting = await accessToken(one);
  assert.equal(jose.decodeProtectedHeader(lasting).kid, jose.decodeProtectedHeader(short).kid);
  for (const { clock } of [one, two]) clock.nowMs += 365 * 24 * 60 * 60 * 1000;
  for (const app of [one, two]) {
    assert.equal((await callOauth(app, lasting)).status, 200);
    assert.match(await assertOAuthError(await callOauth(app, short), 401, "invalid_token"), /expired/);
  }
});

Deno.test("/oauth refuses a token from the future, and one whose time has not come (RFC 7519 4.1.5, 4.1.6)", async (t) => {
  await using test = await kvTestApp();
  const { signing } = await keysElsewhere(test);
  const claims = jose.decodeJwt(await accessToken(test));
  const sign = (more: Record<string, number>): string => {
    const payload = Buffer.from(JSON.stringify({ ...claims, ...more })).toString("base64url");
    const input = `${signing.headers["at+jwt"]}.${payload}`;
    return `${input}.${signing.sign(input)}`;
  };
  const seconds = startMs / 1000;
  const cases: [name: string, claims: Record<string, number>, isGood: boolean][] = [
    ["signed by a clock that is a minute ahead", { iat: seconds + 60 }, true],
    ["signed by a clock that is further ahead", { iat: seconds + 61 }, false],
    ["good from now on", { nbf: seconds }, true],
    ["good from a minute ahead", { nbf: seconds + 60 }, true],
    ["good later", { nbf: seconds + 61 }, false],
    ["good a second ago", { exp: seconds - 1 }, false],
    ["good until now", { exp: seconds }, false],
    ["good for a second more", { exp: seconds + 1 }, true],
  ];
  for (const [name, more, isGood] of cases) {
    await t.step(name, async () => {
      const response = await callOauth(test, sign(more));
      if (isGood) assert.equal(response.status, 200);
      else assert.match(await assertOAuthError(response, 401, "invalid_token"), /expired|not valid yet/);
    });
  }
});

Deno.test("keys rotated in many processes at once are all kept", async () => {
  await using test = await kvTestApp();
  const { keys: [first] } = await jwks(test);
  const rings = await Promise.all(Array.from({ length: 4 }, () => keysElsewhere(test)));
  await Promise.all(rings.map((keys) => keys.rotate({ nowMs: startMs })));
  const { keys } = await jwks(test);
  const kids = keys.filter(({ alg }) => alg === "EdDSA").map(({ kid }) => kid);
  assert.equal(new Set(kids).size, 5);
  assert.equal(kids.at(-1), first?.kid);
});

Deno.test("a known key costs no read of the key table: one round trip an /oauth call", async () => {
  using kv = await Deno.openKv(":memory:");
  const read: string[] = [];
  const watched = new Proxy(kv, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        if (name === "getMany" || name === "get") read.push(JSON.stringify(args[0]));
        return Reflect.apply(member, target, args);
      };
    },
  });
  await using test = await testApp({ kv: watched });
  const token = await accessToken(test);
  const call = (): Promise<Response> => test.get("/oauth/userinfo", { authorization: `Bearer ${token}` });
  await call();
  read.length = 0;
  await call();
  assert.equal(read.length, 1, read.join("\n"));
  assert.doesNotMatch(read.join(), /"key"/);
});

Deno.test("/oauth takes no word of a token for how to verify it (RFC 8725 3.1)", async (t) => {
  await using test = await testApp();
  const token = await accessToken(test);
  const [, payload = "", signature = ""] = token.split(".");
  const { keys: [jwk, rsa] } = await jwks(test);
  assert(jwk && rsa?.alg === "RS256");
  const header = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const pemOf = (key: object): string =>
    String(createPublicKey({ key: { ...key }, format: "jwk" }).export({ type: "spki", format: "pem" }));
  const pem = pemOf(jwk);
  const hmac = (key: string | Buffer, protectedHeader: object): string => {
    const input = `${header(protectedHeader)}.${payload}`;
    return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
  };
  const { kid } = jwk;
  const hs256 = { alg: "HS256", typ: "at+jwt", kid };
  const stranger = await jose.generateKeyPair("EdDSA");
  const bySomeoneElse = await new jose.SignJWT(jose.decodeJwt(token))
    .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid: kid ?? "" }).sign(stranger.privateKey);
  const forged: Record<string, string> = {
    "alg none": `${header({ alg: "none", typ: "at+jwt", kid })}.${payload}.`,
    "alg none, signed": `${header({ alg: "none", typ: "at+jwt", kid })}.${payload}.${signature}`,
    "HS256 with the public key in PEM": hmac(pem, hs256),
    "HS256 with the public key's bytes": hmac(Buffer.from(jwk.x ?? "", "base64url"), hs256),
    "HS256 with the public key as JWK": hmac(JSON.stringify(jwk), hs256),
    "HS256 with the id_token key in PEM": hmac(pemOf(rsa), { ...hs256, kid: rsa.kid }),
    "HS256 with the id_token key in PEM, under the other's kid": hmac(pemOf(rsa), hs256),
    "RS256 in the header, HMAC in fact": hmac(pemOf(rsa), { alg: "RS256", typ: "at+jwt", kid: rsa.kid }),
    "EdDSA in the header, HMAC in fact": hmac(pem, { ...hs256, alg: "EdDSA" }),
    "a stranger's key under our kid": bySomeoneElse,
    "a key brought along": hmac("k", { ...hs256, jwk: { kty: "oct", k: "aw" } }),
    "no kid": `${header({ alg: "EdDSA", typ: "at+jwt" })}.${payload}.${signature}`,
    "unknown kid": `${header({ alg: "EdDSA", typ: "at+jwt", kid: "x" })}.${payload}.${signature}`,
    "five parts": `${token}..`,
  };
  for (const [name, attempt] of Object.entries(forged)) {
    await t.step(name, async () => {
      await assertOAuthError(await callOauth(test, attempt), 401, "invalid_token");
    });
  }
  assert.equal((await callOauth(test, token)).status, 200);
});
