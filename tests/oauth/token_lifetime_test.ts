/** The life of access tokens where the request does not say: for good, as in the seed, or as the server is told. */
import assert from "node:assert/strict";
import type { AppOptions } from "../../main.ts";
import { control } from "../control/helpers.ts";
import { authorizeQuery, claimsOf, getTokens, json, register, type TestApp, testApp, text } from "../helpers.ts";

/** `expires_in`, and how long the token says to live; both absent for one that does not expire. */
function lifeOf(tokens: Record<string, unknown>): readonly unknown[] {
  const { exp, iat } = claimsOf(text(tokens, "access_token"));
  return [tokens.expires_in, exp === undefined ? undefined : Number(exp) - Number(iat)];
}

async function lifeAt(test: TestApp, prefix: string, more: Record<string, string> = {}): Promise<readonly unknown[]> {
  const sandbox: TestApp = {
    ...test,
    get: (path, headers) => test.get(prefix + path, headers),
    postForm: (path, fields, headers) => test.postForm(prefix + path, fields, headers),
    postJson: (path, body) => test.postJson(prefix + path, body),
  };
  const { clientId } = await register(sandbox);
  return lifeOf(await getTokens(sandbox, clientId, more));
}

const DAY = 24 * 60 * 60;

/** Options, where, what is asked for, and the life of the token. */
const table:
  readonly (readonly [name: string, Partial<AppOptions>, string, Record<string, string>, number | undefined])[] = [
    ["by default for good (seed)", {}, "", {}, undefined],
    ["as the server is told", { tokenLifetimeSeconds: 3600 }, "", {}, 3600],
    ["expires_in wins", { tokenLifetimeSeconds: 3600 }, "", { expires_in: "60" }, 60],
    ["expires_in wins when it is longer", { tokenLifetimeSeconds: 3600 }, "", { expires_in: "7200" }, 7200],
    ["a scenario's own wins", { tokenLifetimeSeconds: 3600 }, "/s/short-tokens", {}, 60],
    ["in a sandbox", { tokenLifetimeSeconds: 3600 }, "/s/standard~mine", {}, 3600],
    ["a test's mint wins", { tokenLifetimeSeconds: 3600, mint: { accessTokenTtlSeconds: 5 } }, "", {}, 5],
    ["on a public server a day", { public: true }, "", {}, DAY],
    ["on a public server less than a day", { public: true, tokenLifetimeSeconds: 60 }, "", {}, 60],
    ["on a public server never more", { public: true, tokenLifetimeSeconds: 2 * DAY }, "", {}, DAY],
  ];

Deno.test("access tokens live as long as request, test, scenario or server say, in this order (RFC 9068 2.2)", async (t) => {
  for (const [name, options, prefix, more, seconds] of table) {
    await t.step(name, async () => {
      await using test = await testApp(options);
      assert.deepEqual(await lifeAt(test, prefix, more), [seconds, seconds]);
    });
  }
});

Deno.test("mint.access_token_ttl_seconds changes the default over the control API, and null puts it back", async () => {
  await using test = await testApp({ tokenLifetimeSeconds: 3600 });
  await control(test, "PATCH /control/plan", { mint: { access_token_ttl_seconds: 60 } });
  assert.deepEqual(await lifeAt(test, ""), [60, 60]);
  await control(test, "PATCH /control/plan", { mint: { access_token_ttl_seconds: null } });
  assert.deepEqual(await lifeAt(test, ""), [3600, 3600]);
});

Deno.test("every grant has the default: refresh, client credentials, device, minted (RFC 6749 5.1)", async () => {
  await using test = await testApp({ tokenLifetimeSeconds: 3600 });
  const { clientId, secret } = await register(test, {
    token_endpoint_auth_method: "client_secret_post",
    grant_types: ["client_credentials", "authorization_code", "refresh_token"],
  });
  const ask = async (fields: Record<string, string>): Promise<Record<string, unknown>> =>
    await json(await test.postForm("/oauth/token", { client_id: clientId, client_secret: secret, ...fields }));
  assert.deepEqual(lifeOf(await ask({ grant_type: "client_credentials" })), [3600, 3600]);
  const { clientId: open } = await register(test);
  const refresh_token = text(await getTokens(test, open), "refresh_token");
  const refreshed = await json(
    await test.postForm("/oauth/token", { grant_type: "refresh_token", client_id: open, refresh_token }),
  );
  assert.deepEqual(lifeOf(refreshed), [3600, 3600]);
  const minted = await control(test, "POST /control/tokens", {});
  assert.equal(Number(claimsOf(text(minted, "access_token")).exp) * 1000, test.clock.nowMs + 3600_000);
});

Deno.test("the consent page says what an empty lifetime means (seed; RFC 6749 5.1)", async (t) => {
  for (const [seconds, hint] of [[undefined, "the token never expires"], [3600, "3600, the default here"]] as const) {
    await t.step(hint, async () => {
      await using test = await testApp(seconds === undefined ? {} : { tokenLifetimeSeconds: seconds });
      const { clientId } = await register(test);
      const page = await (await test.get(authorizeQuery(clientId))).text();
      assert.ok(page.includes(`Empty: ${hint}.`), page);
    });
  }
});
