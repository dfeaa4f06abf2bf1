/** DPoP (RFC 9449): every way a proof can be wrong, at the token endpoint and at the resource. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import {
  calculateJwkThumbprint,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTHeaderParameters,
  SignJWT,
} from "jose";
import {
  assertErrorRedirect,
  assertOAuthError,
  authorizeQuery,
  claimsOf,
  codeFields,
  getCode,
  json,
  kvTestApp,
  origin,
  redirectOf,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

interface Prover {
  readonly jkt: string;
  readonly prove: (claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>) => Promise<string>;
}

let jti = 0;

/** Makes proofs for the token endpoint at the app's time, unless told otherwise. */
async function prover(test: TestApp, alg = "ES256"): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return {
    jkt: await calculateJwkThumbprint(jwk),
    prove: (claims = {}, header = {}) =>
      new SignJWT({
        htm: "POST",
        htu: `${origin}/oauth/token`,
        iat: Math.floor(test.clock.nowMs / 1000),
        jti: `proof-${++jti}`,
        ...claims,
      }).setProtectedHeader({ alg, typ: "dpop+jwt", jwk, ...header }).sign(privateKey),
  };
}

async function redeem(test: TestApp, clientId: string, proof: string, code?: string): Promise<Response> {
  const fields = codeFields(clientId, code ?? await getCode(test, clientId));
  return test.postForm("/oauth/token", fields, { dpop: proof });
}

function call(test: TestApp, authorization: string, proof?: string): Promise<Response> {
  return test.fetch("/oauth", {
    method: "POST",
    headers: {
      authorization,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(proof === undefined ? {} : { dpop: proof }),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "0" } },
    }),
  });
}

function athOf(token: string): string {
  return hash("sha256", token, "base64url");
}

Deno.test("POST /oauth/token binds tokens to the key of a proof (RFC 9449 5, 6.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const { jkt, prove } = await prover(test);
  const body = await json(await redeem(test, clientId, await prove()));
  assert.equal(body.token_type, "DPoP");
  const token = text(body, "access_token");
  assert.deepEqual(claimsOf(token).cnf, { jkt });
  const htu = `${origin}/oauth`;
  const answer = await call(test, `DPoP ${token}`, await prove({ htu: `${htu}?x=1#y`, ath: athOf(token) }));
  assert.equal(answer.status, 200);
});

Deno.test("POST /oauth/token refuses a proof that is not right (RFC 9449 4.3)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  const { prove } = await prover(test);
  const stranger = await prover(test);
  const seconds = Math.floor(test.clock.nowMs / 1000);
  const withPrivate = await exportJWK((await generateKeyPair("ES256", { extractable: true })).privateKey);
  const another = await exportJWK((await generateKeyPair("ES256", { extractable: true })).publicKey);
  const keyless = await new SignJWT({ jti: "keyless" }).setProtectedHeader({ alg: "ES256", typ: "dpop+jwt" })
    .sign((await generateKeyPair("ES256")).privateKey);
  const [head = "", payload = ""] = (await prove()).split(".");
  const none = btoa(JSON.stringify({ ...JSON.parse(atob(head)), alg: "none" })).replace(/=+$/, "");
  const cases: [string, string, RegExp][] = [
    ["for another method", await prove({ htm: "GET" }), /another method/],
    ["for another URL", await prove({ htu: `${origin}/oauth` }), /another URL/],
    ["for no URL", await prove({ htu: 5 }), /another URL/],
    ["too old", await prove({ iat: seconds - 301 }), /too old/],
    ["from the future", await prove({ iat: seconds + 301 }), /future/],
    ["without iat", await prove({ iat: undefined }), /iat/],
    ["without jti", await prove({ jti: undefined }), /jti/],
    ["of another type", await prove({}, { typ: "JWT" }), /typ/],
    ["without a key", keyless, /jwk|JSON Web Key/i],
    ["with a private key", await prove({}, { jwk: withPrivate }), /private key/],
    ["signed by another key", await prove({}, { jwk: another }), /signature/],
    ["unsigned", `${none}.${payload}.`, /alg/],
    ["no JWT", "nonsense", /not a DPoP proof/],
    ["two at once", `${await prove()}, ${await stranger.prove()}`, /more than one/],
  ];
  for (const [name, proof, message] of cases) {
    await t.step(name, async () => {
      const problem = await assertOAuthError(await redeem(test, clientId, proof, code), 400, "invalid_dpop_proof");
      assert.match(problem, message);
    });
  }
  await t.step("used before", async () => {
    const proof = await prove();
    assert.equal((await redeem(test, clientId, proof, code)).status, 200, "the code has outlived all of this");
    assert.match(await assertOAuthError(await redeem(test, clientId, proof), 400, "invalid_dpop_proof"), /used before/);
  });
});

Deno.test("a proof signed with a shared secret or an algorithm not offered is refused (RFC 9449 4.3)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const proof = await new SignJWT({ htm: "POST", htu: `${origin}/oauth/token`, jti: "a", iat: 1 })
    .setProtectedHeader({ alg: "HS256", typ: "dpop+jwt" }).sign(new Uint8Array(32));
  await assertOAuthError(await redeem(test, clientId, proof), 400, "invalid_dpop_proof");
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const spki = await exportSPKI(publicKey);
  const claims = { htm: "POST", htu: `${origin}/oauth/token`, iat: test.clock.nowMs / 1000 };
  const secrets: [name: string, header: Record<string, unknown>, secret: string][] = [
    ["the public key in PEM", { jwk }, spki],
    ["the public key as JWK", { jwk }, JSON.stringify(jwk)],
    [
      "a secret brought along",
      { jwk: { kty: "oct", k: Buffer.from("k".repeat(32)).toString("base64url") } },
      "k".repeat(32),
    ],
  ];
  for (const [name, header, secret] of secrets) {
    const forged = await new SignJWT({ ...claims, jti: name })
      .setProtectedHeader({ alg: "HS256", typ: "dpop+jwt", ...header }).sign(new TextEncoder().encode(secret));
    assert.match(await assertOAuthError(await redeem(test, clientId, forged), 400, "invalid_dpop_proof"), /alg/, name);
  }
  // The same key and claims, signed as they should be, do pass.
  const good = await new SignJWT({ ...claims, jti: "good" }).setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
    .sign(privateKey);
  assert.equal((await redeem(test, clientId, good)).status, 200);
  const { prove } = await prover(test, "ES384");
  await assertOAuthError(await redeem(test, clientId, await prove()), 400, "invalid_dpop_proof");
});

Deno.test("a proof is good for one request, on whatever process it arrives (RFC 9449 11.1)", async () => {
  using kv = await Deno.openKv(":memory:");
  await using here = await testApp({ kv });
  await using elsewhere = await testApp({ kv });
  const { clientId } = await register(here);
  const { prove } = await prover(here);
  const proof = await prove();
  const codes = [await getCode(here, clientId), await getCode(here, clientId), await getCode(here, clientId)];
  const apps = [here, elsewhere, elsewhere];
  const answers = await Promise.all(codes.map((code, at) => redeem(apps[at] ?? here, clientId, proof, code)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400]);
});

Deno.test("a client registered with dpop_bound_access_tokens gets no token without a proof (RFC 9449 5.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test, { dpop_bound_access_tokens: true });
  const { prove } = await prover(test);
  const code = await getCode(test, clientId);
  const bare = await test.postForm("/oauth/token", codeFields(clientId, code));
  assert.match(await assertOAuthError(bare, 400, "invalid_dpop_proof"), /dpop_bound_access_tokens/);
  const tokens = await json(await redeem(test, clientId, await prove(), code));
  const refresh = { grant_type: "refresh_token", client_id: clientId, refresh_token: text(tokens, "refresh_token") };
  await assertOAuthError(await test.postForm("/oauth/token", refresh), 400, "invalid_dpop_proof");
  assert.equal((await test.postForm("/oauth/token", refresh, { dpop: await prove() })).status, 200);
});

Deno.test("/oauth refuses a bound token without its proof, and challenges for DPoP (RFC 9449 7.1, 7.2)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const { prove } = await prover(test);
  const token = text(await json(await redeem(test, clientId, await prove())), "access_token");
  const plain = text(
    await json(await test.postForm("/oauth/token", codeFields(clientId, await getCode(test, clientId)))),
    "access_token",
  );
  const right = { htu: `${origin}/oauth`, ath: athOf(token) };
  const stranger = await prover(test);
  const used = await prove(right);
  assert.equal((await call(test, `DPoP ${token}`, used)).status, 200);
  const cases: [string, string, string | undefined, string][] = [
    ["as a bearer token", `Bearer ${token}`, undefined, "invalid_token"],
    ["as a bearer token with a proof", `Bearer ${token}`, await prove(right), "invalid_token"],
    ["without a proof", `DPoP ${token}`, undefined, "invalid_dpop_proof"],
    ["with another key's proof", `DPoP ${token}`, await stranger.prove(right), "invalid_token"],
    [
      "with a proof for another token",
      `DPoP ${token}`,
      await prove({ ...right, ath: athOf("x") }),
      "invalid_dpop_proof",
    ],
    ["with a proof for no token", `DPoP ${token}`, await prove({ htu: right.htu }), "invalid_dpop_proof"],
    ["with a proof for another URL", `DPoP ${token}`, await prove({ ath: right.ath }), "invalid_dpop_proof"],
    ["with a proof for another method", `DPoP ${token}`, await prove({ ...right, htm: "GET" }), "invalid_dpop_proof"],
    ["with a proof used before", `DPoP ${token}`, used, "invalid_dpop_proof"],
    ["and a bearer token with DPoP", `DPoP ${plain}`, await prove({ ...right, ath: athOf(plain) }), "invalid_token"],
  ];
  for (const [name, authorization, proof, code] of cases) {
    await t.step(name, async () => {
      const response = await call(test, authorization, proof);
      assert.equal(response.status, 401);
      const challenge = response.headers.get("www-authenticate") ?? "";
      assert(challenge.startsWith(`DPoP error="${code}", `), challenge);
      assert.match(challenge, /resource_metadata=/);
    });
  }
});

Deno.test("userinfo takes a bound token with its proof, and refuses it without (RFC 9449 7.1, 7.2)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const { prove } = await prover(test);
  const code = await getCode(test, clientId, { scope: "openid" });
  const token = text(await json(await redeem(test, clientId, await prove(), code)), "access_token");
  const scopeless = text(await json(await redeem(test, clientId, await prove())), "access_token");
  const userinfo = (authorization: string, proof?: string): Promise<Response> =>
    test.get("/oauth/userinfo", { authorization, ...(proof === undefined ? {} : { dpop: proof }) });
  const right = { htm: "GET", htu: `${origin}/oauth/userinfo`, ath: athOf(token) };
  const answer = await userinfo(`DPoP ${token}`, await prove(right));
  assert.equal(answer.status, 200);
  assert.deepEqual(await json(answer), { sub: claimsOf(token).sub });
  const posted = await test.fetch("/oauth/userinfo", {
    method: "POST",
    headers: { authorization: `DPoP ${token}`, dpop: await prove({ ...right, htm: "POST" }) },
  });
  assert.equal(posted.status, 200);
  const foreign = await (await prover(test)).prove(right);
  const cases: [string, string, string | undefined, string][] = [
    ["as a bearer token", `Bearer ${token}`, undefined, "invalid_token"],
    ["as a bearer token with a proof", `Bearer ${token}`, await prove(right), "invalid_token"],
    ["without a proof", `DPoP ${token}`, undefined, "invalid_dpop_proof"],
    ["with another key's proof", `DPoP ${token}`, foreign, "invalid_token"],
    [
      "with a proof for /oauth",
      `DPoP ${token}`,
      await prove({ ...right, htu: `${origin}/oauth` }),
      "invalid_dpop_proof",
    ],
    [
      "with a proof for another token",
      `DPoP ${token}`,
      await prove({ ...right, ath: athOf("x") }),
      "invalid_dpop_proof",
    ],
  ];
  for (const [name, authorization, proof, error] of cases) {
    await t.step(name, async () => {
      const response = await userinfo(authorization, proof);
      const challenge = response.headers.get("www-authenticate") ?? "";
      assert.match(challenge, new RegExp(`^DPoP error="${error}", .*, algs="ES256 EdDSA Ed25519 RS256"$`));
      await assertOAuthError(response, 401, error);
    });
  }
  await t.step("for another scope", async () => {
    const response = await userinfo(`DPoP ${scopeless}`, await prove({ ...right, ath: athOf(scopeless) }));
    assert.match(response.headers.get("www-authenticate") ?? "", /^DPoP error="insufficient_scope", .*scope="openid"/);
    await assertOAuthError(response, 403, "insufficient_scope");
  });
});

Deno.test("POST /oauth/introspect says of a bound token that it is, and to which key (RFC 9449 6.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const judge = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const { prove, jkt } = await prover(test);
  const tokens = await json(await redeem(test, clientId, await prove()));
  for (const [name, type] of [["access_token", "DPoP"], ["refresh_token", undefined]] as const) {
    const asked = { client_id: judge.clientId, client_secret: judge.secret, token: text(tokens, name) };
    const { active, token_type, cnf } = await json(await test.postForm("/oauth/introspect", asked));
    assert.deepEqual({ active, token_type, cnf }, { active: true, token_type: type, cnf: { jkt } });
  }
});

Deno.test("a code asked for with dpop_jkt is redeemed with that key alone (RFC 9449 10)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const owner = await prover(test);
  const thief = await prover(test);
  const code = await getCode(test, clientId, { dpop_jkt: owner.jkt });
  await assertOAuthError(await redeem(test, clientId, await thief.prove(), code), 400, "invalid_grant");
  await assertOAuthError(await test.postForm("/oauth/token", codeFields(clientId, code)), 400, "invalid_grant");
  assert.equal((await redeem(test, clientId, await owner.prove(), code)).status, 200);
  assertErrorRedirect(await test.get(authorizeQuery(clientId, { dpop_jkt: "short" })), "invalid_request");
});

Deno.test("refresh tokens of public clients are bound to the key, those of others to the client (RFC 9449 5)", async () => {
  await using test = await testApp();
  const owner = await prover(test);
  const thief = await prover(test);
  for (const method of ["none", "client_secret_post"]) {
    const { clientId, secret } = await register(test, { token_endpoint_auth_method: method });
    const who: Record<string, string> = secret === "" ? {} : { client_secret: secret };
    const fields = codeFields(clientId, await getCode(test, clientId), who);
    const first = await json(await test.postForm("/oauth/token", fields, { dpop: await owner.prove() }));
    const refresh = {
      grant_type: "refresh_token",
      client_id: clientId,
      ...who,
      refresh_token: text(first, "refresh_token"),
    };
    const response = await test.postForm("/oauth/token", refresh, { dpop: await thief.prove() });
    if (method !== "none") {
      assert.equal(response.status, 200);
      continue;
    }
    assert.match(await assertOAuthError(response, 400, "invalid_grant"), /another DPoP key/);
    await assertOAuthError(await test.postForm("/oauth/token", refresh), 400, "invalid_grant");
    const next = await test.postForm("/oauth/token", refresh, { dpop: await owner.prove() });
    assert.equal(next.status, 200, "a thief's attempts cost the owner nothing");
  }
});

Deno.test("the policy requireDpop takes and issues bound tokens alone, and a 401 says so without a token (RFC 9449 7.1)", async () => {
  await using lax = await kvTestApp();
  await using strict = await testApp({ kv: lax.kv, policy: { requireDpop: true } });
  const { clientId } = await register(strict);
  const algs = 'algs="ES256 EdDSA Ed25519 RS256"';
  const { prove } = await prover(strict);
  const bearer = text(
    await json(
      await lax.postForm("/oauth/token", codeFields(clientId, await getCode(lax, clientId, { scope: "openid" }))),
    ),
    "access_token",
  );
  for (const path of ["/oauth", "/oauth/userinfo"]) {
    const bare = await strict.get(path);
    assert.match(
      bare.headers.get("www-authenticate") ?? "",
      new RegExp(`^DPoP (resource_metadata="[^"]+", )?${algs}$`),
    );
    await assertOAuthError(bare, 401, "invalid_token");
    const unbound = await strict.get(path, { authorization: `Bearer ${bearer}` });
    assert.match(unbound.headers.get("www-authenticate") ?? "", /^DPoP error="invalid_token", /);
    assert.match(await assertOAuthError(unbound, 401, "invalid_token"), /is not bound to a key/);
    assert.doesNotMatch((await lax.get(path)).headers.get("www-authenticate") ?? "DPoP", /DPoP/);
  }
  const code = await getCode(strict, clientId);
  await assertOAuthError(await strict.postForm("/oauth/token", codeFields(clientId, code)), 400, "invalid_dpop_proof");
  const token = text(await json(await redeem(strict, clientId, await prove(), code)), "access_token");
  const proof = await prove({ htu: `${origin}/oauth`, ath: athOf(token) });
  assert.equal((await call(strict, `DPoP ${token}`, proof)).status, 200);
});

Deno.test("the policy requireDpopNonce asks for a nonce at both ends, good for ten minutes (RFC 9449 8, 9)", async () => {
  await using test = await testApp({ policy: { requireDpopNonce: true } });
  const { clientId } = await register(test);
  const { prove } = await prover(test);
  const asked = await redeem(test, clientId, await prove());
  await assertOAuthError(asked, 400, "use_dpop_nonce");
  assert.match(asked.headers.get("access-control-expose-headers") ?? "", /dpop-nonce/);
  const nonce = asked.headers.get("dpop-nonce") ?? "";
  const token = text(await json(await redeem(test, clientId, await prove({ nonce }))), "access_token");
  const right = { htu: `${origin}/oauth`, ath: athOf(token) };
  const challenged = await call(test, `DPoP ${token}`, await prove(right));
  assert.equal(challenged.status, 401);
  assert.match(challenged.headers.get("www-authenticate") ?? "", /^DPoP error="use_dpop_nonce"/);
  const second = challenged.headers.get("dpop-nonce") ?? "";
  assert.equal((await call(test, `DPoP ${token}`, await prove({ ...right, nonce: second }))).status, 200);
  test.clock.nowMs += 10 * 60 * 1000;
  assert.equal((await call(test, `DPoP ${token}`, await prove({ ...right, nonce }))).status, 401);
  await assertOAuthError(await redeem(test, clientId, await prove({ nonce: "made up" })), 400, "use_dpop_nonce");
});

Deno.test("a proof beside a pushed request binds its code to the key (RFC 9449 10.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const owner = await prover(test);
  const thief = await prover(test);
  const fields = Object.fromEntries(new URL(origin + authorizeQuery(clientId)).searchParams);
  const htu = `${origin}/oauth/par`;
  const push = async (more: Record<string, string>, proof: string): Promise<Response> =>
    await test.postForm("/oauth/par", { ...fields, ...more }, { dpop: proof });
  await assertOAuthError(await push({}, await owner.prove()), 400, "invalid_dpop_proof");
  await assertOAuthError(await push({ dpop_jkt: thief.jkt }, await owner.prove({ htu })), 400, "invalid_request");
  const { request_uri } = await json(await push({}, await owner.prove({ htu })));
  const query = new URLSearchParams({ client_id: clientId, request_uri: String(request_uri), auto_approve: "true" });
  const code = redirectOf(await test.get(`/oauth/authorize?${query}`)).searchParams.get("code") ?? "";
  await assertOAuthError(await redeem(test, clientId, await thief.prove(), code), 400, "invalid_grant");
  assert.equal((await redeem(test, clientId, await owner.prove(), code)).status, 200);
});
