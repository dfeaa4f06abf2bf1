/** Scopes: what is advertised, and what a tool of `/oauth` asks for when it is told to. */
import assert from "node:assert/strict";
import { createProfiles } from "../../lib/mcp/profiles.ts";
import { standardPlan } from "../../lib/scenarios/plan.ts";
import { scopesNeeded } from "../../lib/mcp/tool_scopes.ts";
import {
  assertOAuthError,
  callOauth,
  getTokens,
  json,
  origin,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const metadata = `resource_metadata="${origin}/.well-known/oauth-protected-resource/oauth"`;

function callTool({ fetch }: TestApp, token: string, calls: readonly string[], session = ""): Promise<Response> {
  const messages = calls.map((name, id) => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name, arguments: { title: "t", content: "c", action: "a", message: "m" } },
  }));
  return fetch("/oauth", {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session === "" ? {} : { "mcp-session-id": session }),
    },
    body: JSON.stringify(messages.length === 1 ? messages[0] : messages),
  });
}

async function beginSession(test: TestApp, scope: string | undefined): Promise<{ token: string; session: string }> {
  const { clientId } = await register(test);
  const token = text(await getTokens(test, clientId, { scope }), "access_token");
  const response = await callOauth(test, token);
  assert.equal(response.status, 200, "beginning a session needs no scope");
  await response.body?.cancel();
  return { token, session: response.headers.get("mcp-session-id") ?? "" };
}

Deno.test("offline_access gets a refresh token where the client may use one, and is left out elsewhere (OpenID Connect Core 11, MCP SEP-2207)", async (t) => {
  await using test = await testApp();
  const cases: [
    name: string,
    grants: readonly string[],
    asked: string,
    scope: string | undefined,
    hasToken: boolean,
  ][] = [
    [
      "asked and registered",
      ["authorization_code", "refresh_token"],
      "mcp:read offline_access",
      "mcp:read offline_access",
      true,
    ],
    ["registered alone", ["authorization_code", "refresh_token"], "mcp:read", "mcp:read", true],
    ["asked alone", ["authorization_code"], "mcp:read offline_access", "mcp:read", false],
    ["asked alone, and for nothing else", ["authorization_code"], "offline_access", undefined, false],
  ];
  for (const [name, grant_types, asked, scope, hasToken] of cases) {
    await t.step(name, async () => {
      const { clientId } = await register(test, { grant_types });
      const tokens = await getTokens(test, clientId, { scope: asked });
      assert.deepEqual([tokens.scope, "refresh_token" in tokens], [scope, hasToken]);
    });
  }
  await t.step("for a client itself", async () => {
    const client = await register(test, {
      grant_types: ["client_credentials", "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
    });
    const fields = { client_id: client.clientId, client_secret: client.secret, scope: "mcp:read offline_access" };
    const tokens = await json(await test.postForm("/oauth/token", { grant_type: "client_credentials", ...fields }));
    assert.deepEqual([tokens.scope, tokens.refresh_token], ["mcp:read", undefined]);
  });
});

Deno.test("no challenge and no resource asks for offline_access (MCP SEP-2207)", async () => {
  await using test = await testApp({ policy: { enforceToolScopes: true } });
  for (const path of ["", "/oauth"]) {
    const { scopes_supported } = await json(await test.get(`/.well-known/oauth-protected-resource${path}`));
    assert.deepEqual(scopes_supported, ["mcp:read", "mcp:write", "mcp:admin"]);
  }
  const response = await test.fetch("/oauth", { method: "POST" });
  assert.doesNotMatch(response.headers.get("www-authenticate") ?? "offline_access", /offline_access/);
});

Deno.test("a tool call without its scope gets 403 and what it needs, where that is enforced (RFC 6750 3.1, MCP authorization)", async (t) => {
  await using test = await testApp({ policy: { enforceToolScopes: true } });
  const cases: [scope: string | undefined, calls: readonly string[], lacks: string | undefined][] = [
    [undefined, ["mock_echo"], "mcp:read"],
    ["openid", ["mock_list_notes"], "mcp:read"],
    ["mcp:read", ["mock_echo"], undefined],
    ["mcp:read", ["mock_create_note"], "mcp:write"],
    ["mcp:read", ["adminAction"], "mcp:admin"],
    ["mcp:write", ["mock_echo"], undefined],
    ["mcp:write", ["mock_create_note"], undefined],
    ["mcp:write", ["mock_create_note", "adminAction"], "mcp:write mcp:admin"],
    ["mcp:admin", ["mock_create_note"], undefined],
    ["mcp:admin", ["mock_list_notes"], undefined],
    ["mcp:admin", ["adminAction"], undefined],
    ["mcp:administrator", ["adminAction"], "mcp:admin"],
  ];
  for (const [scope, calls, lacks] of cases) {
    await t.step(`${scope ?? "none"}: ${calls.join()}`, async () => {
      const { token, session } = await beginSession(test, scope);
      const response = await callTool(test, token, calls, session);
      if (lacks === undefined) {
        assert.equal(response.status, 200);
        await response.body?.cancel();
        return;
      }
      const challenge = response.headers.get("www-authenticate") ?? "";
      assert.match(challenge, /^Bearer error="insufficient_scope", error_description="[^"]+", /);
      assert(challenge.endsWith(`, scope="${lacks}", ${metadata}`), challenge);
      await assertOAuthError(response, 403, "insufficient_scope");
    });
  }
});

Deno.test("a challenge without a token names the first scope where scopes are enforced (MCP authorization)", async () => {
  await using test = await testApp({ policy: { enforceToolScopes: true } });
  const response = await test.fetch("/oauth", { method: "POST" });
  assert.equal(response.headers.get("www-authenticate"), `Bearer scope="mcp:read", ${metadata}`);
  await response.body?.cancel();
});

Deno.test("in the standard every token may call every tool", async () => {
  await using test = await testApp();
  const { token, session } = await beginSession(test, undefined);
  for (const name of ["mock_echo", "mock_create_note", "adminAction"]) {
    const response = await callTool(test, token, [name], session);
    assert.equal(response.status, 200, name);
    await response.body?.cancel();
  }
});

Deno.test("every tool of /oauth that changes something needs more than to read", () => {
  for (
    const { name, listing } of createProfiles("0").of({ mode: "oauth", policy: standardPlan.policy }).tools.values()
  ) {
    const [scope] = scopesNeeded({ method: "tools/call", params: { name } });
    const isNote = name.includes("note");
    assert.equal(scope !== "mcp:read", name === "adminAction" || (isNote && !listing.annotations?.readOnlyHint), name);
  }
});

Deno.test("resource metadata names the tools' scopes and none that is the authorization server's own (MCP authorization)", async () => {
  await using test = await testApp();
  const server = await json(await test.get("/.well-known/oauth-authorization-server"));
  for (const path of ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/oauth"]) {
    const { scopes_supported } = await json(await test.get(path));
    assert.deepEqual(scopes_supported, ["mcp:read", "mcp:write", "mcp:admin"]);
  }
  assert.deepEqual(server.scopes_supported, [
    "mcp:read",
    "mcp:write",
    "mcp:admin",
    "openid",
    "profile",
    "email",
    "offline_access",
  ]);
});
