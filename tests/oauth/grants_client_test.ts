/** The grants of a client that acts without a browser. */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  callOauth,
  claimsOf,
  json,
  origin,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const machine = {
  client_name: "Nightly job",
  redirect_uris: undefined,
  grant_types: ["client_credentials"],
  token_endpoint_auth_method: "client_secret_post",
};

Deno.test("client_credentials ends with the client, on every process (RFC 7592 2.3)", async () => {
  const kv = await Deno.openKv(":memory:");
  await using here = await testApp({ kv });
  await using there = await testApp({ kv });
  const body = await json(await here.postJson("/oauth/register", machine));
  const client = { clientId: text(body, "client_id"), secret: text(body, "client_secret") };
  const before = await ask(there, client);
  assert.equal(before.status, 200);
  await before.body?.cancel();
  const authorization = `Bearer ${text(body, "registration_access_token")}`;
  const uri = text(body, "registration_client_uri");
  assert.equal((await here.fetch(uri, { method: "DELETE", headers: { authorization } })).status, 204);
  await assertOAuthError(await ask(there, client), 401, "invalid_client");
  kv.close();
});

async function ask(
  test: TestApp,
  { clientId, secret }: { readonly clientId: string; readonly secret: string },
  more: Record<string, string> = {},
): Promise<Response> {
  const who = { client_id: clientId, ...(secret === "" ? {} : { client_secret: secret }) };
  return await test.postForm("/oauth/token", { grant_type: "client_credentials", ...who, ...more });
}

Deno.test("client_credentials gives a token whose subject is the client, and no refresh token (RFC 6749 4.4.3, RFC 9068 2.2)", async () => {
  await using test = await testApp();
  const client = await register(test, { ...machine, grant_types: ["client_credentials", "refresh_token"] });
  const response = await ask(test, client, { scope: "mcp:read openid", expires_in: "60" });
  assert.equal(response.headers.get("cache-control"), "no-store");
  const body = await json(response);
  assert.equal(response.status, 200, JSON.stringify(body));
  const token = text(body, "access_token");
  assert.deepEqual(body, { access_token: token, token_type: "Bearer", expires_in: 60, scope: "mcp:read" });
  const { sub, client_id, aud, scope, email } = claimsOf(token);
  assert.deepEqual({ sub, client_id, aud, scope, email }, {
    sub: client.clientId,
    client_id: client.clientId,
    aud: `${origin}/oauth`,
    scope: "mcp:read",
    email: undefined,
  });
  assert.equal((await callOauth(test, token)).status, 200);
});

Deno.test("client_credentials names the resource asked for as audience (RFC 8707 2)", async () => {
  await using test = await testApp();
  const body = await json(await ask(test, await register(test, machine), { resource: "https://else.example/mcp" }));
  assert.equal(claimsOf(text(body, "access_token")).aud, "https://else.example/mcp");
});

Deno.test("client_credentials is refused to public clients and to those that did not register for it (RFC 6749 4.4, 5.2)", async () => {
  await using test = await testApp();
  const open = await register(test, { ...machine, token_endpoint_auth_method: "none" });
  assert.match(await assertOAuthError(await ask(test, open), 400, "unauthorized_client"), /public client/);
  const other = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  assert.match(await assertOAuthError(await ask(test, other), 400, "unauthorized_client"), /not registered for/);
  const client = await register(test, machine);
  await assertOAuthError(await ask(test, { ...client, secret: "wrong" }), 401, "invalid_client");
});

Deno.test("a client without authorization_code needs no redirect URI, and cannot authorize (RFC 7591 2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test, machine);
  const query = new URLSearchParams({ response_type: "code", client_id: clientId, auto_approve: "true" });
  const response = await test.get(`/oauth/authorize?${query}`);
  assert.equal(response.status, 400);
});
