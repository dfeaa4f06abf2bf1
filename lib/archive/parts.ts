/**
 * Taking a recording apart by MCP server: a host talks to all of its servers at once, and nothing but addresses, metadata and
 * tokens tells which of them a step was for. What several servers could have led to counts for each of them.
 *
 * @module
 */
import { wellKnown } from "../http/urls.ts";
import { metadataUrls } from "../judge/metadata_urls.ts";
import { addressOf, challengeOf, listOf, originOf, parseObject, pathOf, textOf } from "../judge/reading.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import { digestOf } from "../recorder/redact/digests.ts";
import { createSets, keysOf, parametersOf, tokenIn, uniqueStatesIn } from "./ties.ts";
import { endpointsOf, isWellKnown, mcpAddressesIn, metadataIn, serversIn } from "./servers.ts";

/** What went to one MCP server, and to the authorization servers that it leads to. */
export interface Part {
  readonly exchanges: readonly Exchange[];
  /** Whether some of its logins may be for another server. */
  readonly isUnsure: boolean;
  /** Whether some of what it has may be another client's; false if not given. */
  readonly isShared?: boolean;
}

/** One MCP server. */
interface Server {
  readonly addresses: ReadonlySet<string>;
  /** The same without a slash at the end, and where they are. */
  readonly names: ReadonlySet<string>;
  readonly homes: ReadonlySet<string>;
  /** Digests of the tokens that it was sent. */
  readonly tokens: ReadonlySet<string>;
  /** Addresses of metadata that it named. */
  readonly named: ReadonlySet<string>;
  /** What it has people open, or refers to. */
  readonly canaries: ReadonlySet<string>;
  /** Where its authorization server's metadata can be. */
  readonly places: Set<string>;
  /** What its metadata calls it. */
  readonly resources: Set<string>;
  /** Endpoints of its authorization servers, and their origins. */
  readonly endpoints: Set<string>;
  readonly origins: Set<string>;
}

/** More servers than any host talks to; what is said of each has to be looked at for all. */
const MAX_SERVERS = 100;

/** Takes exchanges apart; those of a single server are one part. */
export function partsOf(exchanges: readonly Exchange[]): readonly Part[] {
  const servers = findServers(exchanges);
  if (servers.length < 2) return [{ exchanges, isUnsure: false }];
  if (servers.length > MAX_SERVERS) return [{ exchanges, isUnsure: true }];
  const whose = new Map<Exchange, readonly Server[]>();
  for (const exchange of exchanges) {
    const found = directlyOf(exchange, servers);
    if (found) whose.set(exchange, found);
  }
  for (const exchange of exchanges) {
    const metadata = metadataIn(exchange);
    if (!whose.has(exchange) && isWellKnown(exchange.url)) whose.set(exchange, ledTo(exchange, servers));
    if (metadata?.kind !== "server") continue;
    for (const server of whose.get(exchange) ?? []) {
      for (const url of endpointsOf(metadata.document)) {
        server.endpoints.add(addressOf(url));
        server.origins.add(originOf(url));
      }
    }
  }
  const unsure = placeLogins(exchanges.filter((exchange) => !whose.has(exchange)), servers, whose);
  return servers.map((server) => ({
    exchanges: exchanges.filter((exchange) => whose.get(exchange)?.includes(server)),
    isUnsure: unsure.has(server),
  }));
}

/** One origin is one server, unless what lies there names metadata of its own for each. */
function findServers(exchanges: readonly Exchange[]): readonly Server[] {
  const { mcp } = serversIn(exchanges);
  const calls = exchanges.filter(({ url }) => mcp.has(addressOf(url)));
  const named = new Map<string, string>();
  const origins = new Map<string, Set<string>>();
  for (const call of calls) {
    const metadata = challengeOf(call)?.get("resource_metadata");
    if (metadata === undefined) continue;
    const [address, origin] = [addressOf(call.url), originOf(call.url)];
    named.set(address, addressOf(metadata));
    origins.set(origin, (origins.get(origin) ?? new Set()).add(addressOf(metadata)));
  }
  const keyOf = (address: string): string => {
    const origin = originOf(address);
    return (origins.get(origin)?.size ?? 0) > 1 ? named.get(address) ?? address : origin;
  };
  const same = createSets();
  const begun = new Map<string, Set<string>>();
  for (const { url, response } of calls) {
    const session = headerOf(response, "mcp-session-id");
    if (session !== undefined) begun.set(session, (begun.get(session) ?? new Set()).add(keyOf(addressOf(url))));
  }
  for (const call of calls) {
    const { url, status, request, response } = call;
    const key = keyOf(addressOf(url));
    // A stream of HTTP+SSE says where its messages go.
    for (const address of mcpAddressesIn(call)) same.join(key, keyOf(address));
    // A session that another server has begun was taken there by its client.
    const from = begun.get(headerOf(request, "mcp-session-id") ?? "");
    const [beginner] = from ?? [];
    if (beginner !== undefined && !from?.has(key)) same.join(key, beginner);
    const location = status >= 300 && status < 400 ? headerOf(response, "location") : undefined;
    const target = location !== undefined && URL.canParse(location, url) && addressOf(new URL(location, url).href);
    if (target && mcp.has(target)) same.join(key, keyOf(target));
  }
  const byKey = Map.groupBy(calls, ({ url }) => same.find(keyOf(addressOf(url))));
  return [...byKey.values()].map((own) => ({
    addresses: new Set(own.map(({ url }) => addressOf(url))),
    names: new Set(own.map(({ url }) => withoutSlash(addressOf(url)))),
    homes: new Set(own.map(({ url }) => originOf(url))),
    tokens: new Set(own.flatMap(({ request }) => digestOf(headerOf(request, "authorization") ?? "") || [])),
    named: new Set(own.flatMap((call) => challengeOf(call)?.get("resource_metadata") ?? []).map(addressOf)),
    canaries: serversIn(own).canaries,
    places: new Set<string>(),
    resources: new Set<string>(),
    endpoints: new Set<string>(),
    origins: new Set<string>(),
  }));
}

/** Whose it is, where its address tells; metadata of a resource tells more. */
function directlyOf(exchange: Exchange, servers: readonly Server[]): readonly Server[] | undefined {
  const address = addressOf(exchange.url);
  const called = servers.filter(({ addresses, canaries }) => addresses.has(address) || canaries.has(address));
  if (called.length > 0) return called;
  const named = servers.filter((server) => server.named.has(address));
  const metadata = metadataIn(exchange);
  const isResource = pathOf(address).includes(wellKnown.protectedResource) || metadata?.kind === "resource";
  if (!isResource && named.length === 0) return undefined;
  const resource = textOf(metadata?.document, "resource");
  const path = pathOf(address).replace(wellKnown.protectedResource, "");
  const place = withoutSlash(originOf(address) + path);
  const found = firstOf([
    named,
    servers.filter(({ names }) => names.has(place)),
    servers.filter(({ names }) => names.has(withoutSlash(resource ?? ""))),
    servers.filter(({ homes }) => homes.has(originOf(address))),
    servers,
  ]);
  for (const server of found) {
    if (resource !== undefined) server.resources.add(withoutSlash(resource));
    for (const issuer of listOf(metadata?.document, "authorization_servers") ?? []) {
      for (const url of metadataUrls(issuer)) server.places.add(url);
      server.origins.add(originOf(issuer));
    }
  }
  return found;
}

/** Which servers can have led to metadata of an authorization server. */
function ledTo({ url }: Exchange, servers: readonly Server[]): readonly Server[] {
  const [address, origin] = [addressOf(url), originOf(url)];
  return firstOf([
    servers.filter(({ places }) => places.has(address)),
    servers.filter(({ origins, homes }) => origins.has(origin) || homes.has(origin)),
    servers,
  ]);
}

/** Says whose the rest is: steps of one login are for one server, which its token or its `resource` tells. */
function placeLogins(
  rest: readonly Exchange[],
  servers: readonly Server[],
  whose: Map<Exchange, readonly Server[]>,
): ReadonlySet<Server> {
  const same = createSets();
  const isOne = uniqueStatesIn(rest);
  const keys = new Map(rest.map((exchange) => [exchange, keysOf(exchange, isOne)] as const));
  for (const [first, ...more] of keys.values()) more.forEach((key) => first !== undefined && same.join(first, key));
  const logins = Map.groupBy(rest, (exchange) => {
    const [key] = keys.get(exchange) ?? [];
    return key === undefined ? exchange : same.find(key);
  });
  const unsure = new Set<Server>();
  const clients = new Map<string, Set<Server>>();
  const registrations: Exchange[] = [];
  for (const login of logins.values()) {
    const reaching = reachedFrom(login, servers);
    const tokens = login.flatMap(({ response }) => tokenIn(response.body, "access_token"));
    const resources = login.flatMap((exchange) => parametersOf(exchange).getAll("resource")).map(withoutSlash);
    const told = firstOf([
      servers.filter((server) => tokens.some((token) => server.tokens.has(token))),
      reaching.length > 1 ? servers.filter((server) => resources.some((one) => isCalled(server, one))) : [],
      reaching,
    ]);
    for (const exchange of login) {
      whose.set(exchange, told);
      const id = parametersOf(exchange).get("client_id");
      if (id !== null) clients.set(id, new Set([...clients.get(id) ?? [], ...told]));
      if (textOf(parseObject(exchange.response.body), "client_id") !== undefined) registrations.push(exchange);
      else if (told.length > 1 && keys.get(exchange)?.length) told.forEach((server) => unsure.add(server));
    }
  }
  for (const exchange of registrations) {
    const users = clients.get(textOf(parseObject(exchange.response.body), "client_id") ?? "");
    if (users) whose.set(exchange, [...users]);
  }
  return unsure;
}

function reachedFrom(login: readonly Exchange[], servers: readonly Server[]): readonly Server[] {
  const addresses = login.map(({ url }) => addressOf(url));
  return firstOf([
    servers.filter(({ endpoints }) => addresses.some((address) => endpoints.has(address))),
    servers.filter(({ origins, homes }) =>
      addresses.map(originOf).some((origin) => origins.has(origin) || homes.has(origin))
    ),
    servers,
  ]);
}

function isCalled({ names, resources }: Server, resource: string): boolean {
  return resources.has(resource) || names.has(resource);
}

function withoutSlash(url: string): string {
  return url.endsWith("/") ? url.slice(0, -1) : url;
}

function firstOf(choices: readonly (readonly Server[])[]): readonly Server[] {
  return choices.find((servers) => servers.length > 0) ?? [];
}
