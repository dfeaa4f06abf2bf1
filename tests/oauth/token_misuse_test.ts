/** Codes, refresh tokens and device codes in the wrong hands, or bent: what a thief or a broken client would try. */
import assert from "node:assert/strict";
import {
  assertErrorRedirect,
  assertOAuthError,
  authorizeQuery,
  callOauth,
  challenge,
  codeFields,
  getCode,
  getTokens,
  json,
  redirectOf,
  redirectUri,
  register,
  type TestApp,
  testApp,
  text,
  verifier,
} from "../helpers.ts";

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

function redeem({ postForm }: TestApp, fields: Record<string, string>): Promise<Response> {
  return postForm("/oauth/token", fields);
}

Deno.test("PKCE cannot be talked down: not to plain, not to nothing, not to another challenge (RFC 7636 4.6, RFC 9700 2.1.1)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  const { code_verifier: _, ...without } = codeFields(clientId, code);
  await t.step("a code without its verifier", async () => {
    assert.match(
      await assertOAuthError(await redeem(test, without), 400, "invalid_request"),
      /code_verifier is missing/,
    );
  });
  await t.step("the challenge in the verifier's place", async () => {
    const plain = { ...without, code_verifier: challenge };
    await assertOAuthError(await redeem(test, plain), 400, "invalid_grant");
    const named = { ...plain, code_challenge_method: "plain", code_challenge: challenge };
    await assertOAuthError(await redeem(test, named), 400, "invalid_grant");
  });
  await t.step("another verifier with a challenge of its own", async () => {
    const own = { ...without, code_verifier: "w".repeat(43), code_challenge: challenge };
    await assertOAuthError(await redeem(test, own), 400, "invalid_grant");
  });
  await t.step("an authorization request without a challenge, with plain, or with a method alone", async () => {
    const wrong: Record<string, string | undefined>[] = [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge_method: undefined },
      { code_challenge_method: "plain" },
      { code_challenge_method: "s256" },
      { code_challenge: undefined },
      { code_challenge: verifier.slice(1) },
    ];
    for (const more of wrong) {
      const response = await test.get(authorizeQuery(clientId, { auto_approve: "true", ...more }));
      assertErrorRedirect(response, "invalid_request");
    }
  });
  await t.step("after all of which the code is good with its own", async () => {
    assert.equal((await redeem(test, codeFields(clientId, code))).status, 200);
  });
});

Deno.test("a code is bound to its redirect URI, character by character (RFC 6749 4.1.3, RFC 9700 2.1)", async (t) => {
  await using test = await testApp();
  const loopback = "http://127.0.0.1/cb";
  const { clientId } = await register(test, { redirect_uris: [redirectUri, "https://client.example/other", loopback] });
  const sent = "http://127.0.0.1:4000/cb";
  const answer = redirectOf(await test.get(authorizeQuery(clientId, { auto_approve: "true", redirect_uri: sent })));
  const code = answer.searchParams.get("code") ?? "";
  const wrong = [
    "http://127.0.0.1:4001/cb",
    loopback,
    "http://localhost:4000/cb",
    `${sent}/`,
    `${sent}?x=1`,
    "HTTP://127.0.0.1:4000/cb",
    redirectUri,
    "https://client.example/other",
  ];
  for (const uri of wrong) {
    await t.step(uri, async () => {
      const response = await redeem(test, codeFields(clientId, code, { redirect_uri: uri }));
      assert.match(await assertOAuthError(response, 400, "invalid_grant"), /redirect_uri/);
    });
  }
  assert.equal((await redeem(test, codeFields(clientId, code, { redirect_uri: sent }))).status, 200);
});

Deno.test("a code is its client's alone, however the thief authenticates (RFC 6749 4.1.3, 10.5)", async (t) => {
  await using test = await testApp();
  const owner = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const thief = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const open = await register(test);
  const code = await getCode(test, owner.clientId);
  const attempts: [string, Record<string, string>, number, string][] = [
    ["as itself", { client_id: thief.clientId, client_secret: thief.secret }, 400, "invalid_grant"],
    ["as a public client", { client_id: open.clientId }, 400, "invalid_grant"],
    ["under the owner's name with its own secret", { client_secret: thief.secret }, 401, "invalid_client"],
    ["under the owner's name alone", {}, 401, "invalid_client"],
  ];
  for (const [name, who, status, error] of attempts) {
    await t.step(name, async () => {
      await assertOAuthError(await redeem(test, codeFields(owner.clientId, code, who)), status, error);
    });
  }
  await t.step("in a header, with the owner's name in the body", async () => {
    const authorization = `Basic ${btoa(`${thief.clientId}:${thief.secret}`)}`;
    const response = await test.postForm("/oauth/token", codeFields(owner.clientId, code), { authorization });
    await assertOAuthError(response, 400, "invalid_request");
  });
  const own = codeFields(owner.clientId, code, { client_secret: owner.secret });
  assert.equal((await redeem(test, own)).status, 200, "no attempt has used it up");
});

Deno.test("one kind of credential is not taken for another (RFC 6749 4.1.3, 6)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test, { grant_types: ["authorization_code", "refresh_token", deviceGrant] });
  const tokens = await getTokens(test, clientId, { scope: "openid" });
  const { device_code } = await json(await test.postForm("/oauth/device", { client_id: clientId }));
  const code = await getCode(test, clientId);
  const credentials: Record<string, string> = {
    "a code": code,
    "a refresh token": text(tokens, "refresh_token"),
    "an access token": text(tokens, "access_token"),
    "an id_token": text(tokens, "id_token"),
    "a device code": String(device_code),
  };
  const places: [place: string, good: string, fields: (sent: string) => Record<string, string>][] = [
    ["code", "a code", (sent) => codeFields(clientId, sent)],
    ["refresh_token", "a refresh token", (refresh_token) => ({ grant_type: "refresh_token", refresh_token })],
    ["device_code", "a device code", (device_code) => ({ grant_type: deviceGrant, device_code })],
  ];
  for (const [place, good, fieldsOf] of places) {
    for (const [name, credential] of Object.entries(credentials).filter(([name]) => name !== good)) {
      await t.step(`${name} as ${place}`, async () => {
        const response = await redeem(test, { client_id: clientId, ...fieldsOf(credential) });
        await assertOAuthError(response, 400, "invalid_grant");
      });
    }
  }
  for (const name of ["a code", "a refresh token", "an id_token", "a device code"]) {
    await t.step(`${name} as access token`, async () => {
      await assertOAuthError(await callOauth(test, credentials[name] ?? ""), 401, "invalid_token");
    });
  }
});

Deno.test("a refresh widens neither scope nor resources, and a refused one costs nothing (RFC 6749 6, RFC 8707 2.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const asked = { scope: "mcp:read", resource: "https://a.example/mcp" };
  const refresh_token = text(await getTokens(test, clientId, asked), "refresh_token");
  const refresh = (more: Record<string, string>): Promise<Response> =>
    redeem(test, { grant_type: "refresh_token", client_id: clientId, refresh_token, ...more });
  for (const scope of ["mcp:read mcp:admin", "mcp:admin", "MCP:READ"]) {
    await assertOAuthError(await refresh({ scope }), 400, "invalid_scope");
  }
  for (const resource of ["https://b.example/mcp", "https://a.example/", "https://a.example/mcp/x"]) {
    await assertOAuthError(await refresh({ resource }), 400, "invalid_target");
  }
  assert.equal((await refresh({ scope: "mcp:read", resource: asked.resource })).status, 200);
});

Deno.test("a refresh token is its client's alone, however the thief authenticates (RFC 6749 6, 10.4)", async (t) => {
  await using test = await testApp();
  const owner = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const thief = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const code = await getCode(test, owner.clientId);
  const who = { client_secret: owner.secret };
  const tokens = await json(await redeem(test, codeFields(owner.clientId, code, who)));
  const fields = { grant_type: "refresh_token", refresh_token: text(tokens, "refresh_token") };
  const attempts: [string, Record<string, string>, number, string][] = [
    ["as itself", { client_id: thief.clientId, client_secret: thief.secret }, 400, "invalid_grant"],
    ["as a public client", { client_id: (await register(test)).clientId }, 400, "invalid_grant"],
    ["under the owner's name alone", { client_id: owner.clientId }, 401, "invalid_client"],
    ["with a wrong secret", { client_id: owner.clientId, client_secret: thief.secret }, 401, "invalid_client"],
  ];
  for (const [name, sent, status, error] of attempts) {
    await t.step(name, async () => {
      await assertOAuthError(await redeem(test, { ...fields, ...sent }), status, error);
    });
  }
  assert.equal((await redeem(test, { ...fields, client_id: owner.clientId, ...who })).status, 200);
});

Deno.test("a device code is useless without its client's secret, before the user's approval, or after its expiry (RFC 8628 3.4, 3.5)", async () => {
  await using test = await testApp();
  const metadata = {
    grant_types: [deviceGrant],
    redirect_uris: undefined,
    token_endpoint_auth_method: "client_secret_post",
  };
  const owner = await register(test, metadata);
  const thief = await register(test, metadata);
  const ask = async (): Promise<string> => {
    const who = { client_id: owner.clientId, client_secret: owner.secret, auto_approve: "true" };
    return text(await json(await test.postForm("/oauth/device", who)), "device_code");
  };
  const poll = (device_code: string, client_id: string, client_secret: string): Promise<Response> =>
    redeem(test, { grant_type: deviceGrant, device_code, client_id, client_secret });
  const unproven = { client_id: owner.clientId, client_secret: "wrong" };
  await assertOAuthError(await test.postForm("/oauth/device", unproven), 401, "invalid_client");
  const code = await ask();
  await assertOAuthError(await poll(code, owner.clientId, ""), 401, "invalid_client");
  await assertOAuthError(await poll(code, thief.clientId, thief.secret), 400, "invalid_grant");
  await assertOAuthError(await poll("", owner.clientId, owner.secret), 400, "invalid_request");
  assert.equal((await poll(code, owner.clientId, owner.secret)).status, 200);
  await assertOAuthError(await poll(code, owner.clientId, owner.secret), 400, "invalid_grant");
  const late = await ask();
  test.clock.nowMs += 600_000;
  await assertOAuthError(await poll(late, owner.clientId, owner.secret), 400, "expired_token");
});
