// Requests that the authorization endpoint does not take, and responses that a client should not.
import type { Fault } from "../../fault.ts";
import type { Edit } from "../../edit.ts";
import type { Scenario } from "../../scenario.ts";
import { mcp, reports, rfc } from "../links.ts";
import { since2025_06, since2026_07 } from "../since.ts";

/** An authorization server that does not know resource indicators and says so. */
export const resourceRefused: Scenario = {
  name: "resource-refused",
  group: "Authorization",
  story: "The authorization server refuses every request that names a resource",
  client: "Names the resource, as it must, and shows the refusal",
  plan: {
    faults: [{
      name: "resource-refused",
      match: { endpoint: ["authorize", "token"], has_param: "resource" },
      answer: {
        status: 400,
        body: {
          error: "invalid_target",
          error_description: "AADSTS9010010: resource and scope do not go together",
        },
      },
    }],
  },
  revisions: since2025_06,
  expects: ["C14"],
  reaches: { refuses_before: "token", rule: "C14" },
  links: [
    mcp("resource parameter"),
    rfc("8707 2"),
    ...reports("remote#217", "vsc#254009", "cc#52871", "microsoft/powerbi-modeling-mcp#68"),
  ],
};

/** A server that insists on `state`. */
export const stateRequired: Scenario = {
  name: "state-required",
  group: "Authorization",
  story: "An authorization request without state is refused",
  client: "Sends a state, and compares it when it comes back",
  plan: { policy: { requireState: true } },
  expects: ["C15"],
  links: [mcp("open redirection"), rfc("6749 10.12"), ...reports("nearai/ironclaw#1049")],
};

/** Changes of the response's parameters, wherever it goes. */
function answered(name: string, location: NonNullable<Edit["location"]>): Fault {
  return { name, match: { endpoint: "authorize", status: [302, 303] }, edit: { location } };
}

/** Turns every answer into a refusal, also where a script approves. */
const refusal = { code: null, error: "access_denied" } as const;

/** Scenarios of the authorization endpoint. */
export const authorizationScenarios: readonly Scenario[] = [
  {
    name: "state-wrong",
    group: "Authorization",
    story: "The state that comes back differs from the one that was sent",
    client: "Discards the response: the code may be someone else's",
    plan: { faults: [answered("state-wrong", { state: "not-{location.state}" })] },
    expects: ["C15"],
    reaches: { refuses_before: "token", rule: "C15" },
    links: [mcp("open redirection"), rfc("6749 10.12")],
  },
  {
    name: "state-missing",
    group: "Authorization",
    story: "No state comes back, though one was sent",
    client: "Discards the response",
    plan: { faults: [answered("state-missing", { state: null })] },
    expects: ["C15"],
    reaches: { refuses_before: "token", rule: "C15" },
    links: [mcp("open redirection"), rfc("6749 4.1.2")],
  },
  {
    name: "state-mangled",
    group: "Authorization",
    story: "The state comes back with a plus sign appended, as careless encoding leaves it",
    client: "Decodes it once, compares character by character, and discards the response",
    plan: { faults: [answered("state-mangled", { state: "{location.state}+" })] },
    expects: ["C15"],
    reaches: { refuses_before: "token", rule: "C15" },
    links: [rfc("6749 4.1.2"), ...reports("open-metadata/OpenMetadata#28951", "vsc#314715")],
  },
  stateRequired,
  {
    name: "iss-missing",
    group: "Authorization",
    story: "Metadata says that responses name their issuer, and no response does",
    client: "Rejects the response before it sends the code anywhere",
    plan: { faults: [answered("iss-missing", { iss: null })] },
    revisions: since2026_07,
    expects: ["C25"],
    reaches: { refuses_before: "token", rule: "C25" },
    links: [
      mcp("response validation"),
      rfc("9207 2.4"),
      ...reports("cloudflare/mcp-server-cloudflare#449", "twentyhq/twenty#24153", "PrefectHQ/fastmcp#4432"),
    ],
  },
  {
    name: "person-denies",
    group: "Authorization",
    story: "The person denies the request",
    client: "Says that access was denied, offers to try again, and opens no second tab on its own",
    plan: { policy: { answer: "deny" }, faults: [answered("person-denies", refusal)] },
    expects: ["C11", "C15"],
    reaches: { refuses_before: "token" },
    links: [rfc("6749 4.1.2.1"), mcp("error handling")],
  },
  {
    name: "iss-wrong-on-error",
    group: "Authorization",
    story: "The person denies the request, and the response that says so comes from another issuer",
    client: "Neither acts on the error nor shows it",
    plan: {
      policy: { answer: "deny" },
      faults: [answered("iss-wrong-on-error", { ...refusal, iss: "https://evil.example.com" })],
    },
    revisions: since2026_07,
    expects: ["C27"],
    reaches: { refuses_before: "token", rule: "C27" },
    links: [mcp("response validation"), rfc("9207 2.4")],
  },
  {
    name: "html-in-error",
    group: "Authorization",
    story: "The response is an error whose description contains HTML",
    client: "Shows it as text, and runs none of it",
    plan: {
      policy: { answer: "deny" },
      faults: [answered("html-in-error", {
        ...refusal,
        error_description: "<img src=x onerror=alert(document.domain)><b>Please sign in again</b>",
      })],
    },
    expects: ["C11"],
    reaches: { refuses_before: "token" },
    links: [rfc("6749 4.1.2.1")],
  },
  resourceRefused,
  {
    name: "advertised-scope-refused",
    group: "Authorization",
    story: "Metadata and challenge name scopes, some of which cannot be granted",
    client: "Shows invalid_scope, or asks once more for less",
    plan: { policy: { grantableScopes: ["mcp:read"], challengeScope: "mcp:read mcp:write" } },
    expects: ["C11", "C17", "C18"],
    reaches: "authorization",
    links: [
      mcp("scope selection"),
      rfc("6749 3.3"),
      ...reports("ChronoAIProject/NyxID#1217", "letta-ai/letta-code#4018"),
    ],
  },
  {
    name: "offline-access-refused",
    group: "Authorization",
    story: "The scope offline_access is not supported, and a client that requests it is refused",
    client: "Requests offline_access only where the authorization server lists it",
    plan: {
      policy: {
        serverScopes: ["mcp:read", "mcp:write", "openid", "profile", "email"],
        grantableScopes: ["mcp:read", "mcp:write", "openid", "profile", "email"],
        resourceScopes: ["mcp:read", "mcp:write"],
      },
    },
    expects: ["C21", "C22"],
    links: [mcp("refresh tokens"), ...reports("cc#41610")],
  },
  {
    name: "openid-refused",
    group: "Authorization",
    story: "The scope openid is refused, as the server supports OAuth only",
    client: "Requests the scopes of the challenge, and adds none",
    plan: {
      policy: {
        serverScopes: ["mcp:read", "mcp:write"],
        grantableScopes: ["mcp:read", "mcp:write"],
        resourceScopes: ["mcp:read", "mcp:write"],
        challengeScope: "mcp:read",
      },
    },
    expects: ["C17", "C18", "C22"],
    links: [mcp("scope selection"), ...reports("letta-ai/letta-code#4018")],
  },
];
