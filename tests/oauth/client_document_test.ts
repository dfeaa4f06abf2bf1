import assert from "node:assert/strict";
import {
  assertOAuthError,
  authorizeQuery,
  codeFields,
  getCode,
  getTokens,
  json,
  type KvTestApp,
  kvTestApp,
  type KvTestOptions,
  origin,
  redirectUri,
  type TestApp,
} from "../helpers.ts";

const clientId = "https://app.example/oauth/client.json";

const good = {
  client_id: clientId,
  client_name: "An app",
  redirect_uris: [redirectUri],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};

/** An app before a web that has one document; what was asked for is written down. */
async function openApp(
  answer: (request: Request) => Response = () => Response.json(good),
  more: KvTestOptions = {},
): Promise<{ readonly test: KvTestApp; readonly asked: Request[] }> {
  const asked: Request[] = [];
  const test = await kvTestApp({
    fetch: (request) => {
      asked.push(request);
      return Promise.resolve(answer(request));
    },
    resolveDns: (hostname) => Promise.resolve([hostname === "inside.example" ? "10.0.0.1" : "93.184.215.14"]),
    ...more,
  });
  // Keys that are made beside a refusal would outlive the test.
  await (await test.get("/oauth/jwks")).body?.cancel();
  return { test, asked };
}

async function refusal(test: TestApp, id: string): Promise<string> {
  return await assertOAuthError(await test.get(authorizeQuery(id, { auto_approve: "true" })), 400, "invalid_client");
}

Deno.test("a client_id that is a URL goes through the whole flow, unregistered (CIMD 4)", async () => {
  const { test, asked } = await openApp();
  await using _ = test;
  const tokens = await getTokens(test, clientId);
  assert.equal(typeof tokens.refresh_token, "string");
  assert.equal(asked.length, 1);
  assert.equal(asked[0]?.headers.get("accept"), "application/json");
  assert.equal(asked[0]?.headers.get("cookie"), null);
  assert.deepEqual(await Array.fromAsync(test.kv.list({ prefix: ["main", "client"] })), []);
  const fields = { grant_type: "refresh_token", client_id: clientId, refresh_token: String(tokens.refresh_token) };
  assert.equal((await test.postForm("/oauth/token", fields)).status, 200);
  const code = await getCode(test, clientId);
  assert.equal((await test.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
  await assertOAuthError(await test.postForm("/oauth/token", codeFields(clientId, code)), 400, "invalid_grant");
});

Deno.test("the consent page shows the host that describes the client, and where the code goes (MCP authorization, CIMD 6)", async () => {
  const { test } = await openApp();
  await using _ = test;
  const page = await (await test.get(authorizeQuery(clientId))).text();
  assert.match(page, /<strong class="host">app\.example<\/strong>/);
  assert.match(page, /<strong class="host">client\.example<\/strong>/);
});

Deno.test("a client metadata document that lies or lacks something is refused (CIMD 4.1)", async (t) => {
  const cases: [string, unknown, RegExp][] = [
    ["another client's", { ...good, client_id: "https://app.example/other.json" }, /character by character/],
    ["another way of writing it", { ...good, client_id: "https://APP.example/oauth/client.json" }, /character/],
    ["nobody's", { ...good, client_id: undefined }, /client_id/],
    ["without a name", { ...good, client_name: undefined }, /client_name/],
    ["without a redirect URI", { ...good, redirect_uris: [] }, /redirect_uris is missing/],
    ["with a script to go to", { ...good, redirect_uris: ["javascript:alert(1)"] }, /redirect URI/],
    ["with a secret method", { ...good, token_endpoint_auth_method: "client_secret_post" }, /auth_method/],
    ["with a secret", { ...good, client_secret: "s" }, /client_secret/],
    ["with the end of a secret", { ...good, client_secret_expires_at: 0 }, /client_secret_expires_at/],
    ["an array", [good], /JSON object/],
    ["null", null, /JSON object/],
  ];
  for (const [name, document, expected] of cases) {
    await t.step(name, async () => {
      const { test } = await openApp(() => Response.json(document));
      await using _ = test;
      assert.match(await refusal(test, clientId), expected);
    });
  }
  await t.step("another redirect URI than it lists", async () => {
    const { test } = await openApp(() => Response.json({ ...good, redirect_uris: ["https://other.example/"] }));
    await using _ = test;
    await assertOAuthError(await test.get(authorizeQuery(clientId)), 400, "invalid_request");
  });
});

Deno.test("a client_id that cannot be a document's URL is refused before anything is fetched (CIMD 3)", async (t) => {
  const ids = [
    "http://app.example/client.json",
    "https://app.example",
    "https://app.example/",
    "https://app.example/a#b",
    "https://user:pass@app.example/a",
    "https://@app.example/a",
    "https://app.example/a/../b",
    "https://app.example/./a",
    "https://app.example/%2e%2E/a",
    "https://app.example/a/..",
    "https:app.example/a b",
    "HTTP://localhost/a",
    "http://localhost:1/client.json",
    "https://127.0.0.1/a",
    "https://169.254.169.254/latest/meta-data",
    "https://[::ffff:127.0.0.1]/a",
    "https://[::1]/a",
    "https://inside.example/a",
    "https://localhost/a",
  ];
  for (const id of ids) {
    await t.step(id, async () => {
      const { test, asked } = await openApp();
      await using _ = test;
      await refusal(test, id);
      const form = codeFields(id, "code");
      await assertOAuthError(await test.postForm("/oauth/token", form), 400, "invalid_client");
      assert.equal(asked.length, 0);
    });
  }
});

Deno.test("a document behind a redirect, a failure or a page is refused (CIMD 4)", async (t) => {
  const answers: [string, () => Response, RegExp][] = [
    ["a redirect", () => Response.redirect("https://app.example/elsewhere.json"), /redirects/],
    ["a redirect inwards", () => Response.redirect("http://169.254.169.254/"), /redirects/],
    ["not found", () => Response.json(good, { status: 404 }), /status 404/],
    ["another success", () => Response.json(good, { status: 201 }), /status 201/],
    ["a page", () => new Response("<p>", { headers: { "content-type": "text/html" } }), /application\/json/],
    ["too long", () => Response.json({ ...good, x: "x".repeat(70_000) }), /65536/],
    ["unasked", () => new Response(null, { status: 304 }), /cannot be/],
  ];
  for (const [name, answer, expected] of answers) {
    await t.step(name, async () => {
      const { test, asked } = await openApp(answer);
      await using _ = test;
      assert.match(await refusal(test, clientId), expected);
      assert.equal(asked.length, 1);
      await refusal(test, clientId);
      assert.equal(asked.length, 2, "a failure is not remembered");
    });
  }
});

Deno.test("a document is remembered as its headers say, on the server's clock (CIMD 4.2, RFC 9111 5.2.2)", async (t) => {
  const cases: [string, Record<string, string>, number | undefined][] = [
    ["max-age", { "cache-control": "public, max-age=60" }, 60],
    ["none", {}, 300],
    ["too much", { "cache-control": "max-age=99999999" }, 24 * 60 * 60],
    ["no-store", { "cache-control": "no-store, max-age=60" }, undefined],
    ["no-cache", { "cache-control": "no-cache" }, undefined],
  ];
  for (const [name, headers, seconds] of cases) {
    await t.step(name, async () => {
      const { test, asked } = await openApp(() => Response.json(good, { headers }));
      await using _ = test;
      await getCode(test, clientId);
      test.clock.nowMs += (seconds ?? 1) * 1000 - 1;
      await getCode(test, clientId);
      assert.equal(asked.length, seconds === undefined ? 2 : 1);
      test.clock.nowMs += 1;
      await getCode(test, clientId);
      assert.equal(asked.length, seconds === undefined ? 3 : 2);
    });
  }
  await t.step("etag", async () => {
    const { test, asked } = await openApp(({ headers }) =>
      headers.get("if-none-match") === '"1"'
        ? new Response(null, { status: 304, headers: { "cache-control": "max-age=60" } })
        : Response.json(good, { headers: { etag: '"1"', "cache-control": "max-age=60" } })
    );
    await using _ = test;
    for (const calls of [1, 2, 3]) {
      await getCode(test, clientId);
      await getCode(test, clientId);
      assert.equal(asked.length, calls);
      test.clock.nowMs += 60_000;
    }
  });
});

Deno.test("GET /client-metadata/<name>.json serves a document for a client under test, made of its query", async () => {
  const { test, asked } = await openApp();
  await using _ = test;
  const query = new URLSearchParams({ redirect_uri: redirectUri, client_name: "Under test", logo_uri: "" });
  query.append("redirect_uri", "http://127.0.0.1/cb");
  const id = `${origin}/client-metadata/mine.json?${query}`;
  const response = await test.get(id);
  assert.equal(response.headers.get("cache-control"), "public, max-age=300");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.deepEqual(await json(response), {
    ...good,
    client_id: id,
    client_name: "Under test",
    redirect_uris: [redirectUri, "http://127.0.0.1/cb"],
  });
  await getTokens(test, id);
  assert.equal(asked.length, 0);
  await assertOAuthError(await test.get("/client-metadata/mine.txt"), 404, "not_found");
  await assertOAuthError(await test.get("/client-metadata/"), 404, "not_found");
  await assertOAuthError(await test.get("/client-metadata/a/mine.json"), 404, "not_found");
  await assertOAuthError(await test.get("/client-metadata/%zz"), 404, "not_found");
  assert.match(await refusal(test, `${origin}/client-metadata/mine.json`), /redirect_uris is missing/);
});

Deno.test("a document on this machine is fetched over http in local mode alone (CIMD 5, development)", async () => {
  const id = "http://localhost:4000/client.json";
  const { test, asked } = await openApp(() => Response.json({ ...good, client_id: id }), { loopbackOnly: true });
  await using _ = test;
  await getTokens(test, id);
  assert.equal(asked.length, 1);
  assert.match(await refusal(test, "http://app.example/client.json"), /not https/);
});
