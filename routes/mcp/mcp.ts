// The MCP endpoints: who may call is decided here, what they may do in `lib/mcp`.
import { hash } from "../../lib/runtime/node_crypto.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { noStoreJson } from "../../lib/http/body.ts";
import { findForeignOrigin } from "../../lib/http/origin.ts";
import { canaryUrlsOf } from "../../lib/http/canaries.ts";
import { filledCatalogue } from "../../lib/mcp/catalogue/filled.ts";
import type { McpCaller, McpMode } from "../../lib/mcp/caller.ts";
import type { McpCall } from "../../lib/mcp/contract.ts";
import { rpcErrorResponse, SERVER_ERROR } from "../../lib/mcp/rpc.ts";
import { scopesNeeded } from "../../lib/mcp/tool_scopes.ts";
import { bearerOf, challengeResponse, presentedToken } from "../../lib/oauth/tokens/bearer.ts";
import { ownClaimsOf } from "../../lib/oauth/users/claims.ts";
import { coversScope, type ResourceScope, resourceScopes } from "../../lib/oauth/tokens/scopes.ts";
import { bodyJson, bodyText, MAX_MESSAGE_BYTES } from "../../lib/http/request_body.ts";
import { type Awaitable, followed } from "../../lib/runtime/awaitable.ts";
import type { Policy } from "../../lib/scenarios/plan.ts";
import { type Access, requireAccess } from "../../lib/oauth/tokens/access.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Deps } from "../deps.ts";
import type { Context, Handler, Handlers } from "../request/router.ts";
import type { LeadingOf } from "./guide.ts";

type McpDeps = Pick<Deps, "mcp" | "catalogueOf" | "keysOf" | "replays" | "origins"> & {
  readonly leadingOf: LeadingOf;
  readonly verifier: Pick<Deps["verifier"], "verifyForResource">;
};

/** An endpoint for all its methods, and those of HTTP+SSE by their names. */
type HandlerName =
  | "noAuth"
  | "bearer"
  | "oauth"
  | "conformance"
  | `${"no_auth" | "bearer" | "oauth"}_${"sse" | "messages"}`;

/** Has the protocol answer a caller that may call. */
type Speak = (context: Context, mode: McpMode, caller: McpCaller) => Awaitable<Response>;

/** The handlers of the MCP endpoints, each for all methods of its URL. */
export function mcpHandlers(deps: McpDeps): Handlers<HandlerName> {
  const { mcp, verifier, keysOf, replays, origins } = deps;
  const own = (handler: Handler): Handler => (context) => refuseForeignOrigin(context) ?? handler(context);

  function refuseForeignOrigin({ request, url }: Context): Response | undefined {
    const problem = findForeignOrigin(url, request.headers.get("origin"), origins);
    if (problem === undefined) return undefined;
    return rpcErrorResponse(403, SERVER_ERROR, `Forbidden: ${problem}; --public-url or --allow-origin can allow it`);
  }

  const { streamable, sse, messages } = waysToSpeak(deps);

  async function open(context: Context, mode: "no-auth" | "conformance", speak: Speak): Promise<Response> {
    return await speak(context, mode, { owner: anonymousOwner(context) });
  }

  async function bearer(context: Context, speak: Speak): Promise<Response> {
    const { request, url } = context;
    const token = bearerOf(request.headers);
    const expected = url.searchParams.get("expected");
    if (token === undefined || (expected !== null && token !== expected)) return bearerChallenge(expected !== null);
    return await speak(context, "bearer", { owner: `token:${digest(token)}` });
  }

  async function oauth(
    context: Context,
    speak: Speak,
    place: "oauth" | "oauthSse" | "oauthMessages",
  ): Promise<Response> {
    const { request, sandbox, plan: { policy } } = context;
    const mode = policy.mcpServer === "mock" ? "oauth" : policy.mcpServer;
    const presented = presentedToken(request.headers);
    if (policy.protectedMessages === "none" || (!presented && await isOpen(context))) {
      return await speak(context, mode, { owner: anonymousOwner(context) });
    }
    // A session is looked up while the token is.
    if (presented) mcp.expect(request, sandbox);
    const access = await requireAccess({ keysOf, replays }, context, {
      url: sandbox.urls[place],
      presented,
      verify: (token) => verifier.verifyForResource(sandbox.serverAt(policy.authorizationServer), token),
      challenge: () => challengeOf(context),
    });
    if (access instanceof Response) {
      // What comes after an answer is on no record.
      await bodyText(request, MAX_MESSAGE_BYTES).catch(() => "");
      return access;
    }
    const { enforceToolScopes, callScope, messageScope } = policy;
    const isGated = enforceToolScopes || callScope !== undefined || messageScope !== undefined;
    const gate = isGated ? { refuseScope: scopeGate(context, access) } : {};
    return await speak(context, mode, { ...callerOf(access), ...gate });
  }

  return {
    noAuth: own((context) => open(context, "no-auth", streamable)),
    no_auth_sse: own((context) => open(context, "no-auth", sse)),
    no_auth_messages: own((context) => open(context, "no-auth", messages)),
    bearer: own((context) => bearer(context, streamable)),
    bearer_sse: own((context) => bearer(context, sse)),
    bearer_messages: own((context) => bearer(context, messages)),
    oauth: own((context) => oauth(context, streamable, "oauth")),
    oauth_sse: own((context) => oauth(context, sse, "oauthSse")),
    oauth_messages: own((context) => oauth(context, messages, "oauthMessages")),
    conformance: own((context) => open(context, "conformance", streamable)),
  };
}

/** Has the protocol answer over each transport. */
function waysToSpeak(
  { mcp, catalogueOf, leadingOf }: Pick<McpDeps, "mcp" | "catalogueOf" | "leadingOf">,
): Readonly<Record<"streamable" | "sse" | "messages", Speak>> {
  const callOf = (context: Context, mode: McpMode, caller: McpCaller): Awaitable<McpCall> => {
    const { sandbox, plan: { policy } } = context;
    return followed(catalogueOf(sandbox), (written) => {
      const catalogue = written && filledCatalogue(written, () => canaryUrlsOf(sandbox));
      return { sandbox, mode, caller, policy, ...(catalogue && { catalogue }), ...leadingOf(context, mode) };
    });
  };
  const streamable: Speak = (context, mode, caller) =>
    context.plan.policy.mcpTransport === "http_sse"
      ? sseAlone(context, mode, caller)
      : followed(callOf(context, mode, caller), (call) => mcp.handle(context.request, call));
  const sseAlone: Speak = async (context, mode, caller) => {
    if (context.request.method === "GET") return await sse(context, mode, caller);
    const headers = { allow: "GET", "content-type": "text/plain; charset=utf-8" };
    return new Response("Method Not Allowed", { status: 405, headers });
  };
  const sse: Speak = async (context, mode, caller) => {
    const { sandbox, url } = context;
    return await mcp.openSse({
      ...await callOf(context, mode, caller),
      messagesUrl: messagesUrlOf(sandbox.urls, mode) + url.search,
    });
  };
  const messages: Speak = async (context, mode, caller) => {
    const { request, url } = context;
    const sessionId = url.searchParams.get("sessionId");
    return await mcp.receive({ ...await callOf(context, mode, caller), request, sessionId });
  };
  return { streamable, sse, messages };
}

/** Where HTTP+SSE takes a client's messages: below the endpoint whose stream it has opened. */
function messagesUrlOf({ noAuthMessages, bearerMessages, oauthMessages }: Urls, mode: McpMode): string {
  if (mode === "no-auth") return noAuthMessages;
  return mode === "bearer" ? bearerMessages : oauthMessages;
}

function callerOf({ claims }: Access): McpCaller {
  const known = callers.get(claims) ?? makeCaller(claims);
  callers.set(claims, known);
  return known;
}

/** The callers of claims, which are the same object for as long as their token is remembered. */
const callers = new WeakMap<Access["claims"], McpCaller>();

function makeCaller(claims: Access["claims"]): McpCaller {
  const own = ownClaimsOf(claims);
  return {
    owner: `login:${claims.sid}`,
    token: { clientId: claims.client_id, id: claims.jti },
    user: {
      userId: claims.sub,
      userName: claims.name,
      email: claims.email ?? "",
      sessionId: claims.sid,
      ...(Object.keys(own).length === 0 ? {} : { claims: own }),
    },
  };
}

/**
 * Without a token or session nothing names the caller, so its traits must: where it calls from, with what, and the
 * `caller` it may put into the URL to be told from its twins.
 */
function anonymousOwner({ request, url, info }: Context): string {
  const remoteAddress = info?.remoteAddr?.hostname ?? "";
  const agent = request.headers.get("user-agent") ?? "";
  return `caller:${digest(JSON.stringify([url.searchParams.get("caller"), remoteAddress, agent]))}`;
}

function digest(text: string): string {
  return hash("sha256", text, "base64url");
}

/** The original's words and header, which other projects' tests compare with. */
function bearerChallenge(tokenExpected: boolean): Response {
  const message = tokenExpected ? "Missing or invalid Bearer token" : "Missing Bearer token";
  const response = noStoreJson({ error: "unauthorized", message }, 401);
  response.headers.set("www-authenticate", 'Bearer realm="Mock MCP", error="invalid_token"');
  return response;
}

/** Refuses what a token's scopes do not cover, with all that the request needs (RFC 6750 3.1). */
function scopeGate(
  context: Context,
  { claims, scheme }: Access,
): (byTool: readonly ResourceScope[]) => Response | undefined {
  const granted = claims.scope === "" ? [] : claims.scope.split(" ");
  return (byTool) => {
    const needed = scopesOf(byTool, context.plan.policy);
    if (needed.every((scope) => coversScope(granted, scope))) return undefined;
    const error = new OAuthError("insufficient_scope", "The access token's scope does not cover this tool", {
      parameter: "authorization",
      received: granted.length === 0 ? "a token for no scope" : `a token for ${granted.join(" ")}`,
      expected: `one for ${needed.join(" ")}`,
      reference: "RFC 6750 3.1",
    });
    return challengeResponse(error, { scheme, parameters: { scope: needed.join(" "), ...metadataParameter(context) } });
  };
}

/** What a message needs: the scopes of the tools it calls, or what replaces those. */
function scopesOf(
  byTool: readonly ResourceScope[],
  { enforceToolScopes, callScope, messageScope }: Policy,
): readonly string[] {
  const ofTools = enforceToolScopes ? byTool : [];
  const needed = callScope === undefined || byTool.length === 0 ? ofTools : [callScope];
  return needed.length === 0 && messageScope !== undefined ? [messageScope] : needed;
}

/** What a challenge says besides the error: where the metadata is, and which scope to ask for first (MCP authorization). */
function challengeOf(context: Context): Readonly<Record<string, string>> {
  const { policy } = context.plan;
  const scope = policy.challengeScope ?? (policy.enforceToolScopes ? resourceScopes[0] : undefined);
  return { ...(scope === undefined ? {} : { scope }), ...metadataParameter(context) };
}

/** Where the resource is described (RFC 9728 5.1). */
function metadataParameter({ sandbox: { urls }, plan: { policy } }: Context): { readonly resource_metadata?: string } {
  switch (policy.challengeMetadata) {
    case "path":
      return { resource_metadata: urls.oauthProtectedResource };
    case "root":
      return { resource_metadata: urls.protectedResource };
    case "custom":
      return { resource_metadata: urls.customResourceMetadata };
    case "none":
      return {};
  }
}

/** Whether a request needs no token. */
async function isOpen({ request, plan: { policy } }: Context): Promise<boolean> {
  return policy.protectedMessages === "tool_calls" && !await callsTool(request);
}

/** Whether a message calls a tool. */
async function callsTool(request: Request): Promise<boolean> {
  if (request.method !== "POST") return false;
  try {
    return scopesNeeded(await bodyJson(request, MAX_MESSAGE_BYTES)).length > 0;
  } catch {
    // What is not JSON is for the protocol to refuse.
    return false;
  }
}
