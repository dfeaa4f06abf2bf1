/**
 * Recognising what exchanges with any server are, by what they carry rather than by where they go. Each one of interest is given
 * the name of the route that would have answered it here; what of it is a step of a client's, the judge then reads as ever.
 *
 * @module
 */
import type { EndpointName } from "../http/endpoints.ts";
import { addressOf, answerOf, formOf, messagesOf, originOf, parseObject } from "../judge/reading.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import { isWellKnown, metadataIn, type Servers, serversIn } from "./servers.ts";

/** By its method, what an exchange with an MCP server is called here. */
const MCP_ROUTES: Readonly<Record<string, EndpointName>> = {
  POST: "oauth_post",
  GET: "oauth_get",
  DELETE: "oauth_delete",
};

/** What was recognised. */
export interface Recognised {
  /** All but those that belong to other logins than those of MCP clients: a browser has its own. */
  readonly exchanges: readonly Exchange[];
  /** Whether anything that goes to an address may be of interest. */
  readonly isOfInterest: (address: string) => boolean;
}

/**
 * Recognises exchanges.
 *
 * @param exchanges Those of an archive, in order; those with a route are known already.
 */
export function recognise(exchanges: readonly Exchange[]): Recognised {
  const servers = serversIn(exchanges);
  const logins = createLogins();
  const isOfInterest = (address: string): boolean => servers.origins?.has(originOf(address)) ?? true;
  const recognised = exchanges.flatMap((exchange) => {
    if (exchange.route !== undefined) return [exchange];
    if (!isOfInterest(exchange.url) && isOfLogin(exchange)) return [];
    const route = logins.routeOf(exchange) ?? routeOf(exchange, servers);
    return route === "aside" ? [] : [route === undefined ? exchange : { ...exchange, route }];
  });
  return { exchanges: recognised, isOfInterest };
}

function routeOf(exchange: Exchange, { mcp, messages, revocation, canaries }: Servers): EndpointName | undefined {
  const address = addressOf(exchange.url);
  if (exchange.method === "POST" && messages.has(address)) return "oauth_messages";
  if (mcp.has(address)) return MCP_ROUTES[exchange.method];
  if (revocation.has(address)) return "revoke";
  if (canaries.has(address)) return exchange.method === "POST" ? "canary_post" : "canary";
  // What lies at a well-known place is known by that.
  const { kind } = isWellKnown(exchange.url) ? {} : metadataIn(exchange) ?? {};
  return kind && (kind === "resource" ? "custom_protected_resource_metadata" : "openid_configuration");
}

/** Whether it is one of those that any OAuth client sends, or a message of JSON-RPC. */
function isOfLogin(exchange: Exchange): boolean {
  const { request } = exchange;
  return isWellKnown(exchange.url) || metadataIn(exchange) !== undefined || isAuthorization(exchange) ||
    formOf(exchange).has("grant_type") || messagesOf(request)[0]?.jsonrpc !== undefined ||
    Array.isArray(parseObject(request.body)?.redirect_uris);
}

function isAuthorization(exchange: Exchange): boolean {
  const query = queryOf(exchange.url);
  return query.has("client_id") && (query.has("response_type") || query.has("request_uri"));
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.replace(/#.*$/s, "").split("?").slice(1).join("?"));
}

/** Follows people through the pages between an authorization request and its answer, which can be many, on several origins. */
function createLogins(): { readonly routeOf: (exchange: Exchange) => EndpointName | "aside" | undefined } {
  const begun = new Set<string>();
  const targets = new Set<string>();
  const redirectUris = new Set<string>();
  return {
    routeOf: (exchange) => {
      const { url, response } = exchange;
      const isReturn = targets.has(url);
      const location = headerOf(response, "location");
      if (location !== undefined && URL.canParse(location, url)) targets.add(new URL(location, url).href);
      if (isAuthorization(exchange)) {
        const query = queryOf(url);
        const key = JSON.stringify([addressOf(url), query.get("client_id"), query.get("state")]);
        const isNew = !begun.has(key);
        begun.add(key);
        const redirectUri = query.get("redirect_uri");
        if (redirectUri !== null) redirectUris.add(addressOf(redirectUri));
        // The login page has sent the person back to where they came from.
        if (isNew || !isReturn) return "authorize";
        return answerOf(exchange) ? "decide" : "aside";
      }
      if (location === undefined || !redirectUris.has(addressOf(location))) return undefined;
      return answerOf(exchange) ? "decide" : undefined;
    },
  };
}
