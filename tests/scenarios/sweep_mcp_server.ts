/** Probes of the scenarios of the MCP server as a resource. */
import assert from "node:assert/strict";
import { assertOAuthError, callOauth, json, text } from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, callTool, challengeOf, type Login, logIn, refresh, statusOf } from "./sweep_steps.ts";

/** A login whose token has expired. */
async function overdue(at: ProbeSandbox): Promise<Login> {
  const login = await logIn(appOf(at));
  assert.equal(await statusOf(appOf(at), login.access), 200);
  at.clock.nowMs += 60_000;
  return login;
}

/** Insists that a refresh still helps. */
async function refreshHelps(at: ProbeSandbox, login: Login): Promise<void> {
  const tokens = await json(await refresh(appOf(at), login));
  assert.equal(await statusOf(appOf(at), text(tokens, "access_token")), 200);
}

function metadataUrlOf({ origin, prefix }: ProbeSandbox): string {
  return `${origin}/.well-known/oauth-protected-resource${prefix}/oauth`;
}

/** Probes of the MCP server by the name of the scenario. */
export const mcpServerProbes: Readonly<Record<string, Probe>> = {
  "endless-401": async (at) => {
    for (let time = 1; time <= 3; time++) {
      const { access } = await logIn(appOf(at));
      const response = await callOauth(appOf(at), access);
      await assertOAuthError(response, 401, "invalid_token");
      assert.equal(
        response.headers.get("www-authenticate"),
        `Bearer error="invalid_token", resource_metadata="${metadataUrlOf(at)}"`,
      );
    }
  },
  "step-up-with-refresh-token": async (at) => {
    const app = appOf(at);
    assert.match(await challengeOf(at) ?? "", /scope="mcp:read"/);
    // A client that has not even registered for refreshing gets a refresh token as well.
    const client = { grant_types: ["authorization_code"] };
    assert.equal("refresh_token" in (await logIn(app, { client })).tokens, true);
    const login = await logIn(app, { request: { scope: "mcp:read" } });
    assert.equal((await callTool(app, login.access, "mock_list_notes")).status, 200);
    const refused = await callTool(app, login.access, "mock_create_note");
    assert.equal(refused.status, 403);
    assert.match(
      refused.headers.get("www-authenticate") ?? "",
      /^Bearer .*error="insufficient_scope".*scope="mcp:write".*resource_metadata="/,
    );
    const widened = await refresh(app, login, { scope: "mcp:read mcp:write" });
    await assertOAuthError(widened, 400, "invalid_scope");
    const narrow = text(await json(await refresh(app, login)), "access_token");
    assert.equal((await callTool(app, narrow, "mock_create_note")).status, 403);
    const { access } = await logIn(app, { request: { scope: "mcp:read mcp:write" } });
    assert.equal((await callTool(app, access, "mock_create_note")).status, 200);
  },
  "expired-403": async (at) => {
    const login = await overdue(at);
    const response = await callOauth(appOf(at), login.access);
    await assertOAuthError(response, 403, "invalid_token");
    assert.match(response.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
    assert.notEqual(await challengeOf(at), null);
    await refreshHelps(at, login);
  },
  "expired-500": async (at) => {
    const login = await overdue(at);
    const response = await callOauth(appOf(at), login.access);
    assert.deepEqual([response.status, response.headers.get("www-authenticate")], [500, null]);
    assert.equal(await response.text(), "Internal Server Error");
    assert.notEqual(await challengeOf(at), null);
    await refreshHelps(at, login);
  },
  "expired-tool-error": async (at) => {
    const login = await overdue(at);
    const response = await callTool(appOf(at), login.access, "mock_echo");
    assert.deepEqual([response.status, response.headers.get("www-authenticate")], [200, null]);
    const { id, result } = await json(response);
    assert.deepEqual([id, Object(result).isError], [1, true]);
    assert.equal(await statusOf(appOf(at), login.access), 401, "only of tools");
    await refreshHelps(at, login);
  },
  "slash-redirect": async (at) => {
    const { access } = await logIn(appOf(at));
    const response = await callOauth(appOf(at), access);
    const there = `${at.origin}${at.prefix}/oauth/`;
    assert.deepEqual([response.status, response.headers.get("location")], [307, there]);
    assert.equal(await statusOf(appOf(at), access, there), 200);
    assert.equal((await at.fetch(there, { method: "POST" })).status, 401);
  },
  "moved-while-signed-in": async (at) => {
    const app = appOf(at);
    const issuers = async (): Promise<unknown> =>
      (await json(await at.wellKnown("oauth-protected-resource", "/oauth"))).authorization_servers;
    const login = await logIn(app);
    assert.deepEqual(await issuers(), [at.origin + at.prefix]);
    assert.equal(await statusOf(app, login.access), 200);
    assert.deepEqual(await issuers(), [at.origin + at.prefix]);
    assert.equal((await callTool(app, login.access, "mock_list_notes")).status, 200);
    assert.deepEqual(await issuers(), [`${at.origin}${at.prefix}/moved`]);
    assert.equal(await statusOf(app, login.access), 401);
    assert.equal(await statusOf(app, (await logIn(app)).access), 401);
    const moved = appOf(at, "/moved");
    const refreshed = await refresh(app, login);
    assert.equal(await statusOf(app, text(await json(refreshed), "access_token")), 401);
    await assertOAuthError(await refresh(moved, login), 401, "invalid_client");
    assert.equal(await statusOf(app, (await logIn(moved)).access), 200);
  },
  "revocation-fails": async (at) => {
    const { clientId, access } = await logIn(appOf(at));
    const response = await at.postForm("/oauth/revoke", { token: access, client_id: clientId });
    assert.deepEqual([response.status, await response.text()], [503, "Service Unavailable"]);
    assert.equal(await statusOf(appOf(at), access), 200);
  },
};
