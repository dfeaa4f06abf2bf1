import assert from "node:assert/strict";
import type { Scenario } from "../../main.ts";
import { assertOAuthError, callOauth, json, origin, register, testApp, text } from "../helpers.ts";
import { below, codeFields, getCode, getTokens } from "../helpers.ts";

function scenario(name: string, more: Partial<Scenario>): Scenario {
  return { name, group: "Custom", story: "", client: "", plan: {}, expects: [], links: [], ...more };
}

Deno.test("a sandbox has metadata, a flow and an MCP endpoint of its own below its prefix (RFC 8414 3.1, RFC 9728 3.1)", async () => {
  await using test = await testApp();
  const prefix = "/s/standard~one";
  const inserted = await json(await test.get(`/.well-known/oauth-authorization-server${prefix}`));
  assert.equal(inserted.issuer, origin + prefix);
  assert.equal(inserted.token_endpoint, `${origin}${prefix}/oauth/token`);
  for (const path of [`/.well-known/openid-configuration${prefix}`, `${prefix}/.well-known/openid-configuration`]) {
    assert.deepEqual(await json(await test.get(path)), inserted, path);
  }
  await assertOAuthError(await test.get(`${prefix}/.well-known/oauth-authorization-server`), 404, "not_found");
  const resource = await json(await test.get(`/.well-known/oauth-protected-resource${prefix}/oauth`));
  assert.deepEqual([resource.resource, resource.authorization_servers], [`${origin}${prefix}/oauth`, [
    origin + prefix,
  ]]);

  const sandbox = below(test, prefix);
  const { clientId } = await register(sandbox);
  const token = text(await getTokens(sandbox, clientId), "access_token");
  const welcome = await callOauth(sandbox, token);
  assert.equal(welcome.status, 200);
  await welcome.body?.cancel();
  assert.match(
    (await test.get(`${prefix}/oauth`)).headers.get("www-authenticate") ?? "",
    /resource_metadata="http:\/\/localhost:8789\/\.well-known\/oauth-protected-resource\/s\/standard~one\/oauth"/,
  );
});

Deno.test("clients, codes and tokens of one sandbox are unknown to every other", async () => {
  await using test = await testApp();
  const [one, two] = [below(test, "/s/standard~one"), below(test, "/s/standard~two")];
  const { clientId } = await register(one);
  const refused = await two.get(`/oauth/authorize?client_id=${clientId}&response_type=code`);
  await assertOAuthError(refused, 400, "invalid_client");
  const { clientId: other } = await register(two);
  const code = await getCode(one, clientId);
  const stolen = await two.postForm("/oauth/token", codeFields(other, code));
  await assertOAuthError(stolen, 400, "invalid_grant");
  const token = text(await getTokens(one, clientId), "access_token");
  for (const foreign of [two, test, below(test, "/s/standard")]) {
    await assertOAuthError(await callOauth(foreign, token), 401, "invalid_token");
  }
});

Deno.test("a sandbox can have an origin of its own, at whose root it lies", async () => {
  await using test = await testApp();
  const at = "http://standard--mine.localhost:8789";
  const metadata = await json(await test.get(`${at}/.well-known/oauth-authorization-server`));
  assert.equal(metadata.issuer, at);
  const other = await json(await test.get("http://something.localhost:8789/.well-known/oauth-authorization-server"));
  assert.equal(other.issuer, "http://something.localhost:8789");
});

Deno.test("a scenario that does not exist is refused with where to find those that do", async () => {
  await using test = await testApp();
  for (const path of ["/s/nothing/oauth", "/s/standard~Label/oauth", "/.well-known/oauth-authorization-server/s/a~"]) {
    const description = await assertOAuthError(await test.get(path), 404, "not_found");
    assert.match(description, /see \S+\/scenarios$/);
  }
});

Deno.test("an issuer with a path keeps its endpoints below it, and metadata at the three places (RFC 8414 3.1)", async () => {
  const tenant = scenario("tenant", { layout: { issuer_path: "/tenant1" } });
  await using test = await testApp({ scenarios: [tenant] });
  const places = [
    "/.well-known/oauth-authorization-server/s/tenant/tenant1",
    "/.well-known/openid-configuration/s/tenant/tenant1",
    "/s/tenant/tenant1/.well-known/openid-configuration",
  ];
  for (const place of places) {
    const { issuer, token_endpoint } = await json(await test.get(place));
    assert.deepEqual([issuer, token_endpoint], [
      `${origin}/s/tenant/tenant1`,
      `${origin}/s/tenant/tenant1/oauth/token`,
    ]);
  }
  const wrong = [
    "/.well-known/oauth-authorization-server/s/tenant",
    "/s/tenant/.well-known/openid-configuration",
    "/s/tenant/oauth/jwks",
    "/s/tenant/tenant1/.well-known/oauth-authorization-server",
  ];
  for (const path of wrong) assert.equal((await test.get(path)).status, 404, path);
});

Deno.test("a scenario's faults edit responses, and those that are counted come to an end", async () => {
  const flaky = scenario("flaky", {
    plan: {
      faults: [
        { name: "issuer", match: { endpoint: "server_metadata" }, edit: { json: { set: { issuer: "{issuer}/" } } } },
        { name: "down", match: { endpoint: "jwks" }, times: 1, nth: 2, answer: { status: 503, body: "down" } },
        {
          name: "late",
          match: { endpoint: "pages" },
          after: { match: { endpoint: "jwks" }, times: 3 },
          edit: { headers: { "x-late": "{host}" } },
        },
      ],
    },
  });
  await using test = await testApp({ scenarios: [flaky] });
  const sandbox = below(test, "/s/flaky");
  const { issuer } = await json(await test.get("/.well-known/oauth-authorization-server/s/flaky"));
  assert.equal(issuer, `${origin}/s/flaky/`);
  assert.equal((await json(await test.get("/.well-known/oauth-authorization-server"))).issuer, origin);
  const jwks = async (): Promise<number> => (await sandbox.get("/oauth/jwks")).status;
  assert.equal((await sandbox.get("/health")).headers.get("x-late"), null);
  assert.deepEqual([await jwks(), await jwks(), await jwks()], [200, 503, 200]);
  assert.equal((await sandbox.get("/health")).headers.get("x-late"), "localhost:8789");
  assert.equal(await jwks(), 200);
});

Deno.test("a fault that asks for the method of a message leaves a large message to its endpoint (MCP, 4 MiB)", async () => {
  const asking = scenario("asking", {
    plan: { faults: [{ name: "ping", match: { endpoint: "open_mcp", rpc_method: "ping" }, answer: { status: 503 } }] },
  });
  await using test = await testApp({ scenarios: [asking] });
  const send = async (message: unknown): Promise<number> => {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const body = JSON.stringify(message);
    const { length } = body;
    const response = await test.fetch("/s/asking/no-auth", {
      method: "POST",
      headers: { ...headers, "content-length": String(length) },
      body,
    });
    await response.body?.cancel();
    return response.status;
  };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "0" } };
  assert.equal(await send({ jsonrpc: "2.0", id: 1, method: "ping" }), 503);
  const large = { ...params, clientInfo: { name: "x".repeat(2 * 1024 * 1024), version: "0" } };
  assert.equal(await send({ jsonrpc: "2.0", id: 1, method: "initialize", params: large }), 200);
});
