/** A client's steps in a sandbox, for the probes of scenarios, and what they compare with. */
import assert from "node:assert/strict";
import {
  authorizeQuery,
  callOauth,
  codeFields,
  getCode,
  getTokens,
  json,
  origin as mainOrigin,
  redirectOf,
  register,
  type TestApp,
  text,
} from "../helpers.ts";
import { envelope, rpc } from "../mcp/helpers.ts";
import type { ProbeSandbox } from "./sweep_probe.ts";

/**
 * A sandbox as the helpers take it: an app whose paths are those of `main`.
 *
 * @param at The sandbox.
 * @param issuerPath Path of its issuer, below which the authorization server's endpoints lie.
 */
export function appOf(at: ProbeSandbox, issuerPath = ""): TestApp {
  const moved = (path: string): string => path.startsWith("/oauth/") ? issuerPath + path : path;
  return {
    ...at.test,
    fetch: (path, init) => at.fetch(moved(path), init),
    get: (path, headers) => at.get(moved(path), headers),
    postForm: (path, fields, headers) => at.postForm(moved(path), fields, headers),
    postJson: (path, body) => at.postJson(moved(path), body),
  };
}

/** A login, as far as probes go on with it. */
export interface Login {
  readonly clientId: string;
  readonly secret: string;
  readonly tokens: Record<string, unknown>;
  /** The access token. */
  readonly access: string;
}

/** What a login is made with. */
export interface LoginOptions {
  /** Members of the registration. */
  readonly client?: Record<string, unknown>;
  /** Parameters of the authorization request. */
  readonly request?: Record<string, string | undefined>;
}

/** Registers, logs in and redeems the code. */
export async function logIn(app: TestApp, { client = {}, request = {} }: LoginOptions = {}): Promise<Login> {
  const { clientId, secret } = await register(app, client);
  const tokens = await getTokens(app, clientId, request);
  return { clientId, secret, tokens, access: text(tokens, "access_token") };
}

/** What came of a code. */
export interface Redeemed {
  readonly clientId: string;
  readonly secret: string;
  readonly code: string;
  /** The token response, whatever it is. */
  readonly response: Response;
}

/**
 * Registers, logs in and sends the code to the token endpoint.
 *
 * @param app The sandbox.
 * @param client Members of the registration.
 * @param headers Headers of the token request.
 */
export async function redeem(
  app: TestApp,
  client: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Redeemed> {
  const { clientId, secret } = await register(app, client);
  const code = await getCode(app, clientId);
  const fields = codeFields(clientId, code, secret === "" ? {} : { client_secret: secret });
  return { clientId, secret, code, response: await app.postForm("/oauth/token", fields, headers) };
}

/** Sends the refresh token of a login, with more fields if there are any. */
export function refresh(app: TestApp, login: Login, more: Record<string, string> = {}): Promise<Response> {
  return app.postForm("/oauth/token", {
    grant_type: "refresh_token",
    client_id: login.clientId,
    ...(login.secret === "" ? {} : { client_secret: login.secret }),
    refresh_token: text(login.tokens, "refresh_token"),
    ...more,
  });
}

/** The status of an MCP request with a token. */
export async function statusOf(app: TestApp, token: string, path?: string): Promise<number> {
  const response = await callOauth(app, token, path);
  await response.body?.cancel();
  return response.status;
}

/** Calls a tool of `/oauth` as MCP 2026-07-28 has it, without a session. */
export function callTool({ fetch }: TestApp, token: string, name: string): Promise<Response> {
  return fetch("/oauth", {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
    },
    body: JSON.stringify(rpc("tools/call", { name, arguments: {}, _meta: envelope })),
  });
}

/** The parameters of an authorization response, which a script has asked for. */
export async function responseOf(
  app: TestApp,
  clientId: string,
  more: Record<string, string | undefined> = {},
): Promise<URLSearchParams> {
  return redirectOf(await app.get(authorizeQuery(clientId, { auto_approve: "true", ...more }))).searchParams;
}

/** What a 401 of `/oauth` says, if anything. */
export async function challengeOf(at: ProbeSandbox): Promise<string | null> {
  const response = await at.get("/oauth");
  assert.equal(response.status, 401);
  await response.body?.cancel();
  return response.headers.get("www-authenticate");
}

/**
 * Members in which a document is another than `main` has in its place, with what stands there.
 *
 * @param at The sandbox that answered; its own URLs are read as those of `main`.
 * @param response The document.
 * @param mainPath Where `main` has the same.
 */
async function differences(
  at: ProbeSandbox,
  response: Response,
  mainPath: string,
): Promise<Record<string, unknown>> {
  assert.equal(response.status, 200);
  const body = JSON.stringify(await json(response)).replaceAll(at.origin + at.prefix, mainOrigin);
  const here: Record<string, unknown> = JSON.parse(body);
  const there = await json(await at.test.get(mainPath));
  const names = new Set([...Object.keys(here), ...Object.keys(there)]);
  const changed = [...names].filter((name) => JSON.stringify(here[name]) !== JSON.stringify(there[name]));
  return Object.fromEntries(changed.map((name) => [name, here[name]]));
}

/** Members in which a sandbox's metadata of its authorization server is another than that of `main`. */
export async function serverDifferences(at: ProbeSandbox, response?: Response): Promise<Record<string, unknown>> {
  const name = "oauth-authorization-server";
  return await differences(at, response ?? await at.wellKnown(name), `/.well-known/${name}`);
}

/** Members in which a sandbox's metadata of `/oauth` is another than that of `main`. */
export async function resourceDifferences(at: ProbeSandbox): Promise<Record<string, unknown>> {
  const path = "/.well-known/oauth-protected-resource/oauth";
  return await differences(at, await at.wellKnown("oauth-protected-resource", "/oauth"), path);
}
