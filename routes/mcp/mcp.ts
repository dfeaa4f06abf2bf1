/**
 * The MCP endpoints: who may come in is decided here, what they may do in `lib/mcp`.
 *
 * @module
 */
import { hash } from "node:crypto";
import { OAuthError } from "../../lib/http/errors.ts";
import { noStoreJson } from "../../lib/http/body.ts";
import { findForeignOrigin, type OriginPolicy } from "../../lib/http/origin.ts";
import type { McpCaller } from "../../lib/mcp/caller.ts";
import type { McpEndpoint } from "../../lib/mcp/endpoint.ts";
import { rpcErrorResponse, SERVER_ERROR } from "../../lib/mcp/rpc.ts";
import { scopesNeeded } from "../../lib/mcp/tool_scopes.ts";
import { bearerOf, challengeResponse, presentedToken, type TokenScheme } from "../../lib/oauth/tokens/bearer.ts";
import { ownClaimsOf } from "../../lib/oauth/users/claims.ts";
import type { KeysOf } from "../../lib/oauth/keys/keys.ts";
import { coversScope, type ResourceScope, resourceScopes } from "../../lib/oauth/tokens/scopes.ts";
import type { AccessTokenClaims } from "../../lib/oauth/tokens/tokens.ts";
import { parseJson } from "../../lib/http/json.ts";
import { bodyText, MAX_MESSAGE_BYTES } from "../../lib/http/request_body.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Policy } from "../../lib/scenarios/plan.ts";
import type { Replays } from "../../lib/oauth/replay_table.ts";
import { paths } from "../../lib/http/urls.ts";
import { type Access, requireAccess } from "../../lib/oauth/tokens/access.ts";
import type { Context, Route } from "../request/router.ts";

/** What the MCP endpoints need. */
export interface McpDeps {
  /** The protocol behind the door. */
  readonly mcp: McpEndpoint;
  /** Turns a good access token into its claims. */
  readonly verifyToken: (sandbox: Sandbox, token: string) => Promise<AccessTokenClaims>;
  readonly keysOf: KeysOf;
  /** Ids of proofs that were used. */
  readonly replays: Replays;
  /** Which pages may call; any, if not given. */
  readonly origins?: OriginPolicy;
}

/** Streamable HTTP uses these three on one URL. */
const methods = ["POST", "GET", "DELETE"] as const;

/** The rows of the MCP endpoints. */
export function mcpRoutes({ mcp, verifyToken, keysOf, replays, origins = {} }: McpDeps): readonly Route[] {
  const rows = (name: string, path: string, handler: Route["handler"]): readonly Route[] =>
    methods.map((method) => ({
      name: `${name}_${method.toLowerCase()}`,
      method,
      path,
      cors: true,
      handler: (context) => refuseForeignOrigin(context) ?? handler(context),
    }));

  function refuseForeignOrigin({ request, url }: Context): Response | undefined {
    const problem = findForeignOrigin(url, request.headers.get("origin"), origins);
    if (problem === undefined) return undefined;
    return rpcErrorResponse(403, SERVER_ERROR, `Forbidden: ${problem}; --public-url or --allow-origin can allow it`);
  }

  function open(mode: "no-auth" | "conformance"): Route["handler"] {
    return (context) => mcp.handle(context.request, context.sandbox, mode, { owner: anonymousOwner(context) });
  }

  async function bearer({ request, url, sandbox }: Context): Promise<Response> {
    const token = bearerOf(request.headers);
    const expected = url.searchParams.get("expected");
    if (token === undefined || (expected !== null && token !== expected)) return bearerChallenge(expected !== null);
    return await mcp.handle(request, sandbox, "bearer", { owner: `token:${digest(token)}`, token });
  }

  async function oauth(context: Context): Promise<Response> {
    const { request, sandbox, plan: { policy } } = context;
    const mode = policy.mcpServer === "minimal" ? "minimal" : "oauth";
    const presented = presentedToken(request.headers);
    if (policy.protectedMessages === "none" || (!presented && await isOpen(context))) {
      return await mcp.handle(request, sandbox, mode, { owner: anonymousOwner(context) });
    }
    // A session is looked up while the token is.
    if (presented) mcp.expect(request, sandbox);
    const access = await requireAccess({ keysOf, replays }, context, {
      url: sandbox.urls.oauth,
      presented,
      verify: (token) => verifyToken(sandbox.serverAt(policy.authorizationServer), token),
      challenge: () => challengeOf(context),
    });
    if (access instanceof Response) return access;
    const caller = callerOf(access);
    const { enforceToolScopes, callScope, messageScope } = policy;
    const isGated = enforceToolScopes || callScope !== undefined || messageScope !== undefined;
    const gate = isGated ? { refuseScope: scopeGate(context, caller.scopes ?? [], access.scheme) } : {};
    return await mcp.handle(request, sandbox, mode, { ...caller, ...gate });
  }

  return [
    ...rows("no_auth", paths.noAuth, open("no-auth")),
    ...rows("conformance", paths.conformance, open("conformance")),
    ...rows("bearer", paths.bearer, bearer),
    ...rows("oauth", paths.oauth, oauth),
  ];
}

function callerOf({ token, claims }: Access): McpCaller {
  const own = ownClaimsOf(claims);
  return {
    owner: `login:${claims.sid}`,
    user: {
      userId: claims.sub,
      userName: claims.name,
      email: claims.email ?? "",
      sessionId: claims.sid,
      ...(Object.keys(own).length === 0 ? {} : { claims: own }),
    },
    token,
    clientId: claims.client_id,
    scopes: claims.scope === "" ? [] : claims.scope.split(" "),
    ...(claims.exp === undefined ? {} : { expiresAtSeconds: claims.exp }),
  };
}

/**
 * Without a token or session nothing names the caller, so its traits must: where it calls from, with what, and the
 * `caller` it may put into the URL to be told from its twins.
 */
function anonymousOwner({ request, url, info }: Context): string {
  const address = info?.remoteAddr;
  const remoteAddress = address && "hostname" in address ? address.hostname : "";
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
  granted: readonly string[],
  scheme: TokenScheme,
): (byTool: readonly ResourceScope[]) => Response | undefined {
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

/** What a message needs: the scopes of the tools it calls, or what stands in their place. */
function scopesOf(
  byTool: readonly ResourceScope[],
  { enforceToolScopes, callScope, messageScope }: Policy,
): readonly string[] {
  const ofTools = enforceToolScopes ? byTool : [];
  const needed = callScope === undefined || byTool.length === 0 ? ofTools : [callScope];
  return needed.length === 0 && messageScope !== undefined ? [messageScope] : needed;
}

/** What a challenge says beside the error: where the metadata is, and which scope to ask for first (MCP authorization). */
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
    return scopesNeeded(parseJson(await bodyText(request, MAX_MESSAGE_BYTES))).length > 0;
  } catch {
    // What is not JSON is for the protocol to refuse.
    return false;
  }
}
