// The rules of a clone: what can be said of a server by a name that this one has for it. All else is written over its answers.
import { listOf, originOf, parseObject, textOf } from "../judge/reading.ts";
import { headerOf } from "../recorder/exchange.ts";
import { isObject } from "../http/json.ts";
import { defined } from "../runtime/defined.ts";
import { type Policy, resourceMetadataPlaces, serverMetadataPlaces } from "../scenarios/plan.ts";
import type { Layout } from "../scenarios/scenario.ts";
import { mcpRevisions, tokenEndpointAuthMethods } from "../scenarios/vocabulary.ts";
import { isEventStream } from "../judge/reading.ts";
import { accessOf, methodOf, type Observed, resultOf } from "./observed.ts";
import { documentAt, endpointOf, type Places } from "./places.ts";

/** What a clone enforces and advertises. */
export function readPolicy(places: Places, observed: readonly Observed[]): Partial<Policy> {
  return defined({
    ...metadataPolicy(places, observed),
    ...(places.serverMetadata === undefined ? {} : serverPolicy(places, observed)),
    ...protocolPolicy(places, observed),
  });
}

/** Where its issuer lies. */
export function readLayout({ issuer }: Places): Layout | undefined {
  const path = issuer.slice(originOf(issuer).length).toLowerCase().replace(/[^a-z0-9._~/-]/g, "-");
  return path === "" ? undefined : { issuer_path: path };
}

function metadataPolicy(places: Places, observed: readonly Observed[]): Partial<Policy> {
  const { resource, server } = places;
  const named = observed.flatMap(({ response }): readonly Policy["challengeMetadata"][] => {
    const header = headerOf(response, "www-authenticate");
    return header === undefined
      ? []
      : [resourceMetadataPlaces.find((place) => isNamed(header, resource[place])) ?? "none"];
  });
  const has = (url: string | undefined): boolean => url !== undefined && documentAt(url, observed) !== undefined;
  return {
    resourceMetadataAt: resourceMetadataPlaces.filter((place) => has(resource[place])),
    challengeMetadata: named[0] ?? "none",
    serverMetadataAt: serverMetadataPlaces.filter((place) => has(server[place])),
    ...(places.resourceMetadata?.dpop_bound_access_tokens_required === true ? { requireDpop: true } : {}),
  };
}

/** Whether a challenge names a URL, and not one that goes on behind it. */
function isNamed(challenge: string, url: string | undefined): boolean {
  return url !== undefined && challenge.split(/["',\s=]+/).includes(url);
}

function serverPolicy(places: Places, observed: readonly Observed[]): Partial<Policy> {
  const { serverMetadata: metadata } = places;
  const flag = (name: string): boolean => metadata?.[name] === true;
  const methods = (listOf(metadata, "code_challenge_methods_supported") ?? [])
    .filter((method): method is "S256" | "plain" => method === "S256" || method === "plain");
  const grants = listOf(metadata, "grant_types_supported");
  const isOpen = endpointOf(places, "registration_endpoint") !== undefined;
  const knowsDocuments = flag("client_id_metadata_document_supported");
  return {
    registration: isOpen ? "open" : "off",
    clientIdMetadataDocuments: knowsDocuments,
    // Whoever has registered there by hand can be taken at their word here.
    ...(isOpen ? {} : { believeClients: true }),
    sendIss: flag("authorization_response_iss_parameter_supported"),
    ...(flag("require_pushed_authorization_requests") ? { requirePushedAuthorizationRequests: true } : {}),
    ...(methods.length === 0 ? {} : { codeChallengeMethods: methods }),
    ...(grants && !grants.includes("refresh_token") ? { issueRefreshTokens: "never" } : {}),
    ...registeredMethod(places, observed),
  };
}

/** How clients authenticate where the server decides it: its answer to a registration that asked for something else. */
function registeredMethod(places: Places, observed: readonly Observed[]): Partial<Policy> {
  const url = endpointOf(places, "registration_endpoint");
  const registered = observed.find((one) => one.method === "POST" && one.url === url && one.status < 300);
  const asked = textOf(parseObject(registered?.request.body), "token_endpoint_auth_method");
  const given = textOf(parseObject(registered?.response.body), "token_endpoint_auth_method");
  const advertised = listOf(places.serverMetadata, "token_endpoint_auth_methods_supported") ?? [];
  if (given === undefined || given === asked) return {};
  const known = tokenEndpointAuthMethods.filter((method) => method !== given && advertised.includes(method));
  const first = tokenEndpointAuthMethods.find((method) => method === given);
  return first === undefined
    ? {}
    : { tokenEndpointAuthMethods: [first, ...known.filter((method) => method !== asked)] };
}

/** How the MCP server is spoken to. */
function protocolPolicy({ mcp }: Places, observed: readonly Observed[]): Partial<Policy> {
  const own = observed.filter(({ url }) => url.split("?", 1)[0] === mcp);
  const opened = own.filter((one) => methodOf(one) === "initialize" && resultOf(one) !== undefined);
  const isSse = own.some((one) =>
    one.method === "GET" && isEventStream(one.response) && /^event: ?endpoint$/m.test(one.response.body ?? "")
  );
  const [first] = opened;
  const answers = own.filter((one) => resultOf(one) !== undefined);
  const needsToken = own.some((one) => accessOf(one) !== "right" && one.status === 401);
  return {
    ...(needsToken ? {} : { protectedMessages: "none" }),
    ...(isSse ? { mcpTransport: "http_sse" } : {}),
    ...(first && headerOf(first.response, "mcp-session-id") === undefined ? { sessionIds: "none" } : {}),
    ...(answers.length > 0 && answers.every(({ response }) => isEventStream(response))
      ? { mcpAnswerForm: "events" }
      : {}),
    ...revisionsOf(own),
  };
}

/** The revisions that a server has: from the latest that it agreed on to the oldest, and the one without sessions. */
function revisionsOf(own: readonly Observed[]): Partial<Policy> {
  const results = (method: string): readonly Observed[] =>
    own.filter((one) => methodOf(one) === method && resultOf(one) !== undefined);
  const agreed = results("initialize").map((one) => textOf(resultOf(one), "protocolVersion") ?? "");
  const discovered = results("server/discover").flatMap((one) => listOf(resultOf(one), "supportedVersions") ?? []);
  if (agreed.length === 0 && discovered.length === 0) return {};
  const asked = own.some((one) =>
    methodOf(one) === "server/discover" && accessOf(one) !== "wrong" && one.status !== 401
  );
  const latest = agreed.toSorted().at(-1) ?? "";
  const oldest = agreed.toSorted()[0] ?? "";
  const known = mcpRevisions.filter((revision) =>
    discovered.includes(revision) || (revision >= oldest && revision <= latest) || (!asked && revision > latest)
  );
  return known.length === 0 || known.length === mcpRevisions.length ? {} : { mcpRevisions: known };
}

/** Whether metadata names a second authorization server, which a clone does not have. */
export function namesSeveralServers({ resourceMetadata }: Places): boolean {
  const servers = resourceMetadata?.authorization_servers;
  return Array.isArray(servers) && servers.filter((one) => typeof one === "string" || isObject(one)).length > 1;
}
