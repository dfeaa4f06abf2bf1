/** The deviations of the official suite's scenarios, each seen from outside. */
import assert from "node:assert/strict";
import { z } from "zod";
import { authorizeQuery, codeFields, json, redirectOf, register, text } from "../helpers.ts";
import { extensionProbes } from "./sweep_official_extensions.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf } from "./sweep_steps.ts";

const texts = z.array(z.string());

/** A message to the sandbox's MCP server, with a token or without. */
async function callMcp(
  at: ProbeSandbox,
  method: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const params = method === "tools/call" ? { name: "test-tool", arguments: {} } : {};
  const answer = await at.fetch("/oauth", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return new Response(await answer.text(), { status: answer.status, headers: answer.headers });
}

async function callWith(at: ProbeSandbox, token: string, method = "tools/list"): Promise<Response> {
  return await callMcp(at, method, { authorization: `Bearer ${token}` });
}

/** The `www-authenticate` of a call without a token. */
async function challengeOf(at: ProbeSandbox): Promise<string> {
  const response = await callMcp(at, "tools/list");
  assert.equal(response.status, 401);
  return response.headers.get("www-authenticate") ?? "";
}

async function serverMetadata(at: ProbeSandbox, rest = ""): Promise<Record<string, unknown>> {
  return await json(await at.wellKnown("oauth-authorization-server", rest));
}

async function resourceMetadata(at: ProbeSandbox, rest = "/oauth"): Promise<Record<string, unknown>> {
  return await json(await at.wellKnown("oauth-protected-resource", rest));
}

async function assertNothing(...responses: readonly Promise<Response>[]): Promise<void> {
  for (const response of await Promise.all(responses)) {
    await response.body?.cancel();
    assert.equal(response.status, 404, response.url);
  }
}

/** The answer to an authorization request that nobody was asked about. */
async function authorized(
  at: ProbeSandbox,
  clientId: string,
  { scope, below = "" }: { readonly scope?: string; readonly below?: string } = {},
): Promise<URLSearchParams> {
  const response = await at.get(below + authorizeQuery(clientId, { scope }));
  assert.equal(response.status, 302);
  return redirectOf(response).searchParams;
}

/** A token of the sandbox, whatever is known of the client. */
async function tokenOf(
  at: ProbeSandbox,
  clientId: string,
  more: { readonly scope?: string; readonly below?: string } = {},
): Promise<Record<string, unknown>> {
  const code = (await authorized(at, clientId, more)).get("code") ?? "";
  const response = await at.postForm(`${more.below ?? ""}/oauth/token`, codeFields(clientId, code));
  assert.equal(response.status, 200);
  return await json(response);
}

async function bearerOf(at: ProbeSandbox, scope?: string): Promise<string> {
  return text(await tokenOf(at, "somebody", scope === undefined ? {} : { scope }), "access_token");
}

/** A registration under the one way to authenticate. */
function registers(method: string, hasSecret: boolean): Probe {
  return async (at) => {
    assert.deepEqual((await serverMetadata(at)).token_endpoint_auth_methods_supported, [method]);
    const redirect_uris = ["https://client.example/cb"];
    const registered = await json(await at.postJson("/oauth/register", { client_name: "probe", redirect_uris }));
    assert.equal(registered.token_endpoint_auth_method, method);
    assert.equal(typeof registered.client_secret, hasSecret ? "string" : "undefined");
  };
}

/** Whether `iss` is advertised, and what is sent. */
function sendsIss(advertised: boolean, expected: (issuer: string) => string | null): Probe {
  return async (at) => {
    const metadata = await serverMetadata(at);
    assert.equal(metadata.authorization_response_iss_parameter_supported, advertised ? true : undefined);
    const { clientId } = await register(appOf(at));
    assert.equal((await authorized(at, clientId)).get("iss"), expected(text(metadata, "issuer")));
  };
}

/** Which scopes the server and the resource name; undefined for none. */
function lists(server: readonly string[] | undefined, resource: readonly string[] | undefined): Probe {
  return async (at) => {
    assert.deepEqual((await serverMetadata(at)).scopes_supported, server);
    assert.deepEqual((await resourceMetadata(at)).scopes_supported, resource);
    assert.doesNotMatch(await challengeOf(at), /scope=/);
  };
}

const prmAtPath: Probe = async (at) => {
  assert.match(await challengeOf(at), /resource_metadata="[^"]+\/oauth-protected-resource(\/s\/[^"]+)?\/oauth"/);
  assert.deepEqual(Object.keys(await resourceMetadata(at)), ["resource", "authorization_servers"]);
  const root = await at.wellKnown("oauth-protected-resource");
  assert.equal(root.status, 404);
  assert.equal((await json(root)).error, "not_found");
  assert.equal(text(await serverMetadata(at), "issuer"), at.origin + at.prefix);
};

const prmUnannounced: Probe = async (at) => {
  assert.doesNotMatch(await challengeOf(at), /resource_metadata/);
  await resourceMetadata(at);
  await assertNothing(at.wellKnown("oauth-authorization-server"));
  const metadata = await json(await at.wellKnown("openid-configuration"));
  assert.deepEqual(metadata.subject_types_supported, ["public"]);
};

const prmAtRoot: Probe = async (at) => {
  assert.doesNotMatch(await challengeOf(at), /resource_metadata/);
  await assertNothing(at.wellKnown("oauth-protected-resource", "/oauth"), at.wellKnown("oauth-authorization-server"));
  const base = at.origin + at.prefix;
  assert.deepEqual(await resourceMetadata(at, ""), { resource: base, authorization_servers: [`${base}/tenant1`] });
  assert.equal((await serverMetadata(at, "/tenant1")).token_endpoint, `${base}/tenant1/oauth/token`);
};

const prmAtCustomUrl: Probe = async (at) => {
  const [, url = ""] = /resource_metadata="([^"]+)"/.exec(await challengeOf(at)) ?? [];
  assert.equal(url, `${at.origin}${at.prefix}/custom/metadata/location.json`);
  const { authorization_servers } = await json(await at.get(url));
  const issuer = `${at.origin}${at.prefix}/tenant1`;
  assert.deepEqual(authorization_servers, [issuer]);
  await assertNothing(
    at.wellKnown("oauth-protected-resource"),
    at.wellKnown("oauth-protected-resource", "/oauth"),
    at.wellKnown("oauth-authorization-server", "/tenant1"),
    at.wellKnown("openid-configuration", "/tenant1"),
  );
  assert.equal((await json(await at.get(`${issuer}/.well-known/openid-configuration`))).issuer, issuer);
};

const legacyMetadata: Probe = async (at) => {
  assert.doesNotMatch(await challengeOf(at), /resource_metadata/);
  await assertNothing(at.wellKnown("oauth-protected-resource"), at.wellKnown("oauth-protected-resource", "/oauth"));
  await serverMetadata(at);
};

const legacyEndpoints: Probe = async (at) => {
  await assertNothing(
    at.wellKnown("oauth-protected-resource"),
    at.wellKnown("oauth-protected-resource", "/oauth"),
    at.wellKnown("oauth-authorization-server"),
    at.wellKnown("openid-configuration"),
  );
  const registered = await json(await at.postJson("/register", { redirect_uris: ["https://client.example/cb"] }));
  const clientId = text(registered, "client_id");
  const answer = await at.get(authorizeQuery(clientId).replace("/oauth/authorize", "/authorize"));
  const code = redirectOf(answer).searchParams.get("code") ?? "";
  const token = text(await json(await at.postForm("/token", codeFields(clientId, code))), "access_token");
  assert.equal((await callWith(at, token)).status, 200);
};

const resourceMismatch: Probe = async (at) => {
  assert.equal((await resourceMetadata(at)).resource, "https://evil.example.com/mcp");
};

const metadataWrongIssuer: Probe = async (at) => {
  const { issuer, token_endpoint } = await serverMetadata(at);
  assert.equal(issuer, "https://attacker.example.com");
  assert.equal(token_endpoint, `${at.origin}${at.prefix}/oauth/token`);
  assert.equal((await authorized(at, "somebody")).get("iss"), issuer);
};

const clientDocument: Probe = async (at) => {
  assert.equal((await serverMetadata(at)).client_id_metadata_document_supported, true);
  // It cannot be fetched: nobody may try.
  const { access_token } = await tokenOf(at, "https://conformance-test.local/client-metadata.json");
  assert.equal((await callWith(at, String(access_token))).status, 200);
};

const preRegistered: Probe = async (at) => {
  assert.equal((await serverMetadata(at)).registration_endpoint, undefined);
  const id = "pre-registered-client";
  const fields = codeFields(id, (await authorized(at, id)).get("code") ?? "");
  const refused = await at.postForm("/oauth/token", fields);
  assert.deepEqual([refused.status, (await json(refused)).error], [401, "invalid_client"]);
  const authorization = `Basic ${btoa(`${id}:pre-registered-secret`)}`;
  const granted = await at.postForm("/oauth/token", fields, { authorization });
  assert.equal((await callWith(at, text(await json(granted), "access_token"))).status, 200);
};

const serverMoved: Probe = async (at) => {
  const base = at.origin + at.prefix;
  assert.equal((await callMcp(at, "initialize")).status, 200);
  assert.deepEqual((await resourceMetadata(at)).authorization_servers, [base]);
  const old = await bearerOf(at);
  assert.equal((await callWith(at, old)).status, 200);
  assert.deepEqual((await resourceMetadata(at)).authorization_servers, [`${base}/as2`]);
  const refused = await callWith(at, old);
  assert.equal(refused.status, 401);
  assert.equal((await json(refused)).error_description, "authorization server has changed");
  const second = await serverMetadata(at, "/as2");
  assert.equal(second.registration_endpoint, `${base}/as2/oauth/register`);
  const redirect_uris = ["https://client.example/cb"];
  const registered = await json(await at.postJson("/as2/oauth/register", { redirect_uris }));
  assert.equal(registered.client_secret, "as2-client-secret");
  const { access_token } = await tokenOf(at, text(registered, "client_id"), { below: "/as2" });
  assert.equal((await callWith(at, String(access_token))).status, 200);
};

const scopeInChallenge: Probe = async (at) => {
  assert.match(await challengeOf(at), /scope="mcp:basic"/);
  assert.equal((await resourceMetadata(at)).scopes_supported, undefined);
  assert.equal((await callWith(at, await bearerOf(at))).status, 403);
  assert.equal((await callWith(at, await bearerOf(at, "mcp:basic"))).status, 200);
};

const stepUp: Probe = async (at) => {
  assert.match(await challengeOf(at), /^Bearer scope="mcp:basic", resource_metadata=/);
  assert.deepEqual(texts.parse((await resourceMetadata(at)).scopes_supported), ["mcp:profile"]);
  const basic = await bearerOf(at, "mcp:basic");
  assert.equal((await callWith(at, basic)).status, 200);
  const refused = await callWith(at, basic, "tools/call");
  assert.equal(refused.status, 403);
  assert.match(
    refused.headers.get("www-authenticate") ?? "",
    /^Bearer scope="mcp:write", .*, error="insufficient_scope"$/,
  );
  assert.equal((await callWith(at, await bearerOf(at, "mcp:basic mcp:write"), "tools/call")).status, 200);
};

const stepUpEndless: Probe = async (at) => {
  assert.match(await challengeOf(at), /^Bearer scope="mcp:admin"/);
  const token = await bearerOf(at, "mcp:admin");
  assert.equal((await callWith(at, token, "initialize")).status, 200);
  for (let attempt = 1; attempt <= 3; attempt++) assert.equal((await callWith(at, token)).status, 403);
  const last = await callWith(at, token);
  assert.deepEqual([last.status, (await json(last)).error], [410, "test_complete"]);
};

/** The probes, by the names of our scenarios. */
export const officialProbes: Readonly<Record<string, Probe>> = {
  "prm-at-path": prmAtPath,
  "prm-unannounced": prmUnannounced,
  "prm-at-root": prmAtRoot,
  "prm-at-custom-url": prmAtCustomUrl,
  "legacy-metadata": legacyMetadata,
  "legacy-endpoints": legacyEndpoints,
  "resource-mismatch": resourceMismatch,
  "metadata-wrong-issuer": metadataWrongIssuer,
  "client-document": clientDocument,
  "auth-basic": registers("client_secret_basic", true),
  "auth-post": registers("client_secret_post", true),
  "auth-none": registers("none", false),
  "pre-registered": preRegistered,
  "server-moved": serverMoved,
  "scope-in-challenge": scopeInChallenge,
  "scope-in-metadata": lists(undefined, ["mcp:basic", "mcp:read", "mcp:write"]),
  "scope-nowhere": lists(undefined, undefined),
  "step-up": stepUp,
  "step-up-endless": stepUpEndless,
  "offline-access": lists(["mcp:basic", "offline_access"], ["mcp:basic"]),
  "offline-access-unlisted": lists(["mcp:basic", "mcp:read"], ["mcp:basic", "mcp:read"]),
  "iss-supported": sendsIss(true, (issuer) => issuer),
  "iss-not-advertised": sendsIss(false, () => null),
  "iss-supported-missing": sendsIss(true, () => null),
  "iss-wrong-issuer": sendsIss(true, () => "https://evil.example.com"),
  "iss-unexpected": sendsIss(false, () => "https://evil.example.com"),
  "iss-normalized": sendsIss(true, (issuer) => `${issuer}/`),
  ...extensionProbes,
};
