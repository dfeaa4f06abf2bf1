// How the server behaves for one request, resolved once before its handler runs. Handlers read named policy and do the
// right thing under it; none of them knows why the policy is what it is.
import type { Answer, Edit } from "./edit.ts";
import type { GrantType, McpRevision } from "./vocabulary.ts";

/** Where authorization server metadata can be: RFC 8414 3.1, the same for OpenID Connect, OpenID Connect Discovery 4. */
export const serverMetadataPlaces = ["oauth", "oidc", "oidc_appended"] as const;
/** Where protected resource metadata can be: RFC 9728 3.1 with the resource's path, without, and at a URL of our own. */
export const resourceMetadataPlaces = ["path", "root", "custom"] as const;

/** Which rules are enforced, what is advertised, and how long things live. */
export interface Policy {
  /** Life of an authorization code, in seconds (RFC 6749 4.1.2 recommends at most ten minutes). */
  readonly codeTtlSeconds: number;
  /** Life of a client secret, in seconds; absent for secrets that do not expire (RFC 7591 3.2.1). */
  readonly clientSecretTtlSeconds?: number;
  /** How long a registered client is known, in seconds; absent for forever. */
  readonly clientTtlSeconds?: number;
  /** Life of a refresh token, in seconds. */
  readonly refreshTokenTtlSeconds: number;
  /** Life of an id_token, in seconds. */
  readonly idTokenTtlSeconds: number;
  /** Whether authorization responses have `iss` and metadata says so (RFC 9207). */
  readonly sendIss: boolean;
  /** Whether a second use of a code or refresh token revokes what the login issued (RFC 6749 4.1.2, OAuth 2.1 4.3.1). */
  readonly revokeOnReuse: boolean;
  /** Whether a tool of `/oauth` requires its scope, or every token may call all (RFC 6750 3.1). */
  readonly enforceToolScopes: boolean;
  /** The scope that every tool call needs instead of the tool's own; absent where tools have their own. */
  readonly callScope?: string;
  /** The scope that every message needs which needs no other; absent for none. */
  readonly messageScope?: string;
  /** Which MCP messages to `/oauth` need a token at all; under `none` tokens are ignored. */
  readonly protectedMessages: "all" | "tool_calls" | "none";
  /** Which server stands behind `/oauth`: the one with all our tools and sessions, or one with a single tool and neither, such as one that adds. */
  readonly mcpServer: "mock" | "minimal" | "adder";
  /**
   * Which revisions of MCP the server has; absent for all. `initialize` for another one is answered with the newest that
   * begins so, and a request of 2026-07-28 as older servers answer it.
   */
  readonly mcpRevisions?: readonly McpRevision[];
  /**
   * How the MCP endpoints are spoken to: as since 2025-03-26, or as the servers of 2024-11-05 have it alone, where GET opens
   * the stream and no message is taken at the same URL.
   */
  readonly mcpTransport: "streamable_http" | "http_sse";
  /** What every MCP endpoint has besides what is declared: everyday tools, or all that the official suite asks for as well. */
  readonly mcpFeatures: "tools" | "all";
  /** What `Mcp-Session-Id` looks like: an id of letters, digits and symbols of our own, one with every visible ASCII
   * character there is, or none, where the server keeps no sessions (MCP transports, session management). */
  readonly sessionIds: "plain" | "symbols" | "none";
  /** Life of a session of MCP from its beginning, used or not, in seconds; absent for as long as it is used.
   * Sessions that have begun keep the life that they began with. */
  readonly sessionTtlSeconds?: number;
  /** Whether a session ends as soon as a request in it brings another token than the one that it began with. */
  readonly sessionEndsWithToken: boolean;
  /** Whether a request ends the session that it names: before it is answered, with 404 then, or once it has been. */
  readonly endsSession: "no" | "before" | "after";
  /**
   * The form of answers over Streamable HTTP: what is quickest, or streams of events, which in a session can be resumed
   * (MCP basic/transports).
   */
  readonly mcpAnswerForm: "quickest" | "events";
  /** How long metadata and keys may be cached, in seconds. */
  readonly metadataMaxAgeSeconds: number;
  /**
   * Whose refresh tokens can be used once: those of all clients, of public clients (OAuth 2.1 4.3.1 requires no more),
   * of none.
   */
  readonly rotateRefreshTokens: "always" | "public" | "never";
  /** For how long a used refresh token still gets the successor it got, in seconds, for clients that lost the response. */
  readonly refreshGraceSeconds: number;
  /** Who gets a refresh token with a code: clients that registered for it, all, those that ask for consent, none. */
  readonly issueRefreshTokens: "registered" | "always" | "with_consent_prompt" | "never";
  /** The scope of a refresh without `scope`: what was granted (RFC 6749 6), or nothing. */
  readonly scopeOfPlainRefresh: "granted" | "none";
  /** Whether authorization requests must be pushed (RFC 9126 5). */
  readonly requirePushedAuthorizationRequests: boolean;
  /** Whether `/oauth` accepts only tokens that are bound to a key, and the token endpoint issues no others (RFC 9449). */
  readonly requireDpop: boolean;
  /** Whether DPoP proofs must repeat a nonce of the server's (RFC 9449 8 and 9). */
  readonly requireDpopNonce: boolean;
  /** Whether an authorization request must have a `state`. */
  readonly requireState: boolean;
  /** Who answers an authorization request: a person unless it says so itself, or the server; `deny` also where it says so. */
  readonly answer: "ask" | "approve" | "deny";
  /** Scopes that are granted; absent where any is. */
  readonly grantableScopes?: readonly string[];
  /** What a code challenge may be made with (RFC 7636 4.3). */
  readonly codeChallengeMethods: readonly ("S256" | "plain")[];
  /** Whether clients can register themselves (RFC 7591). */
  readonly registration: "open" | "off";
  /** Whether any `client_id` is accepted, without registration, document or secret. */
  readonly believeClients: boolean;
  /** Whether a `client_id` may be the URL of a metadata document. */
  readonly clientIdMetadataDocuments: boolean;
  /** Ways to authenticate at the token endpoint; absent for all. A registration gets the first if it asks for another. */
  readonly tokenEndpointAuthMethods?: readonly string[];
  /** Grants of the token endpoint; absent for all. */
  readonly grantTypes?: readonly GrantType[];
  /** How a redirect URI is compared with those registered: with any loopback port (RFC 8252 7.3), exactly, not at all. */
  readonly redirectUriMatch: "loopback_port" | "exact" | "any";
  /** Whether redirect URIs may have an app's own scheme (RFC 8252 7.1). */
  readonly privateUseSchemes: boolean;
  /** Whether redirect URIs may be on the user's computer (RFC 8252 7.3), and have a name there (8.3). */
  readonly loopbackRedirects: "any" | "by_address" | "none";
  /** Whether clients may register as `web`, which they are if they say nothing (OpenID Connect Registration 2). */
  readonly webClients: boolean;
  /** Where authorization server metadata is. */
  readonly serverMetadataAt: readonly typeof serverMetadataPlaces[number][];
  /** Where protected resource metadata is. */
  readonly resourceMetadataAt: readonly typeof resourceMetadataPlaces[number][];
  /** Which URL of it a 401 names (RFC 9728 5.1). */
  readonly challengeMetadata: typeof resourceMetadataPlaces[number] | "none";
  /** The `scope` of a 401 (RFC 6750 3); absent for none. */
  readonly challengeScope?: string;
  /** `scopes_supported` of the resource: absent for what its tools need, empty for no such member. */
  readonly resourceScopes?: readonly string[];
  /** `scopes_supported` of the authorization server: absent for all that mean something, empty for no such member. */
  readonly serverScopes?: readonly string[];
  /** Which of the scenario's issuers the resource names and accepts tokens of: the first, or the one it has moved to. */
  readonly authorizationServer: "first" | "second";
  /** Which public keys the server shows: all that verify, or only those that it has replaced. */
  readonly publishedKeys: "all" | "replaced";
}

/** What is put into tokens besides what the request asks for. */
export interface Mint {
  /** Life of an access token when the request does not say, in seconds; absent for tokens that do not expire. */
  readonly accessTokenTtlSeconds?: number;
  /** How far the clock that tokens are stamped with is ahead, in seconds. */
  readonly clockSkewSeconds: number;
  /** Claims that replace those of every access token; what is wrong with a token is said here. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The signature: right, not that of the key it names, or one of an unknown key. */
  readonly signature: "right" | "wrong" | "foreign";
}

/** An edit of the finished response, and what it waits for. */
export interface WireStep {
  /** Name of the fault it comes from. */
  readonly fault: string;
  /** What is done. */
  readonly edit: Edit;
  /** Statuses of the response that it is for; absent for all. */
  readonly statuses?: readonly number[];
  /** Whether this is one of the times it happens; called only if the status matches. */
  readonly claim: () => Promise<boolean>;
}

/** Everything that shapes the answer to one request. */
export interface Plan {
  /** The rules. */
  readonly policy: Policy;
  /** The tokens. */
  readonly mint: Mint;
  /** What is answered without asking a handler; absent where a handler answers. */
  readonly answer?: Answer;
  /** What is done to the finished response, in order. */
  readonly wire: readonly WireStep[];
  /** Names of the faults that have shaped it so far. */
  readonly shapedBy: readonly string[];
}

/** The plan of the scenario `standard`: everything as the specifications ask. */
export const standardPlan: Plan = Object.freeze({
  policy: Object.freeze<Policy>({
    codeTtlSeconds: 600,
    refreshTokenTtlSeconds: 30 * 24 * 60 * 60,
    idTokenTtlSeconds: 3600,
    sendIss: true,
    revokeOnReuse: true,
    enforceToolScopes: false,
    protectedMessages: "all",
    mcpServer: "mock",
    mcpTransport: "streamable_http",
    mcpFeatures: "tools",
    sessionIds: "plain",
    sessionEndsWithToken: false,
    endsSession: "no",
    mcpAnswerForm: "quickest",
    metadataMaxAgeSeconds: 300,
    rotateRefreshTokens: "always",
    refreshGraceSeconds: 0,
    issueRefreshTokens: "registered",
    scopeOfPlainRefresh: "granted",
    requirePushedAuthorizationRequests: false,
    requireDpop: false,
    requireDpopNonce: false,
    requireState: false,
    answer: "ask",
    codeChallengeMethods: ["S256"],
    registration: "open",
    believeClients: false,
    clientIdMetadataDocuments: true,
    redirectUriMatch: "loopback_port",
    privateUseSchemes: true,
    loopbackRedirects: "any",
    webClients: true,
    serverMetadataAt: serverMetadataPlaces,
    resourceMetadataAt: ["path", "root"],
    challengeMetadata: "path",
    authorizationServer: "first",
    publishedKeys: "all",
  }),
  mint: Object.freeze<Mint>({ clockSkewSeconds: 0, signature: "right" }),
  wire: Object.freeze([]),
  shapedBy: Object.freeze([]),
});

/** Changes to a plan's rules and tokens. */
export interface PlanPatch {
  /** Other rules. */
  readonly policy?: Partial<Policy>;
  /** Other tokens. */
  readonly mint?: Partial<Mint>;
}

/**
 * Applies patches to a plan, in order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const plan = patchPlan(standardPlan, { policy: { sendIss: false } }, { mint: { accessTokenTtlSeconds: 60 } });
 * assert.deepEqual([plan.policy.sendIss, plan.mint.accessTokenTtlSeconds], [false, 60]);
 * ```
 */
export function patchPlan(plan: Plan, ...patches: readonly PlanPatch[]): Plan {
  return Object.freeze({
    ...plan,
    policy: Object.freeze(Object.assign({ ...plan.policy }, ...patches.map(({ policy }) => policy ?? {}))),
    mint: Object.freeze(Object.assign({ ...plan.mint }, ...patches.map(({ mint }) => mint ?? {}))),
  });
}
