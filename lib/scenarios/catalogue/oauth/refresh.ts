// The life of a login after its first token: what refreshing can run into.
import type { Fault } from "../../fault.ts";
import type { Match } from "../../match.ts";
import type { Scenario } from "../../scenario.ts";
import { mcp, reports, rfc } from "../links.ts";

/** Tokens that expire soon enough to wait for it. */
const shortLived = { accessTokenTtlSeconds: 60 } as const;

const refresh: Match = { endpoint: "token", grant_type: "refresh_token" };

/** One that was carried out. */
const refreshed: Match = { ...refresh, status: 200 };

/** A connection that breaks between the server and the client. */
const firstAnswerLost: Fault = { name: "first-answer-lost", match: refreshed, times: 1, edit: { drop: true } };

/** The OAuth 2.1 draft has no RFC number yet. */
const rotation = {
  label: "OAuth 2.1 4.3.1",
  url: "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.3.1",
} as const;

/** Refresh tokens that stay the same. */
export const refreshNoNewToken: Scenario = {
  name: "refresh-no-new-token",
  group: "Refresh",
  story: "The response to a refresh has no refresh token, as the old one remains valid",
  client: "Keeps the refresh token that it has",
  plan: { policy: { rotateRefreshTokens: "never" }, mint: shortLived },
  expects: ["C21", "C22", "C37"],
  reaches: "call_after_expiry",
  links: [rfc("6749 6"), ...reports("py#2270", "rs#921")],
};

/** A window in which a lost answer can be asked for again. */
const refreshGrace: Scenario = {
  name: "refresh-grace",
  group: "Refresh",
  story: "The response to the first refresh is lost on the way, and for half a minute the old token gets it again",
  client: "Tries again with the token it has, and continues with the new one",
  plan: {
    policy: { refreshGraceSeconds: 30 },
    mint: shortLived,
    faults: [firstAnswerLost],
  },
  expects: ["C21", "C33", "C34"],
  reaches: "call_after_expiry",
  links: [rotation, ...reports("cc#84440", "PrefectHQ/fastmcp#4901")],
};

/** Refresh tokens only for clients that ask for consent. */
export const refreshNeedsConsent: Scenario = {
  name: "refresh-needs-consent",
  group: "Refresh",
  story: "A refresh token is issued only if the authorization request has prompt=consent",
  client: "Sends prompt=consent with offline_access, and copes without a refresh token",
  plan: { policy: { issueRefreshTokens: "with_consent_prompt" }, mint: shortLived },
  expects: ["C21", "C22"],
  reaches: "call_after_expiry",
  links: [
    { label: "OpenID Connect Core 11", url: "https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess" },
    ...reports("better-auth/better-auth#3411"),
  ],
};

/** Scenarios of refreshing. */
export const refreshScenarios: readonly Scenario[] = [
  {
    name: "short-tokens",
    group: "Refresh",
    story: "Access tokens expire after a minute",
    client: "Refreshes before or after they expire, and the person notices nothing",
    plan: { mint: shortLived },
    expects: ["C21", "C22", "C37"],
    reaches: "call_after_expiry",
    links: [mcp("token theft"), rfc("6749 6"), ...reports("remote#97")],
  },
  {
    name: "refresh-race",
    group: "Refresh",
    story: "A refresh token can be used once, and a second use ends the login; access tokens expire after a minute",
    client: "Refreshes once at a time, even across its processes, and lets all of them use the response",
    plan: { policy: { rotateRefreshTokens: "always", revokeOnReuse: true, refreshGraceSeconds: 0 }, mint: shortLived },
    expects: ["C21", "C33", "C34"],
    reaches: "call_after_expiry",
    links: [rotation, ...reports("cc#84440", "anomalyco/opencode#34074", "PrefectHQ/fastmcp#4901")],
  },
  {
    name: "refresh-lost-response",
    group: "Refresh",
    story: "The first refresh succeeds, but its response is lost on the way, and the old token is used up",
    client: "Has the person log in again when the old token is refused, and does not retry forever",
    plan: {
      mint: shortLived,
      faults: [firstAnswerLost],
    },
    expects: ["C21", "C39"],
    reaches: "call_after_expiry",
    links: [rotation, ...reports("cc#84440", "can1357/oh-my-pi#1908")],
  },
  refreshGrace,
  refreshNoNewToken,
  {
    name: "refresh-refused",
    group: "Refresh",
    story: "Every refresh is refused with invalid_grant",
    client: "Discards its tokens and has the person log in again",
    plan: {
      mint: shortLived,
      faults: [{
        name: "refresh-refused",
        match: refresh,
        answer: { status: 400, body: { error: "invalid_grant", error_description: "The refresh token is not valid" } },
      }],
    },
    expects: ["C21", "C39"],
    reaches: "call_after_expiry",
    links: [rfc("6749 5.2"), ...reports("can1357/oh-my-pi#1908", "jentic/jentic-one#1252")],
  },
  {
    name: "refresh-refused-401",
    group: "Refresh",
    story: "Every refresh is refused with invalid_grant, but with status 401 instead of 400",
    client: "Goes by the error code: the grant is invalid, the client is not",
    plan: {
      mint: shortLived,
      faults: [{
        name: "refresh-refused-401",
        match: refresh,
        answer: { status: 401, body: { error: "invalid_grant", error_description: "Token expired" } },
      }],
    },
    expects: ["C21", "C39"],
    reaches: "call_after_expiry",
    links: [rfc("6749 5.2"), ...reports("PrefectHQ/fastmcp#2461")],
  },
  {
    name: "refresh-refuses-resource",
    group: "Refresh",
    story: "A refresh that names a resource is refused, though the code was redeemed for it",
    client: "Names the resource, as it must; when that is refused, has the person log in again",
    plan: {
      mint: shortLived,
      faults: [{
        name: "refresh-refuses-resource",
        match: { ...refresh, has_param: "resource" },
        answer: {
          status: 400,
          body: { error: "invalid_target", error_description: "resource is not a parameter of a refresh" },
        },
      }],
    },
    expects: ["C14", "C21", "C37"],
    reaches: "call_after_expiry",
    links: [mcp("resource parameter"), rfc("8707 2.2"), ...reports("dust-tt/dust#22773")],
  },
  {
    name: "refresh-narrows-scope",
    group: "Refresh",
    story: "A refresh without scope gets a token that can do nothing",
    client: "Says in every refresh what the token is for",
    plan: { policy: { scopeOfPlainRefresh: "none", enforceToolScopes: true }, mint: shortLived },
    expects: ["C19", "C21", "C40"],
    reaches: "call_after_expiry",
    links: [rfc("6749 6"), ...reports("cc#89862")],
  },
  {
    name: "refresh-unaccepted",
    group: "Refresh",
    story: "The MCP server refuses the first request with a fresh token, as it does not know it yet",
    client: "Tries again with the same token before it asks the person to log in, and not forever",
    plan: {
      mint: shortLived,
      faults: [{
        name: "refresh-unaccepted",
        match: { endpoint: "mcp", authorized: true },
        after: { match: refreshed },
        times: 1,
        answer: {
          status: 401,
          headers: {
            "www-authenticate": 'Bearer error="invalid_token", resource_metadata="{resource_metadata_url}"',
          },
          body: { error: "invalid_token", error_description: "The access token is unknown" },
        },
      }],
    },
    expects: ["C21", "C36", "C37"],
    reaches: "call_after_expiry",
    links: [rfc("6750 3.1"), ...reports("xai-org/plugin-marketplace#769")],
  },
  refreshNeedsConsent,
];
