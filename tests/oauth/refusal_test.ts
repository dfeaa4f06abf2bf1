/** A refusal at the token endpoint and its like leaves nothing under way. */
import assert from "node:assert/strict";
import { generateSigningKey } from "../../lib/oauth/keys/signing_key.ts";
import { testApp } from "../helpers.ts";

for (const path of ["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/idp/token"]) {
  Deno.test(`POST ${path} answers an unknown client once the keys it has begun to make are made`, async () => {
    let begun = 0, made = 0;
    await using test = await testApp({
      generateKey: async (alg) => {
        begun++;
        const key = await generateSigningKey(alg);
        made++;
        return key;
      },
    });
    const fields = { grant_type: "refresh_token", refresh_token: "refresh_x", token: "x", client_id: "nobody" };
    const { status } = await test.postForm(path, fields);
    assert(status === 400 || status === 401, `${status}`);
    assert(begun > 0, "keys are loaded beside the look at the client");
    assert.equal(made, begun);
  });
}
