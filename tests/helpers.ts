/** What the tests of the HTTP surface share: an app on a fresh store with a clock that stands still, and a client's steps. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { setImmediate } from "node:timers";
import { z } from "zod";
import type { App } from "../main.ts";
import { createProgramApp } from "../routes/app.ts";
import type { ProgramOptions } from "../routes/options.ts";
import { keyGeneratorOf } from "./test_keys.ts";

/** Where the app under test believes to be. */
export const origin = "http://localhost:8789";
/** RFC 7636 appendix B. */
export const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
export const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
export const redirectUri = "https://client.example/cb";
/** 2026-01-02T03:04:05Z */
export const startMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** An app with a clock to move. */
export interface TestApp extends AsyncDisposable {
  /** Resolves when all requests are answered, those included whose answers nobody waits for. */
  readonly answered: () => Promise<void>;
  readonly app: App;
  readonly clock: { nowMs: number };
  /** Sends a request to a path below the origin. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  readonly postForm: (
    path: string,
    fields: Record<string, string> | URLSearchParams,
    headers?: Record<string, string>,
  ) => Promise<Response>;
  readonly postJson: (path: string, body: unknown) => Promise<Response>;
}

/** An app that keeps everything in memory, unless it is given a database, or shares what it keeps. */
export async function testApp(overrides: Partial<ProgramOptions> = {}): Promise<TestApp> {
  const { kv, ...others } = overrides;
  if (overrides.shared && !kv) return await kvTestApp(others);
  const clock = { nowMs: startMs };
  const stop = new AbortController();
  const pending = new Set<Promise<Response>>();
  const { app: own } = createProgramApp({
    now: () => clock.nowMs,
    generateKey: keyGeneratorOf(overrides.kv ?? clock),
    signal: stop.signal,
    control: "open",
    ...overrides,
  });
  const app: App = (...request) => {
    const response = own(...request);
    pending.add(response);
    return response.finally(() => pending.delete(response));
  };
  const fetch = (path: string, init?: RequestInit): Promise<Response> =>
    app(new Request(path.startsWith("http") ? path : origin + path, { redirect: "manual", ...init }));
  return await Promise.resolve({
    app,
    clock,
    answered: async () => {
      for (let turn = 0; turn < 3; turn = pending.size === 0 ? turn + 1 : 0) {
        await Promise.allSettled(pending);
        // Whoever waited for an answer may ask for more.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    fetch,
    get: (path, headers = {}) => fetch(path, { headers }),
    postForm: (path, fields, headers = {}) =>
      fetch(path, { method: "POST", body: new URLSearchParams(fields), headers }),
    postJson: (path, body) =>
      fetch(path, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return Promise.resolve();
    },
  });
}

/** An app on a database into which a test can look. */
export interface KvTestApp extends TestApp {
  readonly kv: Deno.Kv;
}

/** The options of such an app, whose database is Deno's. */
export type KvTestOptions = Omit<ProgramOptions, "kv"> & { readonly kv?: Deno.Kv };

/** The same as {@link testApp} on a database of its own, or on the one that it is given. */
export async function kvTestApp(overrides: KvTestOptions = {}): Promise<KvTestApp> {
  const kv = overrides.kv ?? await Deno.openKv(":memory:");
  const test = await testApp({ ...overrides, kv });
  return {
    ...test,
    kv,
    [Symbol.asyncDispose]: async () => {
      await test[Symbol.asyncDispose]();
      if (!overrides.kv) kv.close();
    },
  };
}

/** The same app, asked below the prefix of a sandbox. */
export function below(test: TestApp, prefix: string): TestApp {
  const at = (path: string): string => path.startsWith("http") ? path : prefix + path;
  return {
    ...test,
    fetch: (path, init) => test.fetch(at(path), init),
    get: (path, headers) => test.get(at(path), headers),
    postForm: (path, fields, headers) => test.postForm(at(path), fields, headers),
    postJson: (path, body) => test.postJson(at(path), body),
  };
}

const object = z.record(z.string(), z.unknown());

/** The body of a JSON response, as an object. */
export async function json(response: Response): Promise<Record<string, unknown>> {
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  return object.parse(await response.json());
}

/** A member that must be a string. */
export function text(body: Record<string, unknown>, name: string): string {
  return z.string().parse(body[name], { error: () => `${name} is no string in ${JSON.stringify(body)}` });
}

export const publicClient = {
  client_name: "Test client",
  redirect_uris: [redirectUri],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "none",
};

/** Registers a client, public unless told otherwise. */
export async function register(
  { postJson }: TestApp,
  metadata: Record<string, unknown> = {},
): Promise<{ readonly clientId: string; readonly secret: string }> {
  const response = await postJson("/oauth/register", { ...publicClient, ...metadata });
  const body = await json(response);
  assert.equal(response.status, 201, JSON.stringify(body));
  return {
    clientId: text(body, "client_id"),
    secret: typeof body.client_secret === "string" ? body.client_secret : "",
  };
}

/** The query of an authorization request that a good client sends; undefined values are left out. */
export function authorizeQuery(clientId: string, more: Record<string, string | undefined> = {}): string {
  const all = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state: "xyz",
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...more,
  };
  const sent = Object.entries(all).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]]
  );
  return `/oauth/authorize?${new URLSearchParams(sent)}`;
}

/** Where a response redirects to. */
export function redirectOf(response: Response): URL {
  const location = response.headers.get("location");
  assert(location !== null, `status ${response.status} and no location`);
  return new URL(location);
}

/** Asks for a code without a person. */
export async function getCode(
  test: TestApp,
  clientId: string,
  more: Record<string, string | undefined> = {},
): Promise<string> {
  const response = await test.get(authorizeQuery(clientId, { auto_approve: "true", ...more }));
  const code = redirectOf(response).searchParams.get("code");
  assert(code !== null, `no code in ${response.headers.get("location")}`);
  return code;
}

/** The fields of a code's token request. */
export function codeFields(clientId: string, code: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...more,
  };
}

/** A whole flow: the token response's body. */
export async function getTokens(
  test: TestApp,
  clientId: string,
  more: Record<string, string | undefined> = {},
): Promise<Record<string, unknown>> {
  const response = await test.postForm("/oauth/token", codeFields(clientId, await getCode(test, clientId, more)));
  const body = await json(response);
  assert.equal(response.status, 200, JSON.stringify(body));
  return body;
}

/** Insists on an OAuth error in JSON; gives its description. */
export async function assertOAuthError(response: Response, status: number, code: string): Promise<string> {
  const body = await json(response);
  assert.equal(response.status, status, JSON.stringify(body));
  assert.equal(body.error, code, JSON.stringify(body));
  assert.match(text(body, "error_description"), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  return text(body, "error_description");
}

/** Insists on an error that went back to the client; gives its description. */
export function assertErrorRedirect(response: Response, code: string): string {
  const { searchParams, origin: at, pathname } = redirectOf(response);
  assert.equal(at + pathname, redirectUri);
  assert.equal(searchParams.get("error"), code, searchParams.get("error_description") ?? "");
  assert.equal(searchParams.get("state"), "xyz");
  assert.equal(searchParams.get("iss"), origin);
  assert.equal(searchParams.get("code"), null);
  return searchParams.get("error_description") ?? "";
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  const payload = token.split(".")[1] ?? "";
  return object.parse(JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))));
}

/** The S256 challenge of a verifier. */
export function challengeOf(codeVerifier: string): string {
  return hash("sha256", codeVerifier, "base64url");
}

/** Calls `/oauth` with a token; the status tells what became of it. */
export function callOauth({ fetch }: TestApp, token: string, path = "/oauth"): Promise<Response> {
  return fetch(path, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "0" } },
    }),
  });
}
