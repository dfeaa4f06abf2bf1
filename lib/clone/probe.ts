// What a client asks a server before it logs in, and what it may ask with a token: each question once.
import { isObject, type JsonObject } from "../http/json.ts";
import { challengeOf, parseObject, textOf } from "../judge/reading.ts";
import { headerOf } from "../recorder/exchange.ts";
import { unknown } from "./aims.ts";
import type { Asker } from "./ask.ts";
import { type Observed, resultOf, WRONG_TOKEN } from "./observed.ts";
import { endpointOf, readPlaces } from "./places.ts";
import { furtherQuestions } from "./questions.ts";
import { isMcp } from "./source.ts";
import { describeOpen, openSessions } from "./sessions.ts";

/** What to ask. */
export interface ProbeOptions {
  /** URL of the MCP endpoint. */
  readonly url: string;
  /** A token that the server takes, to go on with. */
  readonly token?: string | undefined;
  /** Whether to register a client. */
  readonly register?: boolean;
}

/** What asking has left behind at the server. */
export type LeftBehind = readonly string[];

const CLIENT = { name: "mock-oauth-clone", version: "1" } as const;
const EVENTS_OR_JSON = "application/json, text/event-stream";
const JSON_TYPE = "application/json";
/** The last revision with sessions, the first one, and the one without. */
const [LATEST, FIRST, MODERN] = ["2025-11-25", "2024-11-05", "2026-07-28"] as const;
/** Pages of each list that are read. */
const MAX_PAGES = 8;
/** A page of a tool on this machine: as such a one asks whether it may call. */
const PAGE = "http://localhost:6274";
const REDIRECT = "http://127.0.0.1:33418/callback";

/** Asks all questions; what was answered is kept by the asker. */
export async function probe(options: ProbeOptions, asker: Asker): Promise<LeftBehind> {
  const { url, token } = options;
  const first = await post(asker, url, initialize(LATEST));
  if (!first) return [];
  await asker.ask({ method: "GET", url, headers: { accept: "text/event-stream" } });
  // Whatever else is there is not to be bothered.
  if (!isMcp(url, asker.observed)) return [];
  await preflight(asker, url, "POST", "authorization,content-type,mcp-protocol-version");
  await askMetadata(url, asker, first);
  const isOpen = resultOf(first) !== undefined;
  if (!isOpen) {
    await post(asker, url, initialize(LATEST), bearer(WRONG_TOKEN));
    await asker.ask({ method: "POST", url, headers: { "content-type": JSON_TYPE, accept: EVENTS_OR_JSON }, body: "{" });
    if (token === undefined) await post(asker, url, discover(), modernHeaders("server/discover"));
  }
  const left = await askServer(options, asker);
  if (isOpen || token !== undefined) {
    const access = isOpen ? {} : bearer(token ?? "");
    const opened = isOpen ? first : await post(asker, url, initialize(LATEST), access);
    await askProtocol({ url, access, opened }, asker);
  }
  for (const { headers } of openSessions(asker.observed)) await asker.ask({ method: "DELETE", url, headers });
  return [...left, ...describeOpen(openSessions(asker.observed))];
}

/** Metadata in all of its places, and whether pages may read it. */
async function askMetadata(url: string, asker: Asker, first: Observed | undefined): Promise<void> {
  const { resource } = readPlaces(url, asker.observed);
  const named = first && challengeOf(first)?.get("resource_metadata");
  const urls = [named, resource.path, resource.root].filter((one) => one !== undefined);
  for (const each of new Set(urls)) await get(asker, each);
  const { server } = readPlaces(url, asker.observed);
  for (const each of new Set(Object.values(server))) await get(asker, each);
  await preflight(asker, resource.path ?? url, "GET", "mcp-protocol-version");
  await preflight(asker, server.oauth, "GET", "mcp-protocol-version");
}

/** What the authorization server says to a request that is wrong, and to a client that registers. */
async function askServer({ url, register }: ProbeOptions, asker: Asker): Promise<LeftBehind> {
  const places = readPlaces(url, asker.observed);
  const token = endpointOf(places, "token_endpoint");
  const registration = endpointOf(places, "registration_endpoint");
  if (token !== undefined) {
    await preflight(asker, token, "POST", "authorization");
    const fields = { grant_type: "authorization_code", client_id: CLIENT.name, code: "wrong", redirect_uri: REDIRECT };
    const body = new URLSearchParams({ ...fields, code_verifier: "wrong".repeat(10) }).toString();
    await asker.ask({
      method: "POST",
      url: token,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    });
  }
  if (registration === undefined) return [];
  await preflight(asker, registration, "POST", "content-type");
  if (!register) return [];
  const metadata = {
    client_name: CLIENT.name,
    redirect_uris: [REDIRECT],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  const headers = { "content-type": JSON_TYPE };
  const answered = await asker.ask({ method: "POST", url: registration, headers, body: JSON.stringify(metadata) });
  const client = answered && textOf(parseObject(answered.response.body), "client_id");
  return client === undefined ? [] : [`a client that is registered as ${client}`];
}

interface Protocol {
  readonly url: string;
  readonly access: Readonly<Record<string, string>>;
  /** What `initialize` was answered with. */
  readonly opened: Observed | undefined;
}

/** What the MCP server says of itself, and lists. */
async function askProtocol({ url, access, opened }: Protocol, asker: Asker): Promise<void> {
  const modern = await post(asker, url, discover(), { ...access, ...modernHeaders("server/discover") });
  const isModern = modern !== undefined && resultOf(modern) !== undefined;
  const result = opened && resultOf(opened);
  if (!opened || !result) {
    if (isModern) {
      const { capabilities } = resultOf(modern) ?? {};
      const send = (message: JsonObject): Promise<Observed | undefined> => modernPost(asker, url, message, access);
      await askLists(capabilities, send);
      for (const question of furtherQuestions(capabilities, asker.observed)) {
        if (question.method !== "logging/setLevel") await send(question);
      }
    }
    return;
  }
  const session = headerOf(opened.response, "mcp-session-id");
  const headers = {
    ...access,
    "mcp-protocol-version": textOf(result, "protocolVersion") ?? LATEST,
    ...(session === undefined ? {} : { "mcp-session-id": session }),
  };
  await post(asker, url, { jsonrpc: "2.0", method: "notifications/initialized" }, headers);
  await askLists(result.capabilities, (message) => post(asker, url, message, headers));
  await post(asker, url, { jsonrpc: "2.0", id: 90, method: unknown.method, params: {} }, headers);
  await asker.ask({ method: "GET", url, headers: { ...headers, accept: "text/event-stream" } });
  await post(asker, url, initialize(FIRST), access);
  if (session !== undefined) {
    await post(asker, url, { jsonrpc: "2.0", id: 91, method: "ping" }, { ...headers, "mcp-session-id": `${session}x` });
    const { "mcp-session-id": _, ...without } = headers;
    await post(asker, url, { jsonrpc: "2.0", id: 92, method: "ping" }, without);
  }
  for (const question of furtherQuestions(result.capabilities, asker.observed)) {
    await post(asker, url, question, headers);
  }
}

/** The lists of what a server says that it has. */
async function askLists(
  capabilities: unknown,
  send: (message: JsonObject) => Promise<Observed | undefined>,
): Promise<void> {
  const has = isObject(capabilities) ? capabilities : {};
  const methods = [
    ...(has.tools ? ["tools/list"] : []),
    ...(has.resources ? ["resources/list", "resources/templates/list"] : []),
    ...(has.prompts ? ["prompts/list"] : []),
  ];
  let id = 10;
  for (const method of methods) {
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const answered = await send({ jsonrpc: "2.0", id: id++, method, params });
      cursor = answered && textOf(resultOf(answered), "nextCursor");
      if (cursor === undefined) break;
    }
  }
}

function initialize(protocolVersion: string): JsonObject {
  return {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion, capabilities: {}, clientInfo: CLIENT },
  };
}

function discover(): JsonObject {
  return { jsonrpc: "2.0", id: 2, method: "server/discover", params: { _meta: envelope } };
}

/** What every request of 2026-07-28 says of its client. */
const envelope = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientInfo": CLIENT,
  "io.modelcontextprotocol/clientCapabilities": {},
} as const;

function modernHeaders(method: string): Readonly<Record<string, string>> {
  return { "mcp-protocol-version": MODERN, "mcp-method": method };
}

function modernPost(
  asker: Asker,
  url: string,
  message: JsonObject,
  headers: Readonly<Record<string, string>>,
): Promise<Observed | undefined> {
  const params = { ...(isObject(message.params) ? message.params : {}), _meta: envelope };
  return post(asker, url, { ...message, params }, { ...headers, ...modernHeaders(String(message.method)) });
}

function post(
  asker: Asker,
  url: string,
  message: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): Promise<Observed | undefined> {
  const sent = { "content-type": JSON_TYPE, accept: EVENTS_OR_JSON, ...headers };
  return asker.ask({ method: "POST", url, headers: sent, body: JSON.stringify(message) });
}

/** As a page does it, for some servers tell nobody else that pages may read it. */
function get(asker: Asker, url: string): Promise<Observed | undefined> {
  return asker.ask({ method: "GET", url, headers: { "mcp-protocol-version": LATEST, origin: PAGE } });
}

/** What a browser asks before a page of another origin may ask, for headers that its client would send. */
function preflight(asker: Asker, url: string, method: string, names: string): Promise<Observed | undefined> {
  const headers = { origin: PAGE, "access-control-request-method": method, "access-control-request-headers": names };
  return asker.ask({ method: "OPTIONS", url, headers });
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}
