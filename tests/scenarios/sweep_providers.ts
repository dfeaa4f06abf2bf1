/** Probes of the providers: that each is the sum of its quirks, as a client meets them one after the other. */
import assert from "node:assert/strict";
import { assertOAuthError, authorizeQuery, codeFields, getCode, json, publicClient, text } from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { knowsClients } from "./sweep_registration.ts";
import { appOf, challengeOf, logIn, refresh, responseOf, statusOf } from "./sweep_steps.ts";

/** The metadata of a server that has it below its issuer alone. */
async function metadataBelow(at: ProbeSandbox, issuerPath: string): Promise<Record<string, unknown>> {
  for (const name of ["oauth-authorization-server", "openid-configuration"] as const) {
    await assertOAuthError(await at.wellKnown(name, issuerPath), 404, "not_found");
  }
  const metadata = await json(await at.get(`${issuerPath}/.well-known/openid-configuration`));
  assert.equal(metadata.issuer, at.origin + at.prefix + issuerPath);
  return metadata;
}

/** The token response to a client that was known beforehand. */
async function knownTokens(
  at: ProbeSandbox,
  { issuerPath = "", request = {}, headers = { accept: "application/json" } }: {
    readonly issuerPath?: string;
    readonly request?: Record<string, string>;
    readonly headers?: Record<string, string>;
  },
): Promise<Response> {
  const app = appOf(at, issuerPath);
  const code = await getCode(app, "known-public-client", request);
  return await app.postForm("/oauth/token", codeFields("known-public-client", code), headers);
}

/** Insists that an authorization response does not say who it is from. */
async function hasNoIss(at: ProbeSandbox, issuerPath = ""): Promise<void> {
  const response = await responseOf(appOf(at, issuerPath), "known-public-client");
  assert.deepEqual([response.has("code"), response.has("iss")], [true, false]);
}

/** Probes of the providers by the name of the scenario. */
export const providerProbes: Readonly<Record<string, Probe>> = {
  github: async (at) => {
    const issuerPath = "/login/oauth";
    const metadata = await json(await at.wellKnown("oauth-authorization-server", issuerPath));
    assert.equal("registration_endpoint" in metadata, false);
    await assertOAuthError(await at.get(`${issuerPath}/.well-known/openid-configuration`), 404, "not_found");
    await hasNoIss(at, issuerPath);
    const form = new URLSearchParams(await (await knownTokens(at, { issuerPath, headers: {} })).text());
    assert.deepEqual([...form.keys()], ["access_token", "token_type", "scope"]);
    assert.equal(form.get("scope"), "mcp:read,mcp:write");
    assert.equal(await statusOf(appOf(at), form.get("access_token") ?? ""), 200);
    const wrong = codeFields("known-public-client", "wrong");
    const refused = await at.postForm(`${issuerPath}/oauth/token`, wrong, { accept: "application/json" });
    await assertOAuthError(refused, 200, "invalid_grant");
  },
  google: async (at) => {
    await metadataBelow(at, "");
    const { authorization_servers } = await json(await at.wellKnown("oauth-protected-resource", "/oauth"));
    assert.deepEqual(authorization_servers, [`${at.origin}${at.prefix}/`]);
    await hasNoIss(at);
    const plain = await json(await knownTokens(at, {}));
    assert.deepEqual([plain.expires_in, "refresh_token" in plain], [3599, false]);
    const tokens = await json(await knownTokens(at, { request: { prompt: "consent" } }));
    const login = { clientId: "known-public-client", secret: "", tokens, access: text(tokens, "access_token") };
    assert.equal("refresh_token" in await json(await refresh(appOf(at), login)), false);
    assert.equal((await refresh(appOf(at), login)).status, 200);
    await knowsClients(at);
  },
  entra: async (at) => {
    const issuerPath = "/common/v2.0";
    const metadata = await metadataBelow(at, issuerPath);
    assert.equal("code_challenge_methods_supported" in metadata, false);
    await hasNoIss(at, issuerPath);
    const resource = `${at.origin}${at.prefix}/oauth`;
    const asked = await appOf(at, issuerPath).get(authorizeQuery("known-public-client", { resource }));
    assert.match(await assertOAuthError(asked, 400, "invalid_target"), /AADSTS9010010/);
    assert.equal((await json(await knownTokens(at, { issuerPath }))).expires_in, "3600");
    await knowsClients(at, issuerPath);
  },
  okta: async (at) => {
    const issuerPath = "/oauth2/default";
    const app = appOf(at, issuerPath);
    await assertOAuthError(await app.postJson("/oauth/register", publicClient), 403, "insufficient_scope");
    const stateless = await responseOf(app, "known-public-client", { state: undefined });
    assert.equal(stateless.get("error"), "invalid_request");
    assert.equal(stateless.get("iss"), at.origin + at.prefix + issuerPath);
    const foreign = await responseOf(app, "known-public-client", { scope: "mcp:read files:read" });
    assert.equal(foreign.get("error"), "invalid_scope");
    await knowsClients(at, issuerPath);
    const tokens = await json(await knownTokens(at, { issuerPath }));
    assert.equal(tokens.expires_in, 3600);
    const login = { clientId: "known-public-client", secret: "", tokens, access: text(tokens, "access_token") };
    const [first, again] = [await json(await refresh(app, login)), await json(await refresh(app, login))];
    assert.equal(first.refresh_token, again.refresh_token);
    at.clock.nowMs += 30_000;
    await assertOAuthError(await refresh(app, login), 400, "invalid_grant");
  },
  slack: async (at) => {
    await hasNoIss(at);
    const tokens = await json(await knownTokens(at, {}));
    assert.deepEqual(
      [tokens.ok, tokens.scope, tokens.expires_in, "access_token" in tokens],
      [true, "mcp:read,mcp:write", 43_200, false],
    );
    const refused = await json(await at.postForm("/oauth/token", codeFields("known-public-client", "wrong")));
    assert.deepEqual([refused.ok, refused.error], [false, "invalid_grant"]);
    const code = await getCode(appOf(at), "known-client");
    const basic = { authorization: `Basic ${btoa("known-client:known-client-secret")}` };
    const inHeader = await at.postForm("/oauth/token", codeFields("known-client", code), basic);
    assert.deepEqual([inHeader.status, (await json(inHeader)).error], [200, "invalid_client"]);
  },
  atlassian: async (at) => {
    for (const rest of ["/oauth", ""]) {
      await assertOAuthError(await at.wellKnown("oauth-protected-resource", rest), 404, "not_found");
    }
    assert.equal(await challengeOf(at), "Bearer");
    assert.equal((await json(await at.wellKnown("oauth-authorization-server"))).issuer, `${at.origin}/oauth2`);
    const login = await logIn(appOf(at));
    assert.equal(login.tokens.expires_in, 3600);
    assert.equal((await refresh(appOf(at), login)).status, 200);
    await assertOAuthError(await refresh(appOf(at), login), 400, "invalid_grant");
  },
  keycloak: async (at) => {
    const issuerPath = "/realms/mcp";
    const metadata = await metadataBelow(at, issuerPath);
    assert.deepEqual(metadata.code_challenge_methods_supported, ["plain", "S256"]);
    const app = appOf(at, issuerPath);
    const refused = await app.postJson("/oauth/register", publicClient);
    assert.equal(refused.headers.get("access-control-allow-origin"), null);
    assert.match(await assertOAuthError(refused, 403, "insufficient_scope"), /Trusted Hosts/);
    const tokens = await knownTokens(at, { issuerPath });
    assert.equal(tokens.headers.get("access-control-allow-origin"), "*");
    assert.equal((await json(tokens)).expires_in, 300);
    await knowsClients(at, issuerPath);
  },
  cognito: async (at) => {
    const issuerPath = "/eu-west-1_example";
    const metadata = await metadataBelow(at, issuerPath);
    assert.deepEqual(
      ["code_challenge_methods_supported" in metadata, "registration_endpoint" in metadata],
      [false, false],
    );
    await hasNoIss(at, issuerPath);
    const tokens = await json(await knownTokens(at, { issuerPath }));
    assert.equal(tokens.expires_in, 3600);
    const login = { clientId: "known-public-client", secret: "", tokens, access: text(tokens, "access_token") };
    const next = await json(await refresh(appOf(at, issuerPath), login));
    assert.deepEqual(Object.keys(next), ["access_token", "token_type", "expires_in"]);
    await knowsClients(at, issuerPath);
  },
};
