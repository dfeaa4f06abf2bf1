/** Probes of the scenarios of the token endpoint: what its responses look like, and where it expects secrets. */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  claimsOf,
  codeFields,
  getCode,
  getTokens,
  json,
  register,
  testApp,
  text,
} from "../helpers.ts";
import { type Probe, type ProbeSandbox, probeSandbox } from "./sweep_probe.ts";
import { appOf, challengeOf, logIn, redeem, refresh, serverDifferences, statusOf } from "./sweep_steps.ts";

/** What the token response of a well-behaved server says, without the tokens themselves. */
const usual = { token_type: "Bearer", scope: "mcp:read" };

/** Members of a token response, less the tokens, which must be there. */
async function saidBeside(at: ProbeSandbox, ...tokenNames: readonly string[]): Promise<Record<string, unknown>> {
  const { clientId } = await register(appOf(at));
  const tokens = await getTokens(appOf(at), clientId, { scope: "mcp:read" });
  for (const name of tokenNames) assert.equal(typeof tokens[name], "string", name);
  return Object.fromEntries(Object.entries(tokens).filter(([name]) => !tokenNames.includes(name)));
}

/** Insists on what is said beside the tokens, and that the access token is good. */
async function says(at: ProbeSandbox, expected: Record<string, unknown>): Promise<void> {
  assert.deepEqual(await saidBeside(at, "access_token", "refresh_token"), expected);
  assert.equal(await statusOf(appOf(at), (await logIn(appOf(at))).access), 200);
}

/** Insists on a secret in one place, and not in the other. */
async function takesSecretIn(at: ProbeSandbox, place: "header" | "body"): Promise<void> {
  const app = appOf(at);
  const { clientId, secret } = await register(app);
  const code = await getCode(app, clientId);
  const basic = { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` };
  const ways = {
    header: () => app.postForm("/oauth/token", codeFields(clientId, code), basic),
    body: () => app.postForm("/oauth/token", codeFields(clientId, code, { client_secret: secret })),
  };
  await assertOAuthError(await ways[place === "header" ? "body" : "header"](), 401, "invalid_client");
  assert.equal((await ways[place]()).status, 200);
}

/** Insists on the ways to authenticate that metadata names. */
async function lists(at: ProbeSandbox, methods: readonly string[] | undefined): Promise<void> {
  assert.deepEqual((await serverDifferences(at)).token_endpoint_auth_methods_supported, methods);
  const { token_endpoint_auth_methods_supported: said } = await json(await at.wellKnown("oauth-authorization-server"));
  assert.deepEqual(said, methods);
}

/** Probes of client authentication. */
const clientAuthProbes: Readonly<Record<string, Probe>> = {
  "secret-in-body-only": async (at) => {
    await lists(at, ["client_secret_post"]);
    await takesSecretIn(at, "body");
  },
  "secret-in-header-only": async (at) => {
    await lists(at, ["client_secret_basic"]);
    await takesSecretIn(at, "header");
  },
  "auth-methods-unlisted": async (at) => {
    await lists(at, undefined);
    await takesSecretIn(at, "header");
  },
};

/** Probes of the token response. */
const responseProbes: Readonly<Record<string, Probe>> = {
  "token-200-error": async (at) => {
    const app = appOf(at);
    const { clientId, code, response } = await redeem(app);
    assert.equal(response.status, 200);
    assert.equal((await json(response)).error, "bad_verification_code");
    assert.equal((await app.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
    const again = await app.postForm("/oauth/token", codeFields(clientId, code));
    await assertOAuthError(again, 200, "invalid_grant");
    await assertOAuthError(await app.postForm("/oauth/token", codeFields("nobody", code)), 200, "invalid_client");
  },
  "token-form-encoded": async (at) => {
    const { response } = await redeem(appOf(at));
    assert.equal(response.headers.get("content-type"), "application/x-www-form-urlencoded");
    const form = new URLSearchParams(await response.text());
    assert.deepEqual([...form.keys()], ["access_token", "token_type", "refresh_token"]);
    assert.equal(await statusOf(appOf(at), form.get("access_token") ?? ""), 200);
    const { response: asked } = await redeem(appOf(at), {}, { accept: "application/json" });
    assert.equal(typeof (await json(asked)).access_token, "string");
  },
  "expires-in-string": (at) => says(at, { ...usual, expires_in: "3600" }),
  "expires-in-zero": async (at) => {
    await says(at, { ...usual, expires_in: 0 });
    const { access } = await logIn(appOf(at));
    at.clock.nowMs += 3_599_000;
    assert.equal(await statusOf(appOf(at), access), 200);
    at.clock.nowMs += 1000;
    assert.equal(await statusOf(appOf(at), access), 401);
  },
  "expires-in-missing": async (at) => {
    await says(at, usual);
    const { access } = await logIn(appOf(at));
    at.clock.nowMs += 60_000;
    assert.equal(await statusOf(appOf(at), access), 401);
  },
  "token-type-missing": (at) => says(at, { scope: "mcp:read" }),
  "token-type-lowercase": (at) => says(at, { ...usual, token_type: "bearer" }),
  "token-nested": async (at) => {
    const { authed_user: user, ...rest } = await saidBeside(at, "refresh_token");
    assert.deepEqual(rest, { scope: "mcp:read", ok: true });
    assert(typeof user === "object" && user !== null && "access_token" in user && "token_type" in user);
    assert.equal(user.token_type, "user");
    assert.equal(await statusOf(appOf(at), String(user.access_token)), 200);
  },
  "id-token-null": (at) => says(at, { ...usual, id_token: null }),
  "scope-commas": async (at) => {
    assert.match(await challengeOf(at) ?? "", /scope="mcp:read mcp:write"/);
    const { tokens } = await logIn(appOf(at), { request: { scope: "mcp:read mcp:write" } });
    assert.equal(tokens.scope, "mcp:read,mcp:write");
    assert.equal(claimsOf(text(tokens, "access_token")).scope, "mcp:read mcp:write");
  },
  "token-rate-limited": async (at) => {
    const { clientId, code, response } = await redeem(appOf(at));
    assert.deepEqual([response.status, response.headers.get("retry-after")], [429, "2"]);
    assert.equal(await response.text(), "Too many requests");
    assert.equal((await at.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
  },
  "slow-token-endpoint": async ({ prefix }) => {
    const waitedMs: number[] = [];
    await using test = await testApp({
      sleep: (ms) => {
        waitedMs.push(ms);
        return Promise.resolve();
      },
    });
    await logIn(appOf(probeSandbox(test, { name: prefix.slice("/s/".length) })));
    assert.deepEqual(waitedMs, [10_000]);
  },
  "clock-skew": async (at) => {
    const login = await logIn(appOf(at));
    assert.equal(login.tokens.expires_in, 3600);
    assert.equal(await statusOf(appOf(at), login.access), 200);
    at.clock.nowMs += 60_000;
    assert.equal(await statusOf(appOf(at), login.access), 401);
    const refreshed = await json(await refresh(appOf(at), login));
    assert.equal(await statusOf(appOf(at), text(refreshed, "access_token")), 200);
  },
};

/** Probes of the token endpoint by the name of the scenario. */
export const tokenProbes: Readonly<Record<string, Probe>> = { ...responseProbes, ...clientAuthProbes };
