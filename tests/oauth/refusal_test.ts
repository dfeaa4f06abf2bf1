/** What a refusal at the token endpoint and its like costs, and says. */
import assert from "node:assert/strict";
import { generateSigningKey } from "../../lib/oauth/keys/signing_key.ts";
import { assertOAuthError, register, testApp } from "../helpers.ts";

for (const path of ["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/idp/token"]) {
  Deno.test(`POST ${path} makes no keys for an unknown client`, async () => {
    let made = 0;
    await using test = await testApp({
      generateKey: (alg) => {
        made++;
        return generateSigningKey(alg);
      },
    });
    const fields = { grant_type: "refresh_token", refresh_token: "refresh_x", token: "x", client_id: "nobody" };
    const { status } = await test.postForm(path, fields);
    assert(status === 400 || status === 401, `${status}`);
    assert.equal(made, 0);
  });
}

Deno.test("a parameter that is missing is named with what it is and where it comes from (README)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const own = { client_id: clientId };
  const cases: readonly (readonly [path: string, fields: Record<string, string>, missing: string, is: RegExp])[] = [
    ["/oauth/token", {}, "grant_type", /authorization_code or /],
    ["/oauth/token", { grant_type: "authorization_code" }, "client_id", /a registration returned/],
    ["/oauth/token", { ...own, grant_type: "authorization_code" }, "code", /an authorization response/],
    ["/oauth/token", { ...own, grant_type: "refresh_token" }, "refresh_token", /a token response/],
    ["/oauth/revoke", own, "token", /an access token or a refresh token/],
    ["/idp/token", own, "grant_type", /client_credentials/],
  ];
  for (const [path, fields, missing, is] of cases) {
    await t.step(`${path}: ${missing}`, async () => {
      const answer = await test.postForm(path, fields);
      const said = await assertOAuthError(answer, 400, "invalid_request");
      assert.match(said, new RegExp(`^${missing} is missing; expected .*${is.source}`));
    });
  }
});
