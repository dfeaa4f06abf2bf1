/** Pushed authorization requests (RFC 9126). */
import assert from "node:assert/strict";
import {
  assertErrorRedirect,
  assertOAuthError,
  authorizeQuery,
  challenge,
  codeFields,
  json,
  origin,
  redirectOf,
  redirectUri,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const request = {
  response_type: "code",
  redirect_uri: redirectUri,
  state: "xyz",
  code_challenge: challenge,
  code_challenge_method: "S256",
  scope: "mcp:read",
};

async function push(test: TestApp, clientId: string, more: Record<string, string> = {}): Promise<string> {
  const response = await test.postForm("/oauth/par", { ...request, client_id: clientId, ...more });
  const body = await json(response);
  assert.equal(response.status, 201, JSON.stringify(body));
  assert.equal(body.expires_in, 90);
  return text(body, "request_uri");
}

function use(
  test: TestApp,
  clientId: string,
  requestUri: string,
  more: Record<string, string> = {},
): Promise<Response> {
  return test.get(`/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri, ...more })}`);
}

const auto = { auto_approve: "true" };

Deno.test("POST /oauth/par takes a request, and client_id with request_uri stand for it (RFC 9126 2, 4)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const uri = await push(test, clientId);
  assert.match(uri, /^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{32}$/);
  const page = await (await use(test, clientId, uri)).text();
  assert.match(page, /mcp:read/);
  const { searchParams } = redirectOf(await use(test, clientId, uri, { ...auto, scope: "mcp:admin", state: "no" }));
  assert.equal(searchParams.get("state"), "xyz");
  const code = searchParams.get("code") ?? "";
  const body = await json(await test.postForm("/oauth/token", codeFields(clientId, code)));
  assert.equal(body.scope, "mcp:read", "what was not pushed does not count");
});

Deno.test("a request_uri works once: for the code, for a refusal, and not for a page looked at (RFC 9126 4)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const uri = await push(test, clientId);
  const path = `/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri: uri })}`;
  assert.equal((await test.get(path)).status, 200);
  assert.equal((await test.get(path)).status, 200);
  const wrong = await test.postForm(path, { action: "login", email: "ada@example.com" });
  assert.equal(wrong.status, 400);
  const denied = await test.postForm(path, { action: "deny" });
  assertErrorRedirect(denied, "access_denied");
  await assertOAuthError(await test.get(path), 400, "invalid_request_uri");

  const other = await push(test, clientId);
  const answers = await Promise.all([1, 2, 3].map(() => use(test, clientId, other, auto)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [302, 400, 400]);
});

Deno.test("a request_uri is refused to another client, after 90 seconds, and if it was never given out (RFC 9126 4, 7.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const { clientId: stranger } = await register(test);
  const uri = await push(test, clientId);
  assert.match(
    await assertOAuthError(await use(test, stranger, uri, auto), 400, "invalid_request_uri"),
    /another client/,
  );
  await assertOAuthError(await use(test, clientId, "urn:x", auto), 400, "invalid_request_uri");
  test.clock.nowMs += 89_999;
  assert.equal((await use(test, clientId, uri)).status, 200);
  test.clock.nowMs += 1;
  assert.match(await assertOAuthError(await use(test, clientId, uri, auto), 400, "invalid_request_uri"), /expired/);
});

Deno.test("POST /oauth/par refuses what the authorization endpoint would refuse (RFC 9126 2.1, 2.3)", async (t) => {
  await using test = await testApp();
  const { clientId, secret } = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const cases: [string, Record<string, string>, number, string][] = [
    ["no secret", { client_secret: "" }, 401, "invalid_client"],
    ["a wrong secret", { client_secret: "wrong" }, 401, "invalid_client"],
    ["a foreign redirect URI", { redirect_uri: "https://evil.example/cb" }, 400, "invalid_redirect_uri"],
    ["PKCE plain", { code_challenge_method: "plain" }, 400, "invalid_request"],
    ["no PKCE", { code_challenge: "" }, 400, "invalid_request"],
    ["a bad scope", { scope: '"' }, 400, "invalid_scope"],
    ["a request object", { request: "a.b.c" }, 400, "request_not_supported"],
    ["a request_uri", { request_uri: "urn:x" }, 400, "invalid_request"],
  ];
  for (const [name, more, status, code] of cases) {
    await t.step(name, async () => {
      const fields = { ...request, client_id: clientId, client_secret: secret, ...more };
      const response = await test.postForm("/oauth/par", fields);
      const body = await json(response);
      assert.equal(response.status, status, JSON.stringify(body));
      if (name !== "a foreign redirect URI") assert.equal(body.error, code);
    });
  }
});

Deno.test("the policy requirePushedAuthorizationRequests refuses others, and says so in metadata (RFC 9126 5)", async () => {
  await using test = await testApp({ policy: { requirePushedAuthorizationRequests: true } });
  const metadata = await json(await test.get("/.well-known/oauth-authorization-server"));
  assert.equal(metadata.require_pushed_authorization_requests, true);
  assert.equal(metadata.pushed_authorization_request_endpoint, `${origin}/oauth/par`);
  const { clientId } = await register(test);
  await assertOAuthError(await test.get(authorizeQuery(clientId, auto)), 400, "invalid_request");
  assert(redirectOf(await use(test, clientId, await push(test, clientId), auto)).searchParams.has("code"));
});
