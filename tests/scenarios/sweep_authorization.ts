/** Probes of the scenarios of the authorization endpoint: what it refuses, and what comes back from it. */
import assert from "node:assert/strict";
import { assertOAuthError, authorizeQuery, codeFields, getCode, json, redirectOf, register } from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, challengeOf, logIn, responseOf, serverDifferences } from "./sweep_steps.ts";

/** Insists that another state comes back than was sent. */
async function answersState(at: ProbeSandbox, sent: string, expected: string | null): Promise<void> {
  const { clientId } = await register(appOf(at));
  const response = await responseOf(appOf(at), clientId, { state: sent });
  assert.equal(response.get("state"), expected);
  assert.notEqual(response.get("code"), null);
  const denied = await at.postForm(authorizeQuery(clientId, { state: sent }), { action: "deny" });
  assert.equal(redirectOf(denied).searchParams.get("state"), expected);
}

/** The answers to a request: to one that a person is to be asked for, and to one that approves itself. */
async function bothAnswers(at: ProbeSandbox): Promise<readonly URLSearchParams[]> {
  const { clientId } = await register(appOf(at));
  return await Promise.all([undefined, "true"].map((auto) => responseOf(appOf(at), clientId, { auto_approve: auto })));
}

/** Insists that a scope is refused, by redirect. */
async function refusesScope(at: ProbeSandbox, scope: string): Promise<void> {
  const { clientId } = await register(appOf(at));
  const response = await responseOf(appOf(at), clientId, { scope });
  assert.deepEqual([response.get("error"), response.get("code")], ["invalid_scope", null]);
}

/** Insists that scopes are granted. */
async function grantsScope(at: ProbeSandbox, scope: string): Promise<void> {
  assert.equal((await logIn(appOf(at), { request: { scope } })).tokens.scope, scope);
}

/** Probes of the authorization endpoint by the name of the scenario. */
export const authorizationProbes: Readonly<Record<string, Probe>> = {
  "state-wrong": (at) => answersState(at, "xyz", "not-xyz"),
  "state-missing": (at) => answersState(at, "xyz", null),
  "state-mangled": (at) => answersState(at, "a/b=c d", "a/b=c d+"),
  "state-required": async (at) => {
    const { clientId } = await register(appOf(at));
    const response = await responseOf(appOf(at), clientId, { state: undefined });
    assert.equal(response.get("error"), "invalid_request");
    assert.match(response.get("error_description") ?? "", /^state is missing/);
    await logIn(appOf(at));
  },
  "iss-missing": async (at) => {
    assert.deepEqual(await serverDifferences(at), {});
    const { clientId } = await register(appOf(at));
    const approved = await responseOf(appOf(at), clientId);
    const denied = redirectOf(await at.postForm(authorizeQuery(clientId), { action: "deny" })).searchParams;
    assert.deepEqual([approved.has("code"), approved.has("iss"), denied.get("error"), denied.has("iss")], [
      true,
      false,
      "access_denied",
      false,
    ]);
  },
  "person-denies": async (at) => {
    for (const response of await bothAnswers(at)) {
      assert.deepEqual([response.get("error"), response.get("code"), response.get("iss"), response.get("state")], [
        "access_denied",
        null,
        at.origin + at.prefix,
        "xyz",
      ]);
    }
    assert.deepEqual(await serverDifferences(at), {});
  },
  "iss-wrong-on-error": async (at) => {
    for (const response of await bothAnswers(at)) {
      assert.deepEqual([response.get("error"), response.get("code"), response.get("iss"), response.get("state")], [
        "access_denied",
        null,
        "https://evil.example.com",
        "xyz",
      ]);
    }
    assert.deepEqual(await serverDifferences(at), {});
  },
  "html-in-error": async (at) => {
    for (const response of await bothAnswers(at)) {
      assert.deepEqual([response.get("error"), response.get("code"), response.get("iss")], [
        "access_denied",
        null,
        at.origin + at.prefix,
      ]);
      assert.match(response.get("error_description") ?? "", /<img src=x onerror=.*><b>/);
    }
  },
  "resource-refused": async (at) => {
    const resource = `${at.origin}${at.prefix}/oauth`;
    const { clientId } = await register(appOf(at));
    await assertOAuthError(await at.get(authorizeQuery(clientId, { resource })), 400, "invalid_target");
    const code = await getCode(appOf(at), clientId);
    const fields = codeFields(clientId, code, { resource });
    await assertOAuthError(await at.postForm("/oauth/token", fields), 400, "invalid_target");
    assert.equal((await at.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
  },
  "advertised-scope-refused": async (at) => {
    assert.match(await challengeOf(at) ?? "", /scope="mcp:read mcp:write"/);
    const { scopes_supported } = await json(await at.wellKnown("oauth-protected-resource", "/oauth"));
    assert.deepEqual(scopes_supported, ["mcp:read", "mcp:write", "mcp:admin"]);
    await refusesScope(at, "mcp:read mcp:write");
    await grantsScope(at, "mcp:read");
  },
  "offline-access-refused": async (at) => {
    const scopes = ["mcp:read", "mcp:write", "openid", "profile", "email"];
    assert.deepEqual(await serverDifferences(at), { scopes_supported: scopes });
    await refusesScope(at, "mcp:read offline_access");
    await grantsScope(at, scopes.join(" "));
  },
  "openid-refused": async (at) => {
    assert.deepEqual(await serverDifferences(at), { scopes_supported: ["mcp:read", "mcp:write"] });
    assert.match(await challengeOf(at) ?? "", /scope="mcp:read"/);
    await refusesScope(at, "openid mcp:read");
    await grantsScope(at, "mcp:read mcp:write");
  },
};
