// The rules of a clone: what can be said of a server by a name that this one has for it. All else is written over its answers.
import { addressOf, isEventStream, listOf, originOf, parseObject, textOf } from "../judge/reading.ts";
import { answerOf as authorizationAnswerOf } from "../judge/reading.ts";
import { headerOf } from "../recorder/exchange.ts";
import { isObject } from "../http/json.ts";
import { defined } from "../runtime/defined.ts";
import { type Mint, type Policy, resourceMetadataPlaces, serverMetadataPlaces } from "../scenarios/plan.ts";
import type { Layout } from "../scenarios/scenario.ts";
import { mcpRevisions, tokenEndpointAuthMethods } from "../scenarios/vocabulary.ts";
import { grantedBy, lifetimeOf } from "./login.ts";
import { accessOf, messageOf, methodOf, type Observed, resultOf } from "./observed.ts";
import { documentAt, endpointOf, type Places } from "./places.ts";

/** What a clone enforces and advertises. */
export function readPolicy(places: Places, observed: readonly Observed[]): Partial<Policy> {
  return defined({
    ...metadataPolicy(places, observed),
    ...(places.serverMetadata === undefined ? {} : serverPolicy(places, observed)),
    ...protocolPolicy(places, observed),
  });
}

/** What is known of its tokens. */
export function readMint(places: Places, observed: readonly Observed[]): Partial<Mint> | undefined {
  const accessTokenTtlSeconds = lifetimeOf(grantedBy("authorization_code", places, observed));
  return accessTokenTtlSeconds === undefined ? undefined : { accessTokenTtlSeconds };
}

/** Where its issuer lies. */
export function readLayout({ issuer }: Places): Layout | undefined {
  const path = issuer.slice(originOf(issuer).length).toLowerCase().replace(/[^a-z0-9._~/-]/g, "-");
  return path === "" ? undefined : { issuer_path: path };
}

function metadataPolicy(places: Places, observed: readonly Observed[]): Partial<Policy> {
  const { mcp, resource, server } = places;
  const named = observed.filter(({ url }) => addressOf(url) === mcp).flatMap(
    ({ response }): readonly Policy["challengeMetadata"][] => {
      const header = headerOf(response, "www-authenticate");
      return header === undefined
        ? []
        : [resourceMetadataPlaces.find((place) => isNamed(header, resource[place])) ?? "none"];
    },
  );
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
    // Clients that were registered there by hand are trusted here.
    ...(isOpen ? {} : { believeClients: true }),
    sendIss: sentIss(places, observed) ?? flag("authorization_response_iss_parameter_supported"),
    ...(flag("require_pushed_authorization_requests") ? { requirePushedAuthorizationRequests: true } : {}),
    ...(methods.length === 0 ? {} : { codeChallengeMethods: methods }),
    ...(grants && !grants.includes("refresh_token") ? { issueRefreshTokens: "never" } : {}),
    ...registeredMethod(places, observed),
    ...refreshPolicy(places, observed),
  };
}

/** Whether authorization responses name their issuer, where a recording has one; another server may have logged the person in. */
function sentIss(places: Places, observed: readonly Observed[]): boolean | undefined {
  const origin = originOf(endpointOf(places, "authorization_endpoint") ?? places.issuer);
  const own = observed.filter(({ url }) => originOf(url) === origin);
  return own.map(authorizationAnswerOf).find((answer) => answer?.has("code"))?.has("iss");
}

/** Who gets refresh tokens, and whether these can be used once, where a recording has logins and refreshes. */
function refreshPolicy(places: Places, observed: readonly Observed[]): Partial<Policy> {
  const has = (granted: Observed | undefined): boolean | undefined =>
    granted && textOf(parseObject(granted.response.body), "refresh_token") !== undefined;
  const first = has(grantedBy("authorization_code", places, observed));
  const next = has(grantedBy("refresh_token", places, observed));
  return {
    ...(first === undefined ? {} : { issueRefreshTokens: first ? "always" : "never" }),
    ...(next === undefined ? {} : { rotateRefreshTokens: next ? "always" : "never" }),
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
  const own = observed.filter(({ url }) => addressOf(url) === mcp);
  const opened = own.filter((one) => methodOf(one) === "initialize" && resultOf(one) !== undefined);
  const isSse = own.some((one) =>
    one.method === "GET" && isEventStream(one.response) && /^event: ?endpoint$/m.test(one.response.body ?? "")
  );
  const [first] = opened;
  // A server that answers with streams in sessions may answer with JSON outside them.
  const answers = own.filter((one) => resultOf(one) !== undefined && methodOf(one) !== "server/discover");
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

/** The revisions that a server has, as far as it has refused others: who asks for one it lacks is offered another. */
function revisionsOf(own: readonly Observed[]): Partial<Policy> {
  const opened = own.filter((one) => methodOf(one) === "initialize").flatMap((one) => {
    const params = messageOf(one)?.params;
    const asked = textOf(isObject(params) ? params : undefined, "protocolVersion") ?? "";
    const agreed = textOf(resultOf(one), "protocolVersion");
    return agreed === undefined ? [] : [{ asked, agreed }];
  });
  const discovered = own.filter((one) => methodOf(one) === "server/discover" && accessOf(one) !== "wrong");
  const offered = discovered.map(resultOf).find((result) => result !== undefined);
  const isRefused = offered === undefined && discovered.some(({ status }) => status !== 401);
  const lacks = (revision: string): boolean =>
    opened.some(({ asked, agreed }) => asked > agreed ? revision > agreed : asked < agreed && revision <= asked);
  const known = mcpRevisions.filter((revision) =>
    revision === MODERN ? !isRefused : !lacks(revision) || opened.some(({ agreed }) => agreed === revision)
  );
  return known.length === 0 || known.length === mcpRevisions.length ? {} : { mcpRevisions: known };
}

/** The revision without sessions, which is no part of the offer that `initialize` makes. */
const [MODERN] = mcpRevisions;

/** Whether metadata names a second authorization server, which a clone does not have. */
export function namesSeveralServers({ resourceMetadata }: Places): boolean {
  const servers = resourceMetadata?.authorization_servers;
  return Array.isArray(servers) && servers.filter((one) => typeof one === "string" || isObject(one)).length > 1;
}
