/** The search for scenarios finds what people call things, not only what the catalogue calls them (issue 16). */
import assert from "node:assert/strict";
import { z } from "zod";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { wordsOf } from "../../lib/scenarios/catalogue/words.ts";
import { json, type TestApp, testApp } from "../helpers.ts";

const answer = z.object({ scenarios: z.array(z.looseObject({ name: z.string() })) });

async function search({ get }: TestApp, query: string): Promise<readonly string[]> {
  const { scenarios } = answer.parse(await json(await get(`/scenarios?${new URLSearchParams({ q: query })}`)));
  return scenarios.map(({ name }) => name);
}

/** The 24 of the issue that found nothing, and the scenario that one of them should find. */
const reported: Readonly<Record<string, string>> = {
  "rotation": "refresh-race",
  "revoked": "refresh-refused",
  "timeout": "slow-token-endpoint",
  "malformed": "token-truncated",
  "invalid json": "metadata-truncated",
  "truncated": "mcp-truncated",
  "latency": "slow-metadata",
  "network error": "token-dropped",
  "reuse": "refresh-race",
  "replay": "refresh-race",
  "audience": "wrong-audience",
  "insufficient_scope": "step-up",
  "session": "session-lost",
  "denied": "person-denies",
  "cancel": "person-denies",
  "csrf": "state-wrong",
  "jwks": "unknown-kid",
  "signature": "bad-signature",
  "kid": "unknown-kid",
  "key rotation": "jwks-without-key",
  "mix-up": "iss-missing",
  "auth0": "okta",
  "linear": "standard",
  "notion": "standard",
};

/** Forty more, as people type them. */
const ordinary: Readonly<Record<string, string>> = {
  "expired token": "expired-403",
  "retry": "token-503-twice",
  "rate limit": "token-rate-limited",
  "429": "token-rate-limited",
  "503": "mcp-503-once",
  "5xx": "token-503-twice",
  "outage": "prm-path-502",
  "unauthorized": "endless-401",
  "login loop": "endless-401",
  "infinite loop": "step-up-endless",
  "connection reset": "mcp-dropped",
  "offline": "token-dropped",
  "flaky": "metadata-503-once",
  "slow": "slow-tool-call",
  "hang": "slow-tool-call",
  "captcha": "dcr-html",
  "html instead of json": "spa-catch-all",
  "CORS": "no-cors",
  "downgrade": "pkce-plain-only",
  "trailing slash": "issuer-slash",
  "tenant": "issuer-path",
  "openid-configuration": "oidc-only",
  "dynamic client registration": "dcr-forbidden",
  "cimd": "client-document",
  "localhost": "no-localhost-redirects",
  "deep link": "no-custom-schemes",
  "race condition": "refresh-race",
  "clock drift": "clock-skew",
  "proof of possession": "dpop",
  "logout": "revocation-fails",
  "public client": "auth-none",
  "machine to machine": "client-credentials-basic",
  "sso": "enterprise-managed",
  "kubernetes": "workload-identity",
  "xss": "html-in-error",
  "azure": "entra",
  "jira": "atlassian",
  "aws": "cognito",
  "confused deputy": "wrong-audience",
  "protocol version": "newer-revision-400",
  "device": "standard",
};

Deno.test("64 ordinary words and more each find a scenario, and the one that they mean among them (issue 16)", async (t) => {
  const words = Object.entries({ ...reported, ...ordinary });
  assert(words.length >= 64);
  await using test = await testApp();
  for (const [query, name] of words) {
    await t.step(query, async () => {
      const found = await search(test, query);
      assert(found.includes(name), `${query} finds ${found.join(", ") || "nothing"}`);
      assert(found.length < catalogue.length / 3, `${query} finds ${found.length}`);
    });
  }
});

Deno.test("every scenario has words of its own, and no word is for a scenario there is not (issue 16)", () => {
  assert.deepEqual(catalogue.filter(({ words = "" }) => words.split(" ").length < 3).map(({ name }) => name), []);
  const names = new Set(catalogue.map(({ name }) => name));
  assert.deepEqual(Object.keys(wordsOf).filter((name) => !names.has(name)), []);
});

Deno.test("the page carries the words for the search of its script (issue 16)", async () => {
  await using test = await testApp();
  const page = await (await test.get("/scenarios", { accept: "text/html" })).text();
  assert.equal(page.split("data-words=").length - 1, catalogue.length);
  const found = await (await test.get("/scenarios?q=csrf", { accept: "text/html" })).text();
  assert.match(found, /<li class="scenario"><details><summary><code>state-wrong<\/code>/);
});
