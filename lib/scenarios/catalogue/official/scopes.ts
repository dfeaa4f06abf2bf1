// The official suite's scenarios of scopes: which to ask for first, and what to do when they are not enough.
import type { Fault } from "../../fault.ts";
import type { Scenario } from "../../scenario.ts";
import { since2025_11, since2026_07 } from "../since.ts";
import { official, paragraphs } from "./base.ts";
import { JSON_TYPE } from "./faults.ts";

const known = 'resource_metadata="{resource_metadata_url}"';
const stepUp = [paragraphs.scopeChallenge, {
  label: "RFC 6750 3.1",
  url: "https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1",
}];
const offline = [{
  label: "SEP-2207",
  url: "https://github.com/modelcontextprotocol/modelcontextprotocol/pull/2207",
}];

/** Messages with which a session begins. */
export const handshake: readonly string[] = ["initialize", "notifications/*"];

/** A session begins without a token. */
export const openHandshake: Fault = {
  name: "open-handshake",
  match: { endpoint: "mcp", method: "POST", rpc_method: handshake },
  policy: { protectedMessages: "none" },
};

/** What a refusal for a missing scope looks like. */
function insufficientScope(header: string, error_description: string): Fault {
  return {
    name: "official-insufficient-scope",
    match: { endpoint: "mcp", status: 403 },
    edit: {
      headers: { "cache-control": null, "www-authenticate": header },
      content_type: JSON_TYPE,
      json: { keep: ["error"], set: { error_description } },
    },
  };
}

/** Most clients do as they are told at the fourth refusal, so there is none. */
const REFUSALS = 3;
const withToken = { endpoint: "mcp", method: "POST", authorized: true, not_rpc_method: handshake } as const;

/** The scenarios, in the order of the suite. */
export const officialScopes: readonly Scenario[] = [
  official({
    name: "scope-in-challenge",
    of: "scope-from-www-authenticate",
    story: "The 401 names a scope, and the resource's metadata none",
    client: "Requests the scope that the 401 names",
    revisions: since2025_11,
    challengeScope: "mcp:basic",
    policy: { messageScope: "mcp:basic" },
    faults: [
      insufficientScope(
        `Bearer error="insufficient_scope", error_description="Insufficient scope", scope="mcp:basic", ${known}`,
        "Insufficient scope",
      ),
    ],
    expects: ["C2", "C17", "C18"],
    links: [paragraphs.scopeSelection],
  }),
  official({
    name: "scope-in-metadata",
    of: "scope-from-scopes-supported",
    story: "The resource's metadata names three scopes, and the 401 none",
    client: "Requests all the scopes that the metadata names",
    revisions: since2025_11,
    policy: { resourceScopes: ["mcp:basic", "mcp:read", "mcp:write"] },
    expects: ["C17"],
    links: [paragraphs.scopeSelection],
  }),
  official({
    name: "scope-nowhere",
    of: "scope-omitted-when-undefined",
    story: "Neither the 401 nor the resource's metadata names a scope",
    client: "Omits the scope parameter",
    revisions: since2025_11,
    expects: ["C17"],
    links: [paragraphs.scopeSelection],
  }),
  official({
    name: "step-up",
    of: "scope-step-up",
    story: "One scope covers everything but tool calls, which need another; the scopes in the metadata do not help",
    client: "Requests the scope of the 401, then after the 403 that and the new one together, and calls again",
    revisions: since2025_11,
    challenge: `Bearer scope="mcp:basic", ${known}`,
    policy: { resourceScopes: ["mcp:profile"], messageScope: "mcp:basic", callScope: "mcp:write" },
    faults: [
      openHandshake,
      insufficientScope(
        `Bearer scope="mcp:write", ${known}, error="insufficient_scope"`,
        "Token has insufficient scope",
      ),
    ],
    expects: ["C18", "C19", "C20"],
    links: stepUp,
  }),
  official({
    name: "step-up-endless",
    of: "scope-retry-limit",
    story: "Every token lacks the scope, whatever was requested; after three refusals the test ends",
    client: "Gives up after a few attempts and says so",
    revisions: since2025_11,
    challenge: `Bearer scope="mcp:admin", ${known}`,
    policy: { resourceScopes: ["mcp:admin"] },
    faults: [openHandshake, {
      name: "never-enough",
      match: withToken,
      times: REFUSALS,
      answer: {
        status: 403,
        headers: {
          "content-type": JSON_TYPE,
          "www-authenticate":
            `Bearer error="insufficient_scope", scope="mcp:admin", ${known}, error_description="Scope upgrade will never succeed"`,
        },
        body: { error: "insufficient_scope", error_description: "Scope upgrade will never succeed" },
      },
      edit: { headers: { "cache-control": null } },
    }, {
      name: "test-is-over",
      match: withToken,
      answer: {
        status: 410,
        headers: { "content-type": JSON_TYPE },
        body: {
          error: "test_complete",
          error_description: "Test is over - client exceeded maximum retry attempts",
        },
      },
      edit: { headers: { "cache-control": null } },
    }],
    expects: ["C20"],
    reaches: { gives_up_within: 4 },
    links: stepUp,
  }),
  official({
    name: "offline-access",
    of: "offline-access-scope",
    story: "The server lists offline_access, the resource does not",
    client:
      "To get a refresh token, registers for the grant, and requests offline_access besides the resource's scopes",
    revisions: since2026_07,
    registration: { set: {}, keep: ["token_endpoint_auth_method"] },
    policy: {
      clientIdMetadataDocuments: true,
      serverScopes: ["mcp:basic", "offline_access"],
      resourceScopes: ["mcp:basic"],
    },
    expects: ["C17", "C21"],
    links: offline,
  }),
  official({
    name: "offline-access-unlisted",
    of: "offline-access-not-supported",
    story: "Neither the server nor the resource lists offline_access",
    client: "Does not request it",
    revisions: since2026_07,
    policy: { serverScopes: ["mcp:basic", "mcp:read"], resourceScopes: ["mcp:basic", "mcp:read"] },
    expects: ["C17", "C21"],
    links: offline,
  }),
];
