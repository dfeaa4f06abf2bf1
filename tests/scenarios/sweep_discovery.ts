/** Probes of the scenarios of discovery: the authorization server's metadata, the resource's, and the challenge. */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  authorizeQuery,
  codeFields,
  getCode,
  json,
  origin as mainOrigin,
  register,
  verifier,
} from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import {
  appOf,
  challengeOf,
  logIn,
  resourceDifferences,
  responseOf,
  serverDifferences,
  statusOf,
} from "./sweep_steps.ts";

/** Insists that metadata lies below the issuer alone; gives the answers of the two other places. */
async function onlyBelowIssuer(at: ProbeSandbox): Promise<readonly Response[]> {
  const { issuer } = await json(await at.get("/.well-known/openid-configuration"));
  assert.equal(issuer, at.origin + at.prefix);
  return await Promise.all([at.wellKnown("oauth-authorization-server"), at.wellKnown("openid-configuration")]);
}

/** Insists that PKCE's plain method is taken. */
async function takesPlain(at: ProbeSandbox): Promise<void> {
  const app = appOf(at);
  const { clientId } = await register(app);
  const code = await getCode(app, clientId, { code_challenge: verifier, code_challenge_method: "plain" });
  assert.equal((await app.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
}

/** Insists on a flow from beginning to end. */
async function works(at: ProbeSandbox, issuerPath?: string, request?: Record<string, string>): Promise<void> {
  const app = appOf(at, issuerPath);
  const { access } = await logIn(app, request ? { request } : {});
  assert.equal(await statusOf(app, access), 200);
}

/** Insists that the resource's metadata lies at the root alone; gives the answer of the path. */
async function onlyAtRoot(at: ProbeSandbox): Promise<Response> {
  assert.equal(await challengeOf(at), "Bearer");
  const { resource, authorization_servers } = await json(await at.wellKnown("oauth-protected-resource"));
  assert.deepEqual([resource, authorization_servers], [at.origin, [at.origin]]);
  await works(at, "", { resource: at.origin });
  return await at.wellKnown("oauth-protected-resource", "/oauth");
}

async function assertPage(response: Response, status: number): Promise<void> {
  assert.equal(response.status, status);
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(await response.text(), /^<!doctype html>/);
}

/** Probes of `lib/scenarios/catalogue/oauth/discovery.ts`. */
const serverProbes: Readonly<Record<string, Probe>> = {
  "no-pkce-list": async (at) => {
    assert.deepEqual(await serverDifferences(at), { code_challenge_methods_supported: undefined });
    await works(at);
  },
  "pkce-plain-only": async (at) => {
    assert.deepEqual(await serverDifferences(at), { code_challenge_methods_supported: ["plain"] });
    await takesPlain(at);
    const { clientId } = await register(appOf(at));
    assert.equal((await responseOf(appOf(at), clientId)).get("error"), "invalid_request");
  },
  "pkce-plain-too": async (at) => {
    assert.deepEqual(await serverDifferences(at), { code_challenge_methods_supported: ["plain", "S256"] });
    await takesPlain(at);
    await works(at);
  },
  "issuer-path": async (at) => {
    for (const name of ["oauth-authorization-server", "openid-configuration"] as const) {
      await assertOAuthError(await at.wellKnown(name), 404, "not_found");
      assert.equal((await json(await at.wellKnown(name, "/tenant1"))).issuer, `${at.origin}/tenant1`);
    }
    const { authorization_servers } = await json(await at.wellKnown("oauth-protected-resource", "/oauth"));
    assert.deepEqual(authorization_servers, [`${at.origin}/tenant1`]);
    await works(at, "/tenant1");
  },
  "issuer-slash": async (at) => {
    assert.deepEqual(await serverDifferences(at), { issuer: `${mainOrigin}/` });
    assert.deepEqual(await resourceDifferences(at), {});
  },
  "issuer-extra-path": async (at) => {
    assert.deepEqual(await serverDifferences(at), { issuer: `${mainOrigin}/oauth2` });
    assert.deepEqual(await resourceDifferences(at), {});
  },
  "oidc-only": async (at) => {
    for (const response of await onlyBelowIssuer(at)) await assertOAuthError(response, 404, "not_found");
  },
  "oidc-fields-missing": async (at) => {
    await assertOAuthError(await at.wellKnown("oauth-authorization-server"), 404, "not_found");
    const gone = {
      jwks_uri: undefined,
      subject_types_supported: undefined,
      id_token_signing_alg_values_supported: undefined,
    };
    for (const path of [at.wellKnown("openid-configuration"), at.get("/.well-known/openid-configuration")]) {
      assert.deepEqual(await serverDifferences(at, await path), gone);
    }
  },
  "spa-catch-all": async (at) => {
    for (const response of await onlyBelowIssuer(at)) await assertPage(response, 200);
    await assertPage(await at.get("/nowhere"), 200);
  },
  "metadata-text-404": async (at) => {
    for (const response of await onlyBelowIssuer(at)) {
      assert.equal(response.status, 404);
      assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
      assert.equal(await response.text(), "404 page not found\n");
    }
    await assertOAuthError(await at.get("/nowhere"), 404, "not_found");
  },
  "http-token-endpoint": async (at) => {
    assert.deepEqual(await serverDifferences(at), { token_endpoint: "http://plain-http.invalid/oauth/token" });
  },
  "authorize-url-query": async (at) => {
    assert.deepEqual(await serverDifferences(at), {
      authorization_endpoint: `${mainOrigin}/oauth/authorize?tenant=one`,
    });
    const { clientId } = await register(appOf(at));
    assert.notEqual((await responseOf(appOf(at), clientId, { tenant: "one" })).get("code"), null);
    const dropped = await at.get(authorizeQuery(clientId, { auto_approve: "true" }));
    assert.deepEqual([dropped.status, await dropped.text()], [
      400,
      "Unknown tenant: the authorization endpoint's own query is gone",
    ]);
  },
  "no-cors": async (at) => {
    const asked = { origin: "https://inspector.example", "access-control-request-method": "POST" };
    for (const path of ["/oauth/token", "/oauth", "/oauth/jwks"]) {
      for (const method of ["GET", "OPTIONS"]) {
        const { status, headers } = await at.fetch(path, { method, headers: asked });
        assert.deepEqual([...headers.keys()].filter((name) => name.startsWith("access-control-allow")), []);
        if (method === "OPTIONS") assert.equal(status, 405);
      }
    }
    await works(at);
  },
};

/** Insists on the challenge of a 401, and that the metadata lies where it always does. */
async function hasChallenge(at: ProbeSandbox, expected: string | null): Promise<void> {
  assert.equal(await challengeOf(at), expected);
  assert.deepEqual(await resourceDifferences(at), {});
}

function metadataUrlOf({ origin, prefix }: ProbeSandbox): string {
  return `${origin}/.well-known/oauth-protected-resource${prefix}/oauth`;
}

/** Probes of `lib/scenarios/catalogue/oauth/resource_metadata.ts`. */
const resourceProbes: Readonly<Record<string, Probe>> = {
  "challenge-missing": (at) => hasChallenge(at, null),
  "challenge-single-quotes": (at) => hasChallenge(at, `Bearer resource_metadata='${metadataUrlOf(at)}'`),
  "challenge-twice": (at) => {
    const url = metadataUrlOf(at);
    const first = `Bearer realm = "mcp" ,  resource_metadata = "${url}"`;
    return hasChallenge(at, `${first}, Bearer resource_metadata="${url}"`);
  },
  "prm-only-in-challenge": async (at) => {
    for (const rest of ["/oauth", ""]) {
      await assertOAuthError(await at.wellKnown("oauth-protected-resource", rest), 404, "not_found");
    }
    const url = `${at.origin}${at.prefix}/custom/metadata/location.json`;
    assert.equal(await challengeOf(at), `Bearer resource_metadata="${url}"`);
    assert.equal((await json(await at.get(url))).resource, `${at.origin}${at.prefix}/oauth`);
    await works(at);
  },
  "prm-html": async (at) => await assertPage(await onlyAtRoot(at), 200),
  "prm-path-401": async (at) => {
    const response = await onlyAtRoot(at);
    assert.deepEqual([response.status, response.headers.get("www-authenticate")], [401, "Bearer"]);
    assert.deepEqual(await json(response), { error: "unauthorized" });
  },
  "prm-path-502": async (at) => {
    const response = await onlyAtRoot(at);
    assert.deepEqual([response.status, await response.text()], [502, "Bad Gateway"]);
  },
  "issuer-slash-in-prm": async (at) => {
    assert.deepEqual(await resourceDifferences(at), { authorization_servers: [`${mainOrigin}/`] });
    assert.deepEqual(await serverDifferences(at), {});
  },
  "prm-resource-origin": async (at) => {
    assert.deepEqual(await resourceDifferences(at), { resource: mainOrigin });
    await works(at, "", { resource: at.origin + at.prefix });
  },
  "prm-resource-slash": async (at) => {
    assert.deepEqual(await resourceDifferences(at), { resource: `${mainOrigin}/oauth/` });
    await works(at, "", { resource: `${at.origin}${at.prefix}/oauth/` });
  },
  "query-token-bait": async (at) => {
    assert.deepEqual(await resourceDifferences(at), { bearer_methods_supported: ["query", "header"] });
    const { access } = await logIn(appOf(at));
    const { status } = await at.get(`/oauth?access_token=${access}`);
    assert.equal(status, 401);
  },
  "no-prm": async (at) => {
    for (const rest of ["/oauth", ""]) {
      await assertOAuthError(await at.wellKnown("oauth-protected-resource", rest), 404, "not_found");
    }
    assert.equal(await challengeOf(at), "Bearer");
    assert.deepEqual(await serverDifferences(at), {});
    await works(at);
  },
};

/** Probes of discovery by the name of the scenario. */
export const discoveryProbes: Readonly<Record<string, Probe>> = { ...serverProbes, ...resourceProbes };
