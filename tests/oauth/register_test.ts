import assert from "node:assert/strict";
import {
  assertOAuthError,
  json,
  kvTestApp,
  origin,
  publicClient,
  redirectUri,
  startMs,
  testApp,
  text,
} from "../helpers.ts";

Deno.test("POST /oauth/register registers public and confidential clients (RFC 7591 3.2.1)", async (t) => {
  await using test = await testApp();
  for (const method of ["none", "client_secret_post", "client_secret_basic"]) {
    await t.step(method, async () => {
      const response = await test.postJson("/oauth/register", { ...publicClient, token_endpoint_auth_method: method });
      assert.equal(response.status, 201);
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      const body = await json(response);
      assert.equal(body.token_endpoint_auth_method, method);
      assert.equal(body.client_id_issued_at, Math.floor(startMs / 1000));
      if (method === "none") {
        assert(!("client_secret" in body) && !("client_secret_expires_at" in body));
      } else {
        assert.match(text(body, "client_secret"), /^secret_[A-Za-z0-9_-]{43}$/);
        assert.equal(body.client_secret_expires_at, 0);
      }
    });
  }
});

Deno.test("POST /oauth/register echoes all metadata it knows and ignores the rest (RFC 7591 2, 3.2.1)", async () => {
  await using test = await testApp();
  const known = {
    ...publicClient,
    response_types: ["code"],
    client_uri: "https://client.example/",
    logo_uri: "https://client.example/logo.png",
    scope: "a b",
    contacts: ["ada@example.com"],
    tos_uri: "https://client.example/tos",
    policy_uri: "https://client.example/policy",
    jwks: { keys: [] },
    software_id: "4NRB1-0XZABZI9E6-5SM3R",
    software_version: "1.0",
    application_type: "web",
    dpop_bound_access_tokens: true,
  };
  const body = await json(
    await test.postJson("/oauth/register", { ...known, favourite_colour: "blue", tos_uri: known.tos_uri }),
  );
  const { client_id, client_id_issued_at, registration_access_token, registration_client_uri, ...rest } = body;
  assert.match(String(client_id), /^client_/);
  assert.equal(typeof client_id_issued_at, "number");
  assert.match(String(registration_access_token), /^registration_[A-Za-z0-9_-]{43}$/);
  assert.equal(registration_client_uri, `${origin}/oauth/register/${client_id}`);
  assert.deepEqual(rest, known);
});

Deno.test("POST /oauth/register fills in the defaults of RFC 7591 2", async () => {
  await using test = await testApp();
  const body = await json(await test.postJson("/oauth/register", { redirect_uris: [redirectUri] }));
  assert.deepEqual(body.grant_types, ["authorization_code"]);
  assert.deepEqual(body.response_types, ["code"]);
  assert.equal(body.token_endpoint_auth_method, "client_secret_basic");
  assert.equal(typeof body.client_secret, "string");
});

Deno.test("POST /oauth/register registers what it knows of the grants a client asks for, as VS Code does (RFC 7591 2)", async () => {
  await using test = await testApp();
  const device = "urn:ietf:params:oauth:grant-type:device_code";
  const body = await json(
    await test.postJson("/oauth/register", {
      ...publicClient,
      grant_types: ["authorization_code", device, "urn:example:grant", "refresh_token"],
    }),
  );
  assert.deepEqual(body.grant_types, ["authorization_code", "refresh_token", device]);
});

Deno.test("POST /oauth/register takes null and empty members as absent", async () => {
  await using test = await testApp();
  const body = await json(await test.postJson("/oauth/register", { ...publicClient, logo_uri: null, client_uri: "" }));
  assert(!("logo_uri" in body) && !("client_uri" in body));
});

Deno.test("POST /oauth/register takes the redirect URIs that OAuth 2.1 and RFC 8252 allow", async (t) => {
  await using test = await testApp();
  const uris = [
    "https://client.example/cb",
    "https://client.example:8443/cb?tenant=1",
    "http://localhost:3000/cb",
    "http://127.0.0.1/cb",
    "http://[::1]:9/cb",
    "http://app.localhost:3000/cb",
    "cursor://anysphere.cursor-retrieval/oauth/callback",
    "com.example.app:/oauth2redirect",
  ];
  for (const uri of uris) {
    await t.step(uri, async () => {
      const response = await test.postJson("/oauth/register", { ...publicClient, redirect_uris: [uri] });
      assert.equal(response.status, 201, await response.text());
    });
  }
});

Deno.test("POST /oauth/register answers invalid_redirect_uri to any other (RFC 7591 3.2.2)", async (t) => {
  await using test = await testApp();
  const uris = [
    "https://client.example/cb#fragment",
    "https://client.example/cb#",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,hi",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://client.example/x",
    "about:blank",
    "http://client.example/cb",
    "http://127.0.0.1.evil.example/cb",
    "http://localhost.evil.example/cb",
    "https://user:pass@client.example/cb",
    "/cb",
    "client.example/cb",
    "https://client.example/c b",
    "https://client.example/\0",
    "https://client.example/\u{1f600}",
    " https://client.example/cb",
    "java\nscript:alert(1)",
    "",
    `https://client.example/${"a".repeat(2048)}`,
  ];
  for (const uri of uris) {
    await t.step(JSON.stringify(uri).slice(0, 60), async () => {
      const response = await test.postJson("/oauth/register", { ...publicClient, redirect_uris: [redirectUri, uri] });
      await assertOAuthError(response, 400, "invalid_redirect_uri");
    });
  }
  await t.step("none", async () => {
    for (const redirect_uris of [[], undefined, null, "https://client.example/cb", [1]]) {
      const response = await test.postJson("/oauth/register", { ...publicClient, redirect_uris });
      assert.match(await assertOAuthError(response, 400, "invalid_redirect_uri"), /redirect_uris/);
    }
  });
});

Deno.test("POST /oauth/register answers invalid_client_metadata, naming the field (RFC 7591 3.2.2)", async (t) => {
  await using test = await kvTestApp();
  const cases: [string, unknown, RegExp][] = [
    [
      "an unknown method",
      { ...publicClient, token_endpoint_auth_method: "tls" },
      /token_endpoint_auth_method.*client_secret_basic/,
    ],
    ["no grant we have", { ...publicClient, grant_types: ["implicit"] }, /grant_types.*received '\['implicit'\]'/],
    ["no response type we have", { ...publicClient, response_types: ["token"] }, /response_types/],
    ["a number as name", { ...publicClient, client_name: 7 }, /client_name/],
    ["a NUL in the name", { ...publicClient, client_name: "a\0b" }, /client_name.*NUL/],
    ["a long name", { ...publicClient, client_name: "n".repeat(1025) }, /client_name/],
    ["a script as logo", { ...publicClient, logo_uri: "javascript:alert(1)" }, /logo_uri.*http/],
    ["a scope with a quote", { ...publicClient, scope: 'a"b' }, /scope/],
    ["an application type", { ...publicClient, application_type: "toaster" }, /application_type/],
    ["too much of all", { ...publicClient, contacts: Array(50).fill("c".repeat(1000)) }, /at most/],
    ["an array", [publicClient], /a JSON object/],
    ["a string", JSON.stringify("x"), /a JSON object/],
    ["half of it", '{"redirect_uris": [', /a JSON object/],
    ["nothing", "", /a JSON object/],
  ];
  for (const [name, body, expected] of cases) {
    await t.step(name, async () => {
      const response = await test.postJson("/oauth/register", body);
      assert.match(await assertOAuthError(response, 400, "invalid_client_metadata"), expected);
    });
  }
  await t.step("none of which was stored", async () => {
    assert.equal((await Array.fromAsync(test.kv.list({ prefix: ["main", "client"] }))).length, 0);
  });
});

Deno.test("POST /oauth/register refuses another media type and a body over 1 MiB", async () => {
  await using test = await testApp();
  const form = await test.postForm("/oauth/register", { redirect_uris: redirectUri });
  assert.match(await assertOAuthError(form, 415, "invalid_request"), /expected application\/json/);
  const large = await test.postJson("/oauth/register", `{"client_name":"${"n".repeat(1024 * 1024)}"}`);
  assert.match(await assertOAuthError(large, 413, "invalid_request"), /1048576/);
});

Deno.test("POST /oauth/register keeps a client across a restart", async () => {
  const kv = await Deno.openKv(":memory:");
  let clientId = "";
  {
    await using before = await testApp({ kv });
    clientId = text(await json(await before.postJson("/oauth/register", publicClient)), "client_id");
  }
  await using after = await testApp({ kv });
  const response = await after.get(
    `/oauth/authorize?response_type=code&client_id=${clientId}&code_challenge=${
      "A".repeat(43)
    }&code_challenge_method=S256`,
  );
  assert.equal(response.status, 200);
  await response.body?.cancel();
  kv.close();
});
