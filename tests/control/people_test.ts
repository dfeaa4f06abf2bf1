/** Users and clients that are declared over HTTP. */
import assert from "node:assert/strict";
import { below, control, listOf, send } from "./helpers.ts";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  claimsOf,
  codeFields,
  getCode,
  getTokens,
  json,
  redirectUri,
  register,
  startMs,
  testApp,
  text,
} from "../helpers.ts";

const ada = { email: "ada@example.com", password: "x", name: "Ada", user_id: "ada", roles: ["admin"] };
const login = { auto_approve_email: ada.email, auto_approve_password: ada.password };

Deno.test("POST /control/users declares somebody who can log in, with claims that tokens carry (RFC 9068 2.2.3.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const answer = await control(test, "POST /control/users", { ...ada, claims: { tenant: 7 } });
  const told = {
    user_id: "ada",
    name: "Ada",
    email: ada.email,
    claims: { roles: ["admin"], tenant: 7 },
    created_at_ms: startMs,
  };
  assert.deepEqual(answer, { users: [told] });
  const claims = claimsOf(text(await getTokens(test, clientId, login), "access_token"));
  assert.deepEqual([claims.sub, claims.name, claims.roles, claims.tenant], ["ada", "Ada", ["admin"], 7]);
  const wrong = await test.get(authorizeQuery(clientId, { ...login, auto_approve_password: "y" }));
  await assertOAuthError(wrong, 401, "access_denied");
});

Deno.test("users are replaced by address, listed with those who came by themselves, and removed", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  await control(test, "POST /control/users", [ada, { email: "bob@example.com", password: "b" }]);
  await control(test, "POST /control/users", { email: "ADA@example.com", password: "new" });
  await getTokens(test, clientId, { auto_approve_email: "eve@example.com", auto_approve_password: "e" });
  await getTokens(test, clientId, { ...login, auto_approve_password: "new" });
  const emails = async (): Promise<readonly unknown[]> =>
    listOf(await control(test, "GET /control/users"), "users").map(({ email }) => email).sort();
  assert.deepEqual(await emails(), ["ADA@example.com", "bob@example.com", "eve@example.com"]);
  const gone = await control(test, "DELETE /control/users/bob%40example.com");
  assert.equal(gone.email, "bob@example.com");
  assert.deepEqual(await emails(), ["ADA@example.com", "eve@example.com"]);
  await assertOAuthError(await send(test, "DELETE /control/users/bob%40example.com"), 404, "not_found");
  assert.deepEqual(await control(below(test, "/s/standard~other"), "GET /control/users"), { users: [] });
});

Deno.test("a user of --users is listed in every sandbox, and no sandbox can change or remove one", async () => {
  await using test = await testApp({ users: [{ email: ada.email, password: "x" }] });
  const sandbox = below(test, "/s/standard~other");
  assert.equal(listOf(await control(sandbox, "GET /control/users"), "users")[0]?.email, ada.email);
  await assertOAuthError(await send(sandbox, "POST /control/users", ada), 400, "invalid_request");
  await assertOAuthError(await send(sandbox, `DELETE /control/users/${ada.email}`), 400, "invalid_request");
});

Deno.test("claims that a server sets itself cannot be a user's (RFC 7519 4.1)", async () => {
  await using test = await testApp();
  const refused = await send(test, "POST /control/users", { ...ada, claims: { iss: "https://evil.example" } });
  assert.match(await assertOAuthError(refused, 400, "invalid_request"), /iss cannot be overridden/);
});

Deno.test("POST /control/clients makes a client known with the id and the secret it is given", async () => {
  await using test = await testApp();
  const metadata = { redirect_uris: [redirectUri], token_endpoint_auth_method: "client_secret_post" };
  const [client] = listOf(
    await control(test, "POST /control/clients", { client_id: "my-app", client_secret: "s3cret", ...metadata }),
    "clients",
  );
  assert.deepEqual([client?.client_id, client?.client_secret, client?.has_secret], ["my-app", "s3cret", true]);
  const redeem = async (client_secret: string): Promise<Response> =>
    await test.postForm("/oauth/token", codeFields("my-app", await getCode(test, "my-app"), { client_secret }));
  assert.equal((await redeem("s3cret")).status, 200);
  await assertOAuthError(await redeem("other"), 401, "invalid_client");
  const [listed] = listOf(await control(test, "GET /control/clients"), "clients");
  assert.deepEqual([listed?.client_id, listed?.client_secret], ["my-app", undefined]);
});

Deno.test("a client without an id or a secret gets both, by the rules of registration (RFC 7591 2)", async () => {
  await using test = await testApp();
  const [first, second] = listOf(
    await control(test, "POST /control/clients", [
      { redirect_uris: [redirectUri] },
      { redirect_uris: [redirectUri], token_endpoint_auth_method: "client_secret_jwt", client_secret: "k".repeat(64) },
    ]),
    "clients",
  );
  assert.match(String(first?.client_id), /^client_/);
  assert.match(String(first?.client_secret), /^secret_/);
  assert.equal(first?.token_endpoint_auth_method, "client_secret_basic");
  assert.deepEqual([second?.client_secret, second?.has_secret], ["k".repeat(64), true]);
  const refusals: readonly (readonly [object, string])[] = [
    [{ redirect_uris: ["http://client.example/#x"] }, "invalid_redirect_uri"],
    [{ redirect_uris: [redirectUri], token_endpoint_auth_method: "tls" }, "invalid_client_metadata"],
    [{ redirect_uris: [redirectUri], token_endpoint_auth_method: "none", client_secret: "x" }, "invalid_request"],
  ];
  for (const [body, code] of refusals) {
    await assertOAuthError(await send(test, "POST /control/clients", body), 400, code);
  }
});

Deno.test("a client is replaced by id, and one that is removed is unknown even to a flow under way", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  await control(test, "POST /control/clients", {
    client_id: clientId,
    redirect_uris: ["https://moved.example/cb"],
    token_endpoint_auth_method: "none",
  });
  const refused = await test.get(authorizeQuery(clientId, { auto_approve: "true" }));
  assert.match(await assertOAuthError(refused, 400, "invalid_request"), /redirect_uri/);
  assert.equal((await control(test, `DELETE /control/clients/${clientId}`)).client_id, clientId);
  await assertOAuthError(await test.postForm("/oauth/token", codeFields(clientId, code)), 401, "invalid_client");
  await assertOAuthError(await send(test, `DELETE /control/clients/${clientId}`), 404, "not_found");
});

Deno.test("a client that is removed and made known again is a new one: its old tokens are void, its next are good", async () => {
  await using test = await testApp();
  const client = { client_id: "my-app", redirect_uris: [redirectUri], token_endpoint_auth_method: "none" };
  await control(test, "POST /control/clients", client);
  const old = text(await getTokens(test, "my-app"), "access_token");
  await control(test, "DELETE /control/clients/my-app");
  assert.equal((await callOauth(test, old)).status, 401);
  await control(test, "POST /control/clients", client);
  assert.equal((await callOauth(test, old)).status, 401);
  assert.equal((await callOauth(test, text(await getTokens(test, "my-app"), "access_token"))).status, 200);
});

Deno.test("clients of a scenario are listed and stay", async () => {
  const client = { client_id: "known", token_endpoint_auth_method: "none", grant_types: ["authorization_code"] };
  const known = {
    ...{ name: "known", group: "Custom", story: "", client: "", plan: {}, expects: [], links: [] } as const,
    clients: [client],
  };
  await using test = await testApp({ scenarios: [known] });
  const sandbox = below(test, "/s/known");
  assert.equal(listOf(await control(sandbox, "GET /control/clients"), "clients")[0]?.client_id, "known");
  await assertOAuthError(await send(sandbox, "DELETE /control/clients/known"), 400, "invalid_request");
  const again = { client_id: "known", redirect_uris: [redirectUri] };
  await assertOAuthError(await send(sandbox, "POST /control/clients", again), 400, "invalid_request");
  assert.deepEqual((await json(await test.get("/control/clients"))).clients, []);
});
