/**
 * Which servers an archive of HTTP is about: MCP servers, told by JSON-RPC, by what they refuse with, or by their streams, and
 * the authorization servers that these name, or whose tokens they are sent. A browser talks to many others meanwhile.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { wellKnown } from "../http/urls.ts";
import { elicitationUrlsIn } from "../judge/elicitation_urls.ts";
import { eventsOf } from "../judge/events.ts";
import {
  addressOf,
  challengeOf,
  isEventStream,
  listOf,
  messagesOf,
  originOf,
  parseObject,
  pathOf,
  textOf,
} from "../judge/reading.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import { digestOf } from "../recorder/redact/digests.ts";

/** The servers of an archive. */
export interface Servers {
  /** Addresses of MCP endpoints. */
  readonly mcp: ReadonlySet<string>;
  /** Those of them to which HTTP+SSE has messages sent, the stream of which need not be on record. */
  readonly messages: ReadonlySet<string>;
  /** Addresses at which tokens are revoked. */
  readonly revocation: ReadonlySet<string>;
  /** Addresses that a server names and nobody has to fetch, or not yet: those of schemas, and of pages that people open. */
  readonly canaries: ReadonlySet<string>;
  /** Origins of these and of their authorization servers; undefined if there is no MCP server, so that all are of interest. */
  readonly origins: ReadonlySet<string> | undefined;
}

/** Methods of MCP; other services speak JSON-RPC as well. */
const METHOD =
  /^(?:initialize|ping|server\/discover|subscriptions\/listen|(?:tools|resources|prompts|completion|logging|notifications|tasks)\/[\w/]+)$/;
/** Headers that clients of MCP alone send. */
const OWN_HEADERS = ["mcp-session-id", "mcp-protocol-version", "mcp-method"] as const;

/** Finds the servers. */
export function serversIn(exchanges: readonly Exchange[]): Servers {
  const mcp = new Set(exchanges.flatMap((exchange) => mcpAddressesIn(exchange)));
  const documents = exchanges.flatMap((exchange) => metadataIn(exchange) ?? []);
  const revocation = new Set(
    documents.flatMap(({ document }) => textOf(document, "revocation_endpoint") ?? []).map(addressOf),
  );
  const calls = exchanges.filter(({ url }) => mcp.has(addressOf(url)));
  const canaries = new Set(calls.flatMap(({ response }) => messagesOf(response)).flatMap(canariesIn).map(addressOf));
  return {
    mcp,
    messages: new Set(calls.filter(isAnsweredElsewhere).map(({ url }) => addressOf(url))),
    revocation,
    canaries,
    origins: mcp.size === 0 ? undefined : originsAround(mcp, calls, exchanges, documents),
  };
}

/**
 * The addresses of MCP endpoints that an exchange tells: where it went, and where messages go that are answered on the stream
 * that it is.
 */
export function mcpAddressesIn(
  exchange: Pick<Exchange, "method" | "url" | "status" | "request" | "response">,
): readonly string[] {
  const { method, url, request, response } = exchange;
  const named = challengeOf(exchange)?.get("resource_metadata");
  if (exchange.status === 401 && named !== undefined) return [addressOf(url)];
  if (method === "GET" && isEventStream(response)) {
    const endpoint = eventsOf(response.body ?? "").find(({ type, data }) => type === "endpoint" && data)?.data;
    if (endpoint !== undefined && URL.canParse(endpoint, url)) {
      return [addressOf(url), addressOf(new URL(endpoint, url).href)];
    }
  }
  const isOwn = OWN_HEADERS.some((name) => headerOf(request, name) !== undefined);
  // Some clients say which revision of MCP they speak when they log in as well, but take no event stream there.
  const isToServer = isOwn && (headerOf(request, "accept") ?? "").includes("text/event-stream");
  const isMessage = method === "POST" && messagesOf(request).some(isOfMcp);
  return isMessage || (isToServer && method !== "OPTIONS") ? [addressOf(url)] : [];
}

/** Whether a request is only accepted, so that what answers it comes on a stream; Streamable HTTP has that for nothing that is answered. */
function isAnsweredElsewhere({ method, status, request }: Exchange): boolean {
  return method === "POST" && status === 202 &&
    messagesOf(request).some((message) => typeof message.method === "string" && message.id !== undefined);
}

function isOfMcp({ jsonrpc, method, ...message }: JsonObject): boolean {
  if (jsonrpc === undefined) return false;
  return typeof method === "string" ? METHOD.test(method) : "result" in message && isObject(message.result);
}

/** The URLs of a message that are a $ref of a schema, or a page for a person. */
function canariesIn(message: JsonObject): readonly string[] {
  return [...elicitationUrlsIn(message), ...refsIn(message.result)];
}

/** Every $ref to a URL, at any depth. */
function refsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(refsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "$ref" && typeof inner === "string" && /^https?:/i.test(inner) ? [inner] : refsIn(inner)
  );
}

/** A metadata document, and where it was. */
interface Metadata {
  readonly at: string;
  readonly kind: "resource" | "server";
  readonly document: JsonObject;
}

/** Whether a URL is of a place for metadata. */
export function isWellKnown(url: string): boolean {
  return Object.values(wellKnown).some((path) => pathOf(url).includes(path));
}

/** The metadata that an exchange brought, wherever it lies. */
export function metadataIn({ method, url, status, response }: Exchange): Metadata | undefined {
  if (method !== "GET" || status >= 300) return undefined;
  const document = parseObject(response.body);
  if (document === undefined) return undefined;
  const has = (name: string): boolean => textOf(document, name) !== undefined;
  if (has("issuer") && (has("token_endpoint") || has("authorization_endpoint"))) {
    return { at: url, kind: "server", document };
  }
  const isResource = listOf(document, "authorization_servers") !== undefined ||
    (has("resource") && pathOf(url).includes(wellKnown.protectedResource));
  return isResource ? { at: url, kind: "resource", document } : undefined;
}

/** Beginning with those of MCP servers, all that they name, and those whose tokens they are sent. */
function originsAround(
  mcp: ReadonlySet<string>,
  calls: readonly Exchange[],
  exchanges: readonly Exchange[],
  documents: readonly Metadata[],
): ReadonlySet<string> {
  const sent = new Set(calls.flatMap(({ request }) => digestOf(headerOf(request, "authorization") ?? "") || []));
  const named = calls.flatMap((call) => challengeOf(call)?.get("resource_metadata") ?? []);
  const issuing = exchanges.filter(({ response }) => {
    const token = textOf(parseObject(response.body), "access_token");
    return token !== undefined && sent.has(digestOf(token));
  });
  const known = documentsByOrigin(documents);
  const origins = new Set<string>();
  const next = [...mcp, ...named, ...issuing.map(({ url }) => url)].map(originOf);
  // What one document names may have another; each origin is looked at once, however long a chain they make.
  for (let origin = next.pop(); origin !== undefined; origin = next.pop()) {
    if (origins.has(origin)) continue;
    origins.add(origin);
    for (const { kind, document } of known.get(origin) ?? []) {
      const urls = kind === "server" ? endpointsOf(document) : listOf(document, "authorization_servers") ?? [];
      for (const url of urls) next.push(originOf(url));
    }
  }
  return origins;
}

/** Documents by the origins where they lie, and by those of the issuers that they are of. */
function documentsByOrigin(documents: readonly Metadata[]): ReadonlyMap<string, readonly Metadata[]> {
  const known = new Map<string, Metadata[]>();
  for (const metadata of documents) {
    const { at, document } = metadata;
    for (const origin of new Set([originOf(at), originOf(textOf(document, "issuer") ?? "")])) {
      const there = known.get(origin) ?? [];
      there.push(metadata);
      known.set(origin, there);
    }
  }
  return known;
}

/** The endpoints that metadata of an authorization server names. */
export function endpointsOf(document: JsonObject): readonly string[] {
  return Object.entries(document).flatMap(([name, url]) =>
    name.endsWith("_endpoint") && typeof url === "string" ? [url] : []
  );
}
