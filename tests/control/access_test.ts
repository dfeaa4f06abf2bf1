/** Who may control a sandbox: on loopback, on a public host, with a token, with a label, from a page of elsewhere. */
import assert from "node:assert/strict";
import { type AppOptions, createApp } from "../../main.ts";
import { controlEndpoints } from "../../lib/http/endpoints.ts";
import { assertOAuthError } from "../helpers.ts";

const secretLabel = "/s/standard~0123456789abcdef";
const shortLabel = "/s/standard~0123456789abcde";
const token = { control: { token: "s3cret-token" } };

interface Case {
  readonly options: Omit<AppOptions, "kv">;
  readonly path?: string;
  readonly at?: string;
  readonly headers?: Record<string, string>;
  readonly status: number;
}

const pub = "https://mock.example.com";
const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });

const cases: Readonly<Record<string, Case>> = {
  "on loopback anybody may": { options: { loopbackOnly: true }, status: 200 },
  "on loopback no page of elsewhere may": {
    options: { loopbackOnly: true },
    headers: { origin: "https://evil.example" },
    status: 403,
  },
  "on loopback a page of this machine may": {
    options: { loopbackOnly: true },
    headers: { origin: "http://localhost:3000" },
    status: 200,
  },
  "on loopback no other host name is served (DNS rebinding)": {
    options: { loopbackOnly: true },
    at: "http://evil.example:8789",
    status: 403,
  },
  "on loopback behind a public URL nobody may": {
    options: { loopbackOnly: true, publicUrl: pub },
    at: pub,
    status: 403,
  },
  "on loopback with a token that is asked for": { options: { loopbackOnly: true, ...token }, status: 401 },
  "in public main is closed": { options: {}, at: pub, status: 403 },
  "in public a short label is closed": { options: {}, at: pub, path: shortLabel, status: 403 },
  "in public a scenario without a label is closed": { options: {}, at: pub, path: "/s/standard", status: 403 },
  "in public a label of 16 characters is open": { options: {}, at: pub, path: secretLabel, status: 200 },
  "in public it does not help to say localhost": { options: {}, at: "http://localhost:8789", status: 403 },
  "without the token it is closed": { options: token, at: pub, status: 401 },
  "with another token it is closed": { options: token, at: pub, headers: bearer("s3cret-tokem"), status: 401 },
  "with half of the token it is closed": { options: token, at: pub, headers: bearer("s3cret"), status: 401 },
  "with an empty token it is closed": { options: token, at: pub, headers: { authorization: "Bearer " }, status: 401 },
  "with the token it is open": { options: token, at: pub, headers: bearer("s3cret-token"), status: 200 },
  "with the token a short label is open": {
    options: token,
    at: pub,
    path: shortLabel,
    headers: bearer("s3cret-token"),
    status: 200,
  },
  "a label of 16 characters needs no token": { options: token, at: pub, path: secretLabel, status: 200 },
  "a page that is not allowed may not even with the token": {
    options: { ...token, allowedOrigins: ["https://good.example"] },
    at: pub,
    headers: { ...bearer("s3cret-token"), origin: "https://evil.example" },
    status: 403,
  },
  "a test that says so is let in": { options: { control: "open" }, status: 200 },
};

Deno.test("the control API is open to whom it should be, and to nobody else", async (t) => {
  for (
    const [name, { options, path = "", at = "http://localhost:8789", headers = {}, status }] of Object.entries(cases)
  ) {
    await t.step(name, async () => {
      using kv = await Deno.openKv(":memory:");
      const app = createApp({ kv, ...options });
      const response = await app(new Request(`${at}${path}/control/clock`, { headers }));
      assert.equal(response.status, status, await response.clone().text());
      if (status === 401) {
        await assertOAuthError(response.clone(), 401, "invalid_token");
        assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer /);
      }
      if (status === 403) await assertOAuthError(response.clone(), 403, "access_denied");
      await response.body?.cancel();
    });
  }
});

Deno.test("every row of the control API asks who is there before it does anything", async () => {
  using kv = await Deno.openKv(":memory:");
  const app = createApp({ kv });
  for (const { name, method, path } of controlEndpoints) {
    const request = new Request(`http://localhost:8789${path.replace(/:\w+/, "x")}`, { method });
    const response = await app(request);
    assert.equal(response.status, 403, name);
    await response.body?.cancel();
  }
});

Deno.test("a refusal says how to get in: with --control-token, or with a sandbox of one's own", async () => {
  using kv = await Deno.openKv(":memory:");
  const response = await createApp({ kv })(new Request(`${pub}/control/clock`));
  const description = await assertOAuthError(response, 403, "access_denied");
  assert.match(description, /--control-token, or .*\/s\/standard~LABEL with a label of 16 characters or more/);
});

Deno.test("?fault= is for those alone who may control the sandbox", async () => {
  using kv = await Deno.openKv(":memory:");
  const app = createApp({ kv });
  const refused = await app(new Request(`${pub}/oauth?fault=mcp:503`));
  await assertOAuthError(refused, 403, "access_denied");
  const plain = await app(new Request(`${pub}/oauth`));
  assert.equal(plain.status, 401);
  const own = await app(new Request(`${pub}${secretLabel}/oauth?fault=mcp:503`));
  assert.equal(own.status, 503);
  for (const response of [plain, own]) await response.body?.cancel();
});
