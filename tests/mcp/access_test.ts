import assert from "node:assert/strict";
import { assertOAuthError, callOauth, claimsOf, getTokens, json, origin, register, testApp, text } from "../helpers.ts";

const metadata = `resource_metadata="${origin}/.well-known/oauth-protected-resource/oauth"`;

Deno.test("/oauth without a token points to its metadata and names no error (RFC 9728 5.1, RFC 6750 3.1)", async (t) => {
  await using test = await testApp();
  for (const method of ["POST", "GET", "DELETE"]) {
    await t.step(method, async () => {
      const response = await test.fetch("/oauth", { method });
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("www-authenticate"), `Bearer ${metadata}`);
      assert.equal((await json(response)).error, "invalid_token");
    });
  }
});

Deno.test("/oauth looks for a token only in the header (RFC 6750 2.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const token = text(await getTokens(test, clientId), "access_token");
  const response = await test.fetch(`/oauth?access_token=${token}`, { method: "POST" });
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("www-authenticate"), `Bearer ${metadata}`);
  await response.body?.cancel();
  const lower = await test.fetch("/oauth", { method: "GET", headers: { authorization: `bearer ${token}` } });
  assert.notEqual(lower.status, 401);
  await lower.body?.cancel();
});

Deno.test("/oauth refuses a token that is not good, and says why (RFC 6750 3.1, RFC 9068 4)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const tokens = await getTokens(test, clientId, { expires_in: "60", scope: "openid" });
  const good = text(tokens, "access_token");
  const [header = "", payload = "", signature = ""] = good.split(".");
  const encode = (value: unknown): string =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const headerOf = JSON.parse(atob(header));
  const elsewhere = text(await getTokens(test, clientId, { resource: "https://other.example/mcp" }), "access_token");
  const cases: [string, string, RegExp][] = [
    ["nonsense", "nonsense", /not one of this server's/],
    ["a changed claim", `${header}.${encode({ ...claimsOf(good), sub: "admin" })}.${signature}`, /signature is wrong/],
    ["no signature", `${header}.${payload}.`, /signature is wrong/],
    ["alg none", `${encode({ ...headerOf, alg: "none" })}.${payload}.`, /not one of this server's/],
    ["another key", `${encode({ ...headerOf, kid: "other" })}.${payload}.${signature}`, /not one of this server's/],
    ["an id_token", text(tokens, "id_token"), /not an access token.*typ at\+jwt/],
    ["a refresh token", text(tokens, "refresh_token"), /not one of this server's/],
    ["another resource's token", elsewhere, /^Token audience does not match/],
  ];
  for (const [name, token, expected] of cases) {
    await t.step(name, async () => {
      const response = await callOauth(test, token);
      const challenge = response.headers.get("www-authenticate") ?? "";
      assert.match(challenge, /^Bearer error="invalid_token", error_description="[^"]+", /);
      assert(challenge.endsWith(metadata));
      assert.match(await assertOAuthError(response, 401, "invalid_token"), expected);
    });
  }
  await t.step("a token of another issuer: the same server by another name", async () => {
    const response = await callOauth(test, good, "http://127.0.0.1:8789/oauth");
    assert.match(
      await assertOAuthError(response, 401, "invalid_token"),
      /another issuer; received 'http:\/\/localhost:8789'/,
    );
  });
  await t.step("an expired one, on the server's clock", async () => {
    const before = await callOauth(test, good);
    assert.equal(before.status, 200);
    await before.body?.cancel();
    test.clock.nowMs += 60_000;
    assert.match(await assertOAuthError(await callOauth(test, good), 401, "invalid_token"), /^Access token expired/);
  });
});

Deno.test("/oauth takes a token for its own URL or the origin, scheme and host in any case (RFC 8707 2, MCP authorization)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  for (const resource of [`${origin}/oauth`, `${origin}/oauth/`, origin, `${origin}/`, "HTTP://LOCALHOST:8789/oauth"]) {
    await t.step(resource, async () => {
      const response = await callOauth(test, text(await getTokens(test, clientId, { resource }), "access_token"));
      assert.equal(response.status, 200);
      await response.body?.cancel();
    });
  }
});

Deno.test("/oauth accepts a token forever when no expires_in was requested (seed)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const token = text(await getTokens(test, clientId), "access_token");
  test.clock.nowMs += 50 * 365 * 24 * 60 * 60 * 1000;
  const response = await callOauth(test, token);
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

Deno.test("/bearer takes any token, or exactly the expected one (original)", async (t) => {
  await using test = await testApp();
  const challenge = 'Bearer realm="Mock MCP", error="invalid_token"';
  const cases: [string, string, string | undefined][] = [
    ["no token", "/bearer", undefined],
    ["another scheme", "/bearer", "Basic abc"],
    ["an empty token", "/bearer", "Bearer "],
    ["none of the expected", "/bearer?expected=test", undefined],
    ["not the expected", "/bearer?expected=test", "Bearer tes"],
  ];
  for (const [name, path, authorization] of cases) {
    await t.step(name, async () => {
      const response = await test.fetch(path, { method: "POST", headers: authorization ? { authorization } : {} });
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("www-authenticate"), challenge);
      assert.deepEqual(await json(response), {
        error: "unauthorized",
        message: path.includes("expected") ? "Missing or invalid Bearer token" : "Missing Bearer token",
      });
    });
  }
  for (const [path, token] of [["/bearer", "anything"], ["/bearer?expected=test", "test"]] as const) {
    await t.step(`${path} with ${token}`, async () => {
      const response = await callOauth(test, token, path);
      assert.equal(response.status, 200);
      await response.body?.cancel();
    });
  }
});
