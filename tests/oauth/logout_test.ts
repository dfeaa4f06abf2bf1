/** `GET` and `POST /oauth/logout`: the end session endpoint (OpenID Connect RP-Initiated Logout 1.0). */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  callOauth,
  codeFields,
  getCode,
  getTokens,
  json,
  publicClient,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const back = "https://client.example/bye?tenant=1";
const registered = { post_logout_redirect_uris: [back, "com.example.app:/bye"] };

/** A client with a login of its own. */
async function logIn(test: TestApp, metadata: Record<string, unknown> = registered): Promise<{
  readonly clientId: string;
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}> {
  const { clientId } = await register(test, metadata);
  const tokens = await getTokens(test, clientId, { scope: "openid" });
  return {
    clientId,
    idToken: text(tokens, "id_token"),
    accessToken: text(tokens, "access_token"),
    refreshToken: text(tokens, "refresh_token"),
  };
}

/** Whether the tokens of a login still work, without using them up. */
async function isLive(test: TestApp, { accessToken }: { readonly accessToken: string }): Promise<boolean> {
  const response = await callOauth(test, accessToken);
  await response.body?.cancel();
  return response.status === 200;
}

function logOut(test: TestApp, method: "GET" | "POST", fields: Record<string, string>): Promise<Response> {
  return method === "GET" ? test.get(`/oauth/logout?${new URLSearchParams(fields)}`) : test.postForm(
    "/oauth/logout",
    fields,
  );
}

Deno.test("both metadata documents name the end_session_endpoint (RP-Initiated Logout 2.1)", async () => {
  await using test = await testApp();
  for (const name of ["openid-configuration", "oauth-authorization-server"]) {
    const metadata = await json(await test.get(`/.well-known/${name}`));
    assert.equal(metadata.end_session_endpoint, "http://localhost:8789/oauth/logout");
  }
});

Deno.test("/oauth/logout ends the login of id_token_hint, expired or not, and no other (RP-Initiated Logout 2)", async (t) => {
  for (const method of ["GET", "POST"] as const) {
    for (const days of [0, 30]) {
      await t.step(`${method}, after ${days} days`, async () => {
        await using test = await testApp();
        const mine = await logIn(test);
        const other = await logIn(test);
        test.clock.nowMs += days * 24 * 60 * 60 * 1000 - 1;
        const fields = { id_token_hint: mine.idToken, logout_hint: "ada@example.com", ui_locales: "fr de" };
        const response = await logOut(test, method, fields);
        assert.equal(response.status, 200);
        assert.match(await response.text(), /you are signed out/);
        assert.deepEqual([await isLive(test, mine), await isLive(test, other)], [false, true]);
        const refresh = (login: typeof mine): Promise<Response> =>
          test.postForm("/oauth/token", {
            grant_type: "refresh_token",
            client_id: login.clientId,
            refresh_token: login.refreshToken,
          });
        await assertOAuthError(await refresh(mine), 400, "invalid_grant");
        assert.equal((await refresh(other)).status, 200);
      });
    }
  }
});

Deno.test("/oauth/logout goes to a registered post_logout_redirect_uri, with state (RP-Initiated Logout 2, 3)", async (t) => {
  await using test = await testApp();
  const { clientId, idToken } = await logIn(test);
  const cases: readonly (readonly [fields: Record<string, string>, location: string])[] = [
    [{ post_logout_redirect_uri: back }, back],
    [{ post_logout_redirect_uri: back, state: "a b&c" }, `${back}&state=a%20b%26c`],
    [{ post_logout_redirect_uri: "com.example.app:/bye", client_id: clientId }, "com.example.app:/bye"],
  ];
  for (const [fields, location] of cases) {
    for (const [method, status] of [["GET", 302], ["POST", 303]] as const) {
      await t.step(`${method} ${location}`, async () => {
        const response = await logOut(test, method, { id_token_hint: idToken, ...fields });
        assert.deepEqual([response.status, response.headers.get("location")], [status, location]);
      });
    }
  }
});

Deno.test("/oauth/logout asks the person without a hint, and changes nothing until then (RP-Initiated Logout 2, 6)", async (t) => {
  await using test = await testApp();
  const login = await logIn(test);
  const fields = { client_id: login.clientId, post_logout_redirect_uri: back, state: "s" };
  for (const method of ["GET", "POST"] as const) {
    await t.step(method, async () => {
      const response = await logOut(test, method, fields);
      assert.equal(response.status, 200);
      const page = await response.text();
      assert.match(page, /<h1>sign out\?<\/h1>/);
      assert.match(page, /Test client/);
      assert.match(page, /<strong class="host">client\.example/);
      assert.match(page, new RegExp(`name="client_id" value="${login.clientId}"`));
    });
  }
  await t.step("the person's own form", async () => {
    const response = await logOut(test, "POST", { ...fields, action: "sign_out" });
    assert.deepEqual([response.status, response.headers.get("location")], [303, `${back}&state=s`]);
    assert.match(await (await logOut(test, "POST", { action: "sign_out" })).text(), /you are signed out/);
  });
  await t.step("a form of another site", async () => {
    const response = await test.postForm("/oauth/logout", { ...fields, action: "sign_out" }, {
      "sec-fetch-site": "cross-site",
    });
    await assertOAuthError(response, 403, "access_denied");
  });
  assert.equal(await isLive(test, login), true);
});

Deno.test("/oauth/logout redirects nowhere with a request that is wrong, and ends no login (RP-Initiated Logout 4)", async (t) => {
  await using test = await testApp();
  const login = await logIn(test);
  const other = await logIn(test, { post_logout_redirect_uris: ["https://other.example/"] });
  const bare = await logIn(test, {});
  const hint = { id_token_hint: login.idToken };
  const wrong: Readonly<Record<string, readonly [fields: Record<string, string>, expected: RegExp]>> = {
    "an access token": [{ id_token_hint: login.accessToken }, /^id_token_hint is not an id_token/],
    "a hint cut short": [{ id_token_hint: login.idToken.slice(0, -2) }, /^id_token_hint has a wrong signature/],
    "no JWT": [{ id_token_hint: "x" }, /^id_token_hint is not an id_token/],
    "another client": [{ ...hint, client_id: other.clientId }, /^client_id is not the client that id_token_hint/],
    "an unknown client": [{ client_id: "nobody" }, /^client_id is not registered here/],
    "another client's URI": [
      { ...hint, post_logout_redirect_uri: "https://other.example/" },
      /^post_logout_redirect_uri is not registered.*expected exactly 'https:\/\/client\.example\/bye\?tenant=1' or/,
    ],
    "the login's redirect URI": [{ ...hint, post_logout_redirect_uri: "https://client.example/cb" }, /not registered/],
    "a longer path": [{ ...hint, post_logout_redirect_uri: `${back}1` }, /not registered/],
    "none registered": [{ id_token_hint: bare.idToken, post_logout_redirect_uri: back }, /has registered none/],
    "no client": [{ post_logout_redirect_uri: back }, /cannot be checked without a client/],
  };
  for (const [name, [fields, expected]] of Object.entries(wrong)) {
    for (const method of ["GET", "POST"] as const) {
      await t.step(`${name}, ${method}`, async () => {
        const response = await logOut(test, method, fields);
        assert.equal(response.headers.get("location"), null);
        assert.match(await assertOAuthError(response, 400, "invalid_request"), expected);
      });
    }
  }
  await t.step("a parameter twice", async () => {
    await assertOAuthError(await test.get("/oauth/logout?state=a&state=b"), 400, "invalid_request");
  });
  await t.step("JSON", async () => {
    await assertOAuthError(await test.postJson("/oauth/logout", hint), 415, "invalid_request");
  });
  assert.equal(await isLive(test, login), true);
});

Deno.test("a client that has gone can still sign its person out, without a way back (RP-Initiated Logout 2)", async () => {
  await using test = await testApp();
  const body = await json(await test.postJson("/oauth/register", { ...publicClient, ...registered }));
  const clientId = text(body, "client_id");
  const tokens = await json(
    await test.postForm("/oauth/token", codeFields(clientId, await getCode(test, clientId, { scope: "openid" }))),
  );
  const authorization = `Bearer ${text(body, "registration_access_token")}`;
  await test.fetch(`/oauth/register/${clientId}`, { method: "DELETE", headers: { authorization } });
  assert.match(
    await (await logOut(test, "GET", { id_token_hint: text(tokens, "id_token") })).text(),
    /you are signed out/,
  );
});

Deno.test("post_logout_redirect_uris are registered like redirect URIs, and refused by name (RP-Initiated Logout 3.1)", async (t) => {
  await using test = await testApp();
  const body = await json(await test.postJson("/oauth/register", { ...publicClient, ...registered }));
  assert.deepEqual(body.post_logout_redirect_uris, registered.post_logout_redirect_uris);
  for (const uri of ["javascript:alert(1)", "http://elsewhere.example/", "/bye", "https://a.example/#x"]) {
    await t.step(uri, async () => {
      const response = await test.postJson("/oauth/register", { ...publicClient, post_logout_redirect_uris: [uri] });
      await assertOAuthError(response, 400, "invalid_redirect_uri");
    });
  }
  for (const wrong of ["https://a.example/", [7]]) {
    await t.step(JSON.stringify(wrong), async () => {
      const response = await test.postJson("/oauth/register", { ...publicClient, post_logout_redirect_uris: wrong });
      assert.match(await assertOAuthError(response, 400, "invalid_client_metadata"), /^post_logout_redirect_uris/);
    });
  }
});
