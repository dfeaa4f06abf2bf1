import assert from "node:assert/strict";
import * as jose from "jose";
import { createApp } from "../../main.ts";
import { json, origin, testApp } from "../helpers.ts";

Deno.test("GET /.well-known/oauth-authorization-server names issuer and endpoints byte for byte (RFC 8414 2)", async () => {
  await using test = await testApp();
  const response = await test.get("/.well-known/oauth-authorization-server");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "public, max-age=300");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.deepEqual(await json(response), {
    issuer: origin,
    authorization_endpoint: `${origin}/oauth/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    registration_endpoint: `${origin}/oauth/register`,
    jwks_uri: `${origin}/oauth/jwks`,
    revocation_endpoint: `${origin}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: [
      "none",
      "client_secret_post",
      "client_secret_basic",
      "client_secret_jwt",
      "private_key_jwt",
    ],
    introspection_endpoint: `${origin}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: [
      "client_secret_post",
      "client_secret_basic",
      "client_secret_jwt",
      "private_key_jwt",
    ],
    scopes_supported: ["mcp:read", "mcp:write", "mcp:admin", "openid", "profile", "email", "offline_access"],
    device_authorization_endpoint: `${origin}/oauth/device`,
    pushed_authorization_request_endpoint: `${origin}/oauth/par`,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "fragment", "form_post"],
    prompt_values_supported: ["none", "login", "consent"],
    request_uri_parameter_supported: false,
    grant_types_supported: [
      "authorization_code",
      "refresh_token",
      "client_credentials",
      "urn:ietf:params:oauth:grant-type:device_code",
      "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ],
    authorization_grant_profiles_supported: ["urn:ietf:params:oauth:grant-profile:id-jag"],
    dpop_signing_alg_values_supported: ["ES256", "EdDSA", "Ed25519", "RS256"],
    token_endpoint_auth_methods_supported: [
      "none",
      "client_secret_post",
      "client_secret_basic",
      "client_secret_jwt",
      "private_key_jwt",
    ],
    token_endpoint_auth_signing_alg_values_supported: [
      "HS256",
      "HS384",
      "HS512",
      "ES256",
      "ES384",
      "EdDSA",
      "Ed25519",
      "PS256",
      "PS384",
      "PS512",
      "RS256",
      "RS384",
      "RS512",
    ],
    client_id_metadata_document_supported: true,
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    userinfo_endpoint: `${origin}/oauth/userinfo`,
    end_session_endpoint: `${origin}/oauth/logout`,
    claims_supported: [
      "sub",
      "iss",
      "aud",
      "exp",
      "iat",
      "auth_time",
      "nonce",
      "at_hash",
      "sid",
      "name",
      "email",
      "email_verified",
    ],
    service_documentation: `${origin}/guide`,
  });
});

Deno.test("GET /.well-known/openid-configuration is the same document (OpenID Connect Discovery 4)", async () => {
  await using test = await testApp();
  const [oauth, openid] = await Promise.all([
    test.get("/.well-known/oauth-authorization-server"),
    test.get("/.well-known/openid-configuration"),
  ]);
  assert.deepEqual(await json(openid), await json(oauth));
});

Deno.test("metadata follows the URL it was asked at, without a trailing slash", async (t) => {
  await using test = await testApp();
  for (const asked of ["http://127.0.0.1:8789", "http://[::1]:8789", "https://mock.example", "http://container:80"]) {
    await t.step(asked, async () => {
      const { issuer } = await json(await test.get(`${asked}/.well-known/oauth-authorization-server`));
      assert.equal(issuer, new URL(asked).origin);
    });
  }
});

Deno.test("metadata names --public-url wherever it was asked at", async () => {
  await using test = await testApp({ publicUrl: "https://mock.example" });
  const { issuer, token_endpoint } = await json(await test.get("/.well-known/oauth-authorization-server"));
  assert.equal(issuer, "https://mock.example");
  assert.equal(token_endpoint, "https://mock.example/oauth/token");
});

Deno.test("GET /.well-known/oauth-protected-resource[/oauth] names the resource and its server (RFC 9728 2, 3.3)", async () => {
  await using test = await testApp();
  const response = await test.get("/.well-known/oauth-protected-resource/oauth");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.equal(response.headers.get("cache-control"), "public, max-age=300");
  assert.deepEqual(await json(response), {
    resource: `${origin}/oauth`,
    authorization_servers: [origin],
    scopes_supported: ["mcp:read", "mcp:write", "mcp:admin"],
    bearer_methods_supported: ["header"],
    dpop_signing_alg_values_supported: ["ES256", "EdDSA", "Ed25519", "RS256"],
    resource_name: "Mock MCP Server with OAuth",
    resource_documentation: `${origin}/guide`,
  });
  const root = await json(await test.get("/.well-known/oauth-protected-resource"));
  assert.equal(root.resource, origin);
  assert.deepEqual(root.authorization_servers, [origin]);
});

Deno.test("GET /oauth/jwks shows public members alone (RFC 7517 5)", async (t) => {
  for (const alg of ["EdDSA", "ES256", "RS256"] as const) {
    await t.step(alg, async () => {
      await using test = await testApp({ alg });
      const { keys } = await (await test.get("/oauth/jwks")).json();
      assert.deepEqual(keys.map((key: jose.JWK) => key.alg), alg === "RS256" ? ["RS256"] : [alg, "RS256"]);
      for (const key of keys) {
        assert.equal(key.use, "sig");
        assert.equal(key.kid, await jose.calculateJwkThumbprint(key));
        for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) assert(!(secret in key), secret);
      }
    });
  }
});

Deno.test("keys are made once and kept: two apps on one database sign with the same", async () => {
  const kv = await Deno.openKv(":memory:");
  await using one = await testApp({ kv });
  await using two = await testApp({ kv });
  const [first, second] = await Promise.all([one.get("/oauth/jwks"), two.get("/oauth/jwks")]);
  assert.deepEqual(await first.json(), await second.json());
  await one[Symbol.asyncDispose]();
  kv.close();
});

Deno.test("the first answer needs nothing of Node, whose globals take Deno a quarter of its own start to load (design, the split)", async () => {
  const names = ["Buffer", "process", "setImmediate", "setTimeout"] as const;
  const globals = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  const asked: unknown[] = [];
  for (const [name, { value, ...given } = {}] of globals) {
    const get = (): unknown => {
      asked.push(new Error(name).stack);
      return given.get ? given.get.call(globalThis) : value;
    };
    Object.defineProperty(globalThis, name, { configurable: true, get });
  }
  try {
    const response = await createApp()(new Request(`${origin}/.well-known/oauth-authorization-server`));
    assert.equal(response.status, 200);
  } finally {
    for (const [name, descriptor = {}] of globals) Object.defineProperty(globalThis, name, descriptor);
  }
  assert.deepEqual(asked, []);
});
