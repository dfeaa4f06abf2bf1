/** Probes of the scenarios of registration: who becomes known, how, and for how long. */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  authorizeQuery,
  codeFields,
  getCode,
  json,
  publicClient,
  redirectOf,
  register,
  text,
} from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, type Login, logIn, redeem, refresh, serverDifferences, statusOf } from "./sweep_steps.ts";

/** Insists that the clients that a scenario declares can log in: one without a secret, one with. */
export async function knowsClients(at: ProbeSandbox, issuerPath = ""): Promise<void> {
  const app = appOf(at, issuerPath);
  const clients = { "known-public-client": {}, "known-client": { client_secret: "known-client-secret" } };
  for (const [clientId, secret] of Object.entries(clients)) {
    const code = await getCode(app, clientId);
    const response = await app.postForm("/oauth/token", codeFields(clientId, code, secret));
    assert.equal(response.status, 200);
    assert.equal(await statusOf(app, text(await json(response), "access_token")), 200);
  }
  const wrong = codeFields("known-client", await getCode(app, "known-client"), { client_secret: "wrong" });
  await assertOAuthError(await app.postForm("/oauth/token", wrong), 401, "invalid_client");
}

/** A login that expires in a minute, a minute later. */
async function aMinuteAfterLogin(at: ProbeSandbox, client: Record<string, unknown> = {}): Promise<Login> {
  const app = appOf(at);
  const login = await logIn(app, { client });
  assert.equal(login.tokens.expires_in, 60);
  assert.equal(await statusOf(app, login.access), 200);
  at.clock.nowMs += 60_000;
  assert.equal(await statusOf(app, login.access), 401);
  return login;
}

/** The response to a registration. */
function askToRegister(at: ProbeSandbox, more: Record<string, unknown> = {}): Promise<Response> {
  return at.postJson("/oauth/register", { ...publicClient, ...more });
}

/** Insists that registration is advertised and client metadata documents are not, so that clients try the former. */
async function offersRegistrationAlone(at: ProbeSandbox): Promise<void> {
  assert.deepEqual(await serverDifferences(at), { client_id_metadata_document_supported: undefined });
}

/** Probes of registration by the name of the scenario. */
export const registrationProbes: Readonly<Record<string, Probe>> = {
  "no-registration": async (at) => {
    assert.deepEqual(await serverDifferences(at), {
      registration_endpoint: undefined,
      client_id_metadata_document_supported: undefined,
    });
    await assertOAuthError(await askToRegister(at), 404, "not_found");
    await knowsClients(at);
  },
  "dcr-forbidden": async (at) => {
    await offersRegistrationAlone(at);
    await assertOAuthError(await askToRegister(at), 403, "insufficient_scope");
    await knowsClients(at);
  },
  "dcr-rejected": async (at) => {
    await offersRegistrationAlone(at);
    await assertOAuthError(await askToRegister(at), 400, "invalid_redirect_uri");
  },
  "dcr-html": async (at) => {
    await offersRegistrationAlone(at);
    const response = await askToRegister(at);
    assert.deepEqual([response.status, response.headers.get("content-type")], [403, "text/html; charset=utf-8"]);
    assert.match(await response.text(), /^<!doctype html>/);
  },
  "dcr-nulls": async (at) => {
    const response = await askToRegister(at);
    assert.equal(response.status, 201);
    const body = await json(response);
    const nulls = Object.keys(body).filter((name) => body[name] === null);
    assert.deepEqual(nulls, ["client_uri", "logo_uri", "contacts", "tos_uri", "jwks"]);
    await logIn(appOf(at));
  },
  "dcr-no-secret-expiry": async (at) => {
    const body = await json(await askToRegister(at));
    assert.deepEqual([typeof body.client_secret, "client_secret_expires_at" in body], ["string", false]);
    assert.equal((await redeem(appOf(at))).response.status, 200);
  },
  "dcr-method-changed": async (at) => {
    const { token_endpoint_auth_methods_supported: methods } = await serverDifferences(at);
    assert.deepEqual(methods, ["none", "client_secret_basic", "client_secret_post"]);
    const body = await json(await askToRegister(at));
    assert.equal(body.token_endpoint_auth_method, "client_secret_post");
    const clientId = text(body, "client_id");
    const code = await getCode(appOf(at), clientId);
    await assertOAuthError(await at.postForm("/oauth/token", codeFields(clientId, code)), 401, "invalid_client");
    const fields = codeFields(clientId, code, { client_secret: text(body, "client_secret") });
    assert.equal((await at.postForm("/oauth/token", fields)).status, 200);
  },
  "client-secret-expires": async (at) => {
    const body = await json(await askToRegister(at));
    assert.equal(body.client_secret_expires_at, at.clock.nowMs / 1000 + 60);
    const app = appOf(at);
    const { clientId, secret, response } = await redeem(app);
    const tokens = await json(response);
    at.clock.nowMs += 60_000;
    const refused = await refresh(app, { clientId, secret, tokens, access: text(tokens, "access_token") });
    assert.match(await assertOAuthError(refused, 401, "invalid_client"), /^The client secret has expired/);
    assert.equal((await redeem(app)).response.status, 200);
  },
  "client-forgotten": async (at) => {
    const login = await aMinuteAfterLogin(at);
    await assertOAuthError(await refresh(appOf(at), login), 401, "invalid_client");
    const page = await at.get(authorizeQuery(login.clientId));
    assert.equal(page.status, 422);
    assert.deepEqual(await json(page), {
      detail: [{ loc: ["query", "client_id"], msg: "Client not found", type: "value_error" }],
    });
    await logIn(appOf(at));
  },
  "invalid-client-400": async (at) => {
    const login = await aMinuteAfterLogin(at);
    await assertOAuthError(await refresh(appOf(at), login), 400, "invalid_client");
    await logIn(appOf(at));
  },
  "cimd-rejected": async (at) => {
    const { client_id_metadata_document_supported: advertised } = await json(
      await at.wellKnown("oauth-authorization-server"),
    );
    assert.equal(advertised, true);
    const refused = await at.get(authorizeQuery("https://client.example/metadata.json"));
    const description = await assertOAuthError(refused, 400, "invalid_client");
    // The document is not even looked at: looking would have failed in another way.
    assert.match(description, /^client_id is not registered here/);
    await logIn(appOf(at));
  },
  "no-custom-schemes": async (at) => {
    const custom = { redirect_uris: ["cursor://anysphere.cursor-mcp/oauth/callback"] };
    await assertOAuthError(await askToRegister(at, custom), 400, "invalid_redirect_uri");
    for (const uri of ["https://client.example/cb", "http://127.0.0.1:33418/"]) {
      assert.equal((await askToRegister(at, { redirect_uris: [uri] })).status, 201);
    }
  },
  "no-loopback-redirects": async (at) => {
    await offersRegistrationAlone(at);
    for (const uri of ["http://localhost/cb", "http://127.0.0.1:33418/", "http://[::1]/cb"]) {
      await assertOAuthError(await askToRegister(at, { redirect_uris: [uri] }), 400, "invalid_redirect_uri");
    }
    for (const uri of ["https://client.example/cb", "cursor://anysphere.cursor-mcp/oauth/callback"]) {
      assert.equal((await askToRegister(at, { redirect_uris: [uri] })).status, 201);
    }
  },
  "no-localhost-redirects": async (at) => {
    await offersRegistrationAlone(at);
    const named = await askToRegister(at, { redirect_uris: ["http://localhost:33418/"] });
    assert.match(await assertOAuthError(named, 400, "invalid_redirect_uri"), /http on 127\.0\.0\.1 or \[::1\]/);
    for (const uri of ["http://127.0.0.1:33418/", "http://[::1]/cb", "https://client.example/cb"]) {
      assert.equal((await askToRegister(at, { redirect_uris: [uri] })).status, 201);
    }
  },
  "native-clients-only": async (at) => {
    await offersRegistrationAlone(at);
    const native = { redirect_uris: ["http://127.0.0.1:33418/"], application_type: "native" };
    assert.equal((await askToRegister(at, native)).status, 201);
    await assertOAuthError(
      await askToRegister(at, { ...native, application_type: undefined }),
      400,
      "invalid_client_metadata",
    );
    const web = { redirect_uris: ["https://client.example/cb"], application_type: "web" };
    await assertOAuthError(await askToRegister(at, web), 400, "invalid_client_metadata");
  },
  "exact-redirect-uri": async (at) => {
    await offersRegistrationAlone(at);
    const uri = "http://127.0.0.1:33418/cb";
    const { clientId } = await register(appOf(at), { redirect_uris: [uri] });
    const ask = (redirect_uri: string): Promise<Response> =>
      at.get(authorizeQuery(clientId, { redirect_uri, auto_approve: "true" }));
    assert.equal(redirectOf(await ask(uri)).href.split("?")[0], uri);
    for (const other of ["http://127.0.0.1:33419/cb", "http://127.0.0.1/cb", `${uri}/`]) {
      await assertOAuthError(await ask(other), 400, "invalid_request");
    }
  },
};
