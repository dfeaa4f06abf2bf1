/** Probes of the refresh family: what happens to a login when its access token has expired. */
import assert from "node:assert/strict";
import { assertOAuthError, json, register, text } from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, callTool, type Login, logIn, type LoginOptions, refresh, responseOf, statusOf } from "./sweep_steps.ts";

/** Logs in, and waits until the access token has expired. */
async function outlive(at: ProbeSandbox, options?: LoginOptions): Promise<Login> {
  const app = appOf(at);
  const login = await logIn(app, options);
  assert.equal(login.tokens.expires_in, 60);
  at.clock.nowMs += 59_999;
  assert.equal(await statusOf(app, login.access), 200);
  at.clock.nowMs += 1;
  assert.equal(await statusOf(app, login.access), 401);
  return login;
}

/** Insists that a refresh works; gives what it brought. */
async function refreshed(at: ProbeSandbox, login: Login, more?: Record<string, string>): Promise<Login> {
  const response = await refresh(appOf(at), login, more);
  assert.equal(response.status, 200);
  const tokens = { ...login.tokens, ...await json(response) };
  return { ...login, tokens, access: text(tokens, "access_token") };
}

/** Insists that a refresh is carried out and its answer never arrives. */
async function losesAnswer(at: ProbeSandbox, login: Login): Promise<void> {
  const response = await refresh(appOf(at), login);
  assert.equal(response.status, 200);
  await assert.rejects(response.text(), /dropped/);
}

/** Insists on a refusal of every refresh. */
async function refuses(at: ProbeSandbox, status: number): Promise<void> {
  const login = await outlive(at);
  for (let time = 1; time <= 3; time++) {
    await assertOAuthError(await refresh(appOf(at), login), status, "invalid_grant");
  }
  assert.equal(await statusOf(appOf(at), (await logIn(appOf(at))).access), 200);
}

/** Probes of refreshing by the name of the scenario. */
export const refreshProbes: Readonly<Record<string, Probe>> = {
  "short-tokens": async (at) => {
    const next = await refreshed(at, await outlive(at));
    assert.equal(await statusOf(appOf(at), next.access), 200);
  },
  "refresh-race": async (at) => {
    const login = await outlive(at);
    const next = await refreshed(at, login);
    assert.equal(await statusOf(appOf(at), next.access), 200);
    await assertOAuthError(await refresh(appOf(at), login), 400, "invalid_grant");
    assert.equal(await statusOf(appOf(at), next.access), 401);
    await assertOAuthError(await refresh(appOf(at), next), 400, "invalid_grant");
  },
  "refresh-lost-response": async (at) => {
    const login = await outlive(at);
    await losesAnswer(at, login);
    await assertOAuthError(await refresh(appOf(at), login), 400, "invalid_grant");
    const next = await refreshed(at, await outlive(at));
    assert.equal(await statusOf(appOf(at), next.access), 200);
  },
  "refresh-grace": async (at) => {
    const login = await outlive(at);
    await losesAnswer(at, login);
    at.clock.nowMs += 29_999;
    const next = await refreshed(at, login);
    assert.equal(await statusOf(appOf(at), next.access), 200);
    assert.notEqual(next.tokens.refresh_token, login.tokens.refresh_token);
    await refreshed(at, next);
    at.clock.nowMs += 1;
    await assertOAuthError(await refresh(appOf(at), login), 400, "invalid_grant");
  },
  "refresh-no-new-token": async (at) => {
    const login = await outlive(at);
    for (let time = 1; time <= 2; time++) {
      const tokens = await json(await refresh(appOf(at), login));
      assert.deepEqual(Object.keys(tokens), ["access_token", "token_type", "expires_in"]);
      assert.equal(await statusOf(appOf(at), text(tokens, "access_token")), 200);
    }
  },
  "refresh-refused": (at) => refuses(at, 400),
  "refresh-refused-401": (at) => refuses(at, 401),
  "refresh-refuses-resource": async (at) => {
    const resource = `${at.origin}${at.prefix}/oauth`;
    const login = await outlive(at, { request: { resource } });
    await assertOAuthError(await refresh(appOf(at), login, { resource }), 400, "invalid_target");
    assert.equal(await statusOf(appOf(at), (await refreshed(at, login)).access), 200);
  },
  "refresh-narrows-scope": async (at) => {
    const tool = async (token: string): Promise<number> => (await callTool(appOf(at), token, "mock_list_notes")).status;
    const login = await outlive(at, { request: { scope: "mcp:read mcp:write" } });
    const plain = await json(await refresh(appOf(at), login));
    assert.equal("scope" in plain, false);
    assert.equal(await tool(text(plain, "access_token")), 403);
    const other = await outlive(at, { request: { scope: "mcp:read mcp:write" } });
    const named = await refreshed(at, other, { scope: "mcp:read" });
    assert.equal(named.tokens.scope, "mcp:read");
    assert.equal(await tool(named.access), 200);
  },
  "refresh-unaccepted": async (at) => {
    const login = await outlive(at);
    const next = await refreshed(at, login);
    const statuses = [await statusOf(appOf(at), next.access), await statusOf(appOf(at), next.access)];
    assert.deepEqual(statuses, [401, 200]);
    const later = await refreshed(at, next);
    assert.equal(await statusOf(appOf(at), later.access), 200);
  },
  "refresh-needs-consent": async (at) => {
    assert.equal("refresh_token" in (await logIn(appOf(at))).tokens, false);
    const { clientId } = await register(appOf(at));
    assert.notEqual((await responseOf(appOf(at), clientId, { prompt: "consent" })).get("code"), null);
    const next = await refreshed(at, await outlive(at, { request: { prompt: "consent" } }));
    assert.equal(await statusOf(appOf(at), next.access), 200);
  },
};
