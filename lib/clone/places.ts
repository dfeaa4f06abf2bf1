// Where the parts of a server are: its MCP endpoint, its metadata, and the endpoints of its authorization server, found by what
// they are and not by what they are called.
import { wellKnown } from "../http/urls.ts";
import type { JsonObject } from "../http/json.ts";
import { addressOf, challengeOf, listOf, originOf, parseObject, pathOf, textOf } from "../judge/reading.ts";
import type { resourceMetadataPlaces, serverMetadataPlaces } from "../scenarios/plan.ts";
import type { Observed } from "./observed.ts";

/** Where resource metadata can be. */
export type ResourcePlace = typeof resourceMetadataPlaces[number];
/** Where server metadata can be. */
export type ServerPlace = typeof serverMetadataPlaces[number];

/** A server, as far as it has shown itself. */
export interface Places {
  /** URL of the MCP endpoint, without a query. */
  readonly mcp: string;
  readonly origin: string;
  /** URLs at which resource metadata can be. */
  readonly resource: Readonly<Record<ResourcePlace, string | undefined>>;
  /** What the resource says of itself; undefined if it says nothing. */
  readonly resourceMetadata: JsonObject | undefined;
  /** The issuer, without a slash at its end. */
  readonly issuer: string;
  /** URLs at which server metadata can be. */
  readonly server: Readonly<Record<ServerPlace, string>>;
  /** What the authorization server says of itself; undefined if it says nothing. */
  readonly serverMetadata: JsonObject | undefined;
}

/** The endpoints of an authorization server by the names that metadata has for them, and what they are here. */
export const endpointMembers = {
  authorization_endpoint: "authorize",
  token_endpoint: "token",
  registration_endpoint: "register",
  jwks_uri: "jwks",
  revocation_endpoint: "revoke",
  introspection_endpoint: "introspect",
  userinfo_endpoint: "userinfo",
  pushed_authorization_request_endpoint: "par",
  device_authorization_endpoint: "device",
} as const;

/** Finds where the parts of a server are. */
export function readPlaces(mcpUrl: string, observed: readonly Observed[]): Places {
  const mcp = addressOf(mcpUrl);
  const origin = originOf(mcp);
  const path = pathOf(mcp);
  const inserted = origin + wellKnown.protectedResource + (path === "/" ? "" : path);
  const root = origin + wellKnown.protectedResource;
  const named = observed.filter(({ url }) => addressOf(url) === mcp)
    .map((one) => challengeOf(one)?.get("resource_metadata")).find((url) => url !== undefined);
  const custom = named === inserted || named === root ? undefined : named;
  const documents = [named, inserted, root].map((url) => url && documentAt(url, observed));
  const resourceMetadata = documents.find((document) => typeof document === "object");
  const issuer = (listOf(resourceMetadata, "authorization_servers")?.[0] ?? origin).replace(/\/$/, "");
  const server = serverPlacesOf(issuer);
  const serverMetadata = Object.values(server).map((url) => documentAt(url, observed)).find((one) => one !== undefined);
  return {
    mcp,
    origin,
    resource: { path: inserted, root, custom },
    resourceMetadata,
    issuer,
    server,
    serverMetadata,
  };
}

function serverPlacesOf(issuer: string): Readonly<Record<ServerPlace, string>> {
  const origin = originOf(issuer);
  const path = issuer.slice(origin.length);
  return {
    oauth: origin + wellKnown.authorizationServer + path,
    oidc: origin + wellKnown.openidConfiguration + path,
    oidc_appended: issuer + wellKnown.openidConfiguration,
  };
}

/** The JSON object that was answered at a URL with status 200. */
export function documentAt(url: string, observed: readonly Observed[]): JsonObject | undefined {
  const found = observed.find((one) => one.method === "GET" && one.url === url && one.status === 200);
  return found && parseObject(found.response.body);
}

/** The URL of an endpoint, as metadata has it. */
export function endpointOf({ serverMetadata }: Places, member: keyof typeof endpointMembers): string | undefined {
  return textOf(serverMetadata, member);
}
