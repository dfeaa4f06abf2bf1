// The MCP server as a resource: what it says to a client that has a token.
import { paths } from "../../../http/urls.ts";
import type { Scenario } from "../../scenario.ts";
import { mcp, reports, rfc } from "../links.ts";
import { since2025_06 } from "../since.ts";

/** Access tokens that expire soon enough to wait for it. */
const shortLived = { accessTokenTtlSeconds: 60 } as const;

/** What RFC 6750 3.1 has for a token that is not good. */
const invalidToken = {
  status: 401,
  headers: { "www-authenticate": 'Bearer error="invalid_token", resource_metadata="{resource_metadata_url}"' },
  body: { error: "invalid_token", error_description: "The access token is not accepted" },
} as const;

/** Scenarios of the MCP server. */
export const mcpServerScenarios: readonly Scenario[] = [
  {
    name: "endless-401",
    group: "MCP server",
    story: "No token is ever accepted: whatever is sent, the response is 401",
    client: "Gives up after a few attempts, and opens no more tabs",
    plan: {
      faults: [{ name: "endless-401", match: { endpoint: "mcp", authorized: true }, answer: invalidToken }],
    },
    expects: ["C20", "C36"],
    reaches: { gives_up_within: 4 },
    links: [mcp("error handling"), ...reports("ts#945", "remote#68")],
  },
  {
    name: "step-up-with-refresh-token",
    group: "MCP server",
    story: "A tool needs more scope than the token has, and the client holds a refresh token that cannot give it",
    client: "Has the person authorize again, for the old scopes and the new; refreshing would not help",
    plan: {
      policy: {
        enforceToolScopes: true,
        challengeScope: "mcp:read",
        resourceScopes: ["mcp:read"],
        issueRefreshTokens: "always",
      },
    },
    expects: ["C18", "C19", "C20", "C22"],
    links: [mcp("step-up"), rfc("6750 3.1"), ...reports("cc#28258", "cc#44652", "ts#2255", "ts#1582")],
  },
  {
    name: "expired-403",
    group: "MCP server",
    story: "Tokens expire after a minute, and then get 403 instead of 401",
    client: "Goes by invalid_token, not by the status, and refreshes",
    plan: {
      mint: shortLived,
      faults: [{
        name: "expired-403",
        match: { endpoint: "mcp", authorized: true, status: 401 },
        edit: { status: 403 },
      }],
    },
    expects: ["C21", "C37"],
    reaches: "call_after_expiry",
    links: [mcp("error handling"), rfc("6750 3.1"), ...reports("byadsco/meta-ads-mcp#61")],
  },
  {
    name: "expired-500",
    group: "MCP server",
    story: "Tokens expire after a minute, and then get 500 and no challenge",
    client: "Knows from expires_in that the token has expired, and refreshes; or shows the error",
    plan: {
      mint: shortLived,
      faults: [{
        name: "expired-500",
        match: { endpoint: "mcp", authorized: true, status: 401 },
        edit: {
          status: 500,
          headers: { "www-authenticate": null },
          body: "Internal Server Error",
          content_type: "text/plain; charset=utf-8",
        },
      }],
    },
    expects: ["C21", "C22"],
    reaches: "expiry",
    links: [mcp("token handling"), ...reports("vercel/mcp-handler#181", "Softeria/ms-365-mcp-server#406")],
  },
  {
    name: "expired-tool-error",
    group: "MCP server",
    story: "Tokens expire after a minute, and calls with an expired one get 200 and a tool error",
    client: "Knows from expires_in that the token has expired, and refreshes; or shows the error",
    plan: {
      mint: shortLived,
      faults: [{
        name: "expired-tool-error",
        match: { endpoint: "mcp", authorized: true, rpc_method: "tools/call", status: 401 },
        edit: {
          status: 200,
          headers: { "www-authenticate": null },
          body: '{"jsonrpc":"2.0","id":{rpc_id},"result":{"isError":true,"content":[{"type":"text","text":"' +
            'Error: the session has expired, please log in again"}]}}',
          content_type: "application/json",
        },
      }],
    },
    expects: ["C21", "C22"],
    reaches: "expiry",
    links: [mcp("token handling"), ...reports("Softeria/ms-365-mcp-server#406")],
  },
  {
    name: "slash-redirect",
    group: "MCP server",
    story: "The MCP endpoint redirects with 307 to the same URL with a trailing slash",
    client: "Follows within the origin, with method, body and token",
    plan: {
      faults: [{
        name: "slash-redirect",
        match: { endpoint: "mcp", path: paths.oauth },
        answer: { status: 307, headers: { location: "{mcp_url}/" } },
      }],
    },
    layout: { trailing_slash: true },
    expects: ["C22"],
    links: [
      rfc("9110 15.4.8"),
      ...reports("zoho/analytics-mcp-server#22", "BerriAI/litellm#34845", "GitbookIO/gitbook#4280"),
    ],
  },
  {
    name: "moved-while-signed-in",
    group: "MCP server",
    story: "After the first tool call the MCP server belongs to another authorization server",
    client: "Stops using the old server's credentials: registers at the new one, and has the person log in there",
    plan: {
      policy: { issueRefreshTokens: "always" },
      faults: [{
        name: "moved-while-signed-in",
        match: { endpoint: ["mcp", "resource_metadata"] },
        after: { match: { endpoint: "mcp", rpc_method: "tools/call", status: 200 } },
        policy: { authorizationServer: "second" },
      }],
    },
    layout: { second_issuer_path: "/moved" },
    revisions: since2025_06,
    expects: ["C10", "C24"],
    reaches: "call_after_refusal",
    links: [mcp("server binding"), mcp("token handling")],
  },
  {
    name: "revocation-fails",
    group: "MCP server",
    story: "The revocation endpoint fails",
    client: "Deletes its tokens and is logged out all the same",
    plan: {
      faults: [{
        name: "revocation-fails",
        match: { endpoint: "revoke" },
        answer: { status: 503, body: "Service Unavailable" },
      }],
    },
    expects: ["C22"],
    reaches: "logout",
    links: [rfc("7009 2.2.1"), ...reports("cloudflare/cloudflare-os#41")],
  },
];
