/**
 * The app on a real port of this computer, and what a client program around an SDK brings along: somewhere to keep what
 * the SDK wants kept, and a browser whose person agrees to everything.
 */
import assert from "node:assert/strict";
import { z } from "zod";
import { type App, createApp } from "../../main.ts";
import { redirectOf, startMs } from "../helpers.ts";

/** Where clients say they wait for the answer; it is read off the redirect, so nobody needs to listen there. */
export const callbackUrl = "http://127.0.0.1:33418/callback";

/** The app, listening. */
export interface HostServer extends AsyncDisposable {
  readonly origin: string;
  readonly clock: { nowMs: number };
}

/** Serves a fresh app on a free port of 127.0.0.1, on a clock that stands still. */
export async function startServer(wrap: (app: App) => App = (app) => app): Promise<HostServer> {
  const kv = await Deno.openKv(":memory:");
  const clock = { nowMs: startMs };
  const stop = new AbortController();
  const app = wrap(createApp({ kv, now: () => clock.nowMs, signal: stop.signal }));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app);
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    clock,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await server.shutdown();
      kv.close();
    },
  };
}

/** Opens an authorization URL in the place of a person who agrees, and gives where the browser is sent. */
export async function approve(authorizationUrl: URL, more: Readonly<Record<string, string>> = {}): Promise<URL> {
  const url = new URL(authorizationUrl);
  for (const [name, value] of Object.entries({ auto_approve: "true", ...more })) url.searchParams.append(name, value);
  const response = await fetch(url, { redirect: "manual" });
  await response.body?.cancel();
  return redirectOf(response);
}

/** What SDKs take for `fetch`. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** A `fetch` for an SDK's transport that tells when the session's stream is open, which SDKs begin without waiting. */
export function watchStream(endpoint: string): {
  readonly fetch: Fetch;
  readonly opened: Promise<void>;
} {
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  return {
    opened,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (String(input) === endpoint && init?.method === "GET") resolve();
      return response;
    },
  };
}

/** What an SDK has asked its program to keep. */
export interface Kept<Client, Tokens, Discovery> {
  client: Client | undefined;
  tokens: Tokens | undefined;
  discovery: Discovery | undefined;
  verifier: string;
  state: string;
  /** Every answer that came back from the authorization endpoint. */
  readonly callbacks: URL[];
}

/** What SDKs let their program say of itself. */
export interface ClientMetadata {
  readonly client_name: string;
  redirect_uris: string[];
  grant_types: string[];
  response_types: string[];
  readonly token_endpoint_auth_method: string;
}

/** An `OAuthClientProvider` as both SDKs define it, apart from the types of what is kept. */
export interface Provider<Client, Tokens, Discovery> {
  readonly kept: Kept<Client, Tokens, Discovery>;
  readonly redirectUrl: string;
  readonly clientMetadata: ClientMetadata;
  readonly clientMetadataUrl?: string;
  readonly state: () => string;
  readonly clientInformation: () => Client | undefined;
  readonly saveClientInformation: (client: Client) => void;
  readonly tokens: () => Tokens | undefined;
  readonly saveTokens: (tokens: Tokens) => void;
  readonly redirectToAuthorization: (url: URL) => Promise<void>;
  readonly saveCodeVerifier: (verifier: string) => void;
  readonly codeVerifier: () => string;
  readonly saveDiscoveryState: (discovery: Discovery) => void;
  readonly discoveryState: () => Discovery | undefined;
  readonly invalidateCredentials: (what: "all" | "client" | "tokens" | "verifier" | "discovery") => void;
}

/** How a program differs from the usual one: a public client that asks for no expiry. */
export interface ProviderOptions {
  readonly authMethod?: string;
  /** Added to the authorization URL. */
  readonly query?: Readonly<Record<string, string>>;
  /** Where its metadata document lies; it registers where there is none. */
  readonly clientMetadataUrl?: string;
  /** What opens the authorization URL; a person who agrees, over the network, if not given. */
  readonly open?: (url: URL) => Promise<URL>;
}

/** Makes a program that registers by itself and whose person always agrees. */
export function createProvider<Client, Tokens, Discovery>(
  { authMethod = "none", query = {}, clientMetadataUrl, open = (url) => approve(url, query) }: ProviderOptions = {},
): Provider<Client, Tokens, Discovery> {
  const kept: Kept<Client, Tokens, Discovery> = {
    client: undefined,
    tokens: undefined,
    discovery: undefined,
    verifier: "",
    state: "",
    callbacks: [],
  };
  return {
    kept,
    redirectUrl: callbackUrl,
    ...(clientMetadataUrl === undefined ? {} : { clientMetadataUrl }),
    clientMetadata: {
      client_name: "Client of an SDK",
      redirect_uris: [callbackUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: authMethod,
    },
    state: () => kept.state = crypto.randomUUID(),
    clientInformation: () => kept.client,
    saveClientInformation: (client) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => void (kept.tokens = tokens),
    redirectToAuthorization: async (url) => void kept.callbacks.push(await open(url)),
    saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier,
    saveDiscoveryState: (discovery) => void (kept.discovery = discovery),
    discoveryState: () => kept.discovery,
    invalidateCredentials: (what) => {
      if (what === "all" || what === "client") kept.client = undefined;
      if (what === "all" || what === "tokens") kept.tokens = undefined;
      if (what === "all" || what === "discovery") kept.discovery = undefined;
    },
  };
}

/** The parameters of the one answer that came back, which must be to the request that was sent (RFC 6749 10.12). */
export function callbackOf<C, T, D>({ kept }: Provider<C, T, D>, { origin }: HostServer): URLSearchParams {
  assert.equal(kept.callbacks.length, 1);
  const url = z.instanceof(URL).parse(kept.callbacks[0]);
  assert.equal(url.origin + url.pathname, callbackUrl);
  assert.deepEqual(url.searchParams.getAll("state"), [kept.state]);
  assert.deepEqual(url.searchParams.getAll("iss"), [origin]);
  assert.equal(url.searchParams.getAll("code").length, 1);
  return url.searchParams;
}

const toolResult = z.object({
  content: z.tuple([z.object({ type: z.literal("text"), text: z.string() })]),
  isError: z.boolean().default(false),
  structuredContent: z.unknown().optional(),
});

/** What a tool answered: its one text, and whether it failed. */
export function answerOf(result: unknown): { text: string; isError: boolean; structured: unknown } {
  const { content: [{ text }], isError, structuredContent } = toolResult.parse(result);
  return { text, isError, structured: structuredContent };
}

/** A value that must be there. */
export function present<T>(value: T | undefined): T {
  assert(value !== undefined, "nothing is there");
  return value;
}

/** The tools every endpoint has. */
export const everydayTools = [
  "mock_echo",
  "mock_add",
  "mock_calculate",
  "mock_json_echo",
  "mock_error",
  "mock_conditional_error",
  "mock_delay",
  "mock_counter",
  "mock_create_note",
  "mock_list_notes",
  "mock_get_note",
  "mock_get_note_by_title",
  "mock_update_note",
  "mock_delete_note",
  "mock_clear_all_notes",
] as const;

/** The tools `/oauth` has beside them. */
export const userTools = ["userInfo", "greet", "adminAction"] as const;
