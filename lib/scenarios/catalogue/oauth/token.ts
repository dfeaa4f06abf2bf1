// Token responses as they are in the wild, and token requests that are not taken.
import type { Fault } from "../../fault.ts";
import type { Match } from "../../match.ts";
import type { Edit } from "../../edit.ts";
import type { Scenario } from "../../scenario.ts";
import { mcp, reports, rfc } from "../links.ts";
import { startedAgain } from "../scripts.ts";

/** Tokens, and not an error. */
const issued: Match = { endpoint: "token", status: 200 };

/** A scenario that is a change of the token response, and nothing else. */
function tokenResponse(
  { name, edit, mint = {}, ...said }:
    & Pick<Scenario, "name" | "story" | "client" | "expects" | "reaches" | "links">
    & Pick<Scenario["plan"], "mint">
    & { readonly edit: Edit },
): Scenario {
  return { name, group: "Token endpoint", ...said, plan: { mint, faults: [{ name, match: issued, edit }] } };
}

/** A token endpoint that speaks JSON only if it is asked to. */
export const tokenFormEncoded: Scenario = {
  name: "token-form-encoded",
  group: "Token endpoint",
  story: "Token responses are form-encoded, unless the request accepts JSON",
  client: "Sends Accept: application/json, or reads the media type of the response",
  plan: {
    faults: [{
      name: "token-form-encoded",
      match: { ...issued, not_accepting: "application/json" },
      edit: { encode: "form" },
    }],
  },
  expects: ["C22"],
  links: [rfc("6749 5.1"), ...reports("py#1523", "NousResearch/hermes-agent#44592", "ts#801")],
};

/** Errors with the status of success. */
export const errorsAs200: Fault = {
  name: "errors-as-200",
  match: { endpoint: "token", status: [400, 401] },
  edit: { status: 200 },
};

/** The same, shown to every client once. */
const token200Error: Scenario = {
  name: "token-200-error",
  group: "Token endpoint",
  story: "Errors of the token endpoint have status 200; the very first request gets one",
  client: "Looks for error in the body, shows it, and starts over",
  plan: {
    faults: [
      {
        name: "first-code-refused",
        match: { endpoint: "token", method: "POST" },
        times: 1,
        answer: {
          status: 200,
          body: {
            error: "bad_verification_code",
            error_description: "The code is wrong or has expired",
          },
        },
      },
      errorsAs200,
    ],
  },
  expects: ["C22"],
  driver: startedAgain,
  links: [rfc("6749 5.2"), ...reports("ts#1342", "different-ai/openwork#3569")],
};

/** A number in quotes. */
export const expiresInString: Scenario = tokenResponse({
  name: "expires-in-string",
  story: "expires_in is a string, not a number",
  client: "Reads the number in it",
  mint: { accessTokenTtlSeconds: 3600 },
  edit: { json: { set: { expires_in: "3600" } } },
  expects: ["C22"],
  links: [rfc("6749 5.1"), ...reports("ts#1120", "ts#1111")],
});

/** An access token one level down. */
export const tokenNested: Scenario = tokenResponse({
  name: "token-nested",
  story: "The access token is nested one level down, and its type is user",
  client: "Finds it, if it knows this provider; else says that there is no access_token",
  edit: {
    json: {
      remove: ["access_token", "token_type"],
      set: {
        ok: true,
        authed_user: { id: "U0001", access_token: "{body.access_token}", token_type: "user" },
      },
    },
  },
  expects: ["C11"],
  reaches: "token",
  links: [rfc("6749 5.1"), ...reports("cc#59725", "preset-io/agor#824")],
});

/** Scopes with commas between them. */
export const scopeCommas: Scenario = {
  name: "scope-commas",
  group: "Token endpoint",
  story: "The scope of the token response has commas instead of spaces",
  client: "Does not take it for a single scope that it did not request",
  plan: {
    policy: { challengeScope: "mcp:read mcp:write" },
    faults: [{
      name: "scope-commas",
      match: issued,
      edit: { json: { set: { scope: "mcp:read,mcp:write" } } },
    }],
  },
  expects: ["C17", "C22"],
  links: [rfc("6749 3.3"), ...reports("github/developer.github.com#1067", "simpleidserver/SimpleIdServer#271")],
};

/** Scenarios of the token response. */
export const tokenScenarios: readonly Scenario[] = [
  token200Error,
  tokenFormEncoded,
  expiresInString,
  tokenResponse({
    name: "expires-in-zero",
    story: "expires_in is 0, though the token is valid for an hour",
    client: "Uses the token until a 401 says that it has expired, and does not refresh before every request",
    mint: { accessTokenTtlSeconds: 3600 },
    edit: { json: { set: { expires_in: 0 } } },
    expects: ["C22"],
    links: [rfc("6749 5.1"), ...reports("QwenLM/qwen-code#5355")],
  }),
  tokenResponse({
    name: "expires-in-missing",
    story: "The token response does not say that the token expires after a minute",
    client: "Refreshes after a 401",
    mint: { accessTokenTtlSeconds: 60 },
    edit: { json: { remove: ["expires_in"] } },
    expects: ["C21", "C22", "C37"],
    reaches: "call_after_expiry",
    links: [rfc("6749 5.1"), ...reports("danny-avila/LibreChat#13248")],
  }),
  tokenResponse({
    name: "token-type-missing",
    story: "The token response has no token_type",
    client: "Reports it, or assumes a bearer token",
    edit: { json: { remove: ["token_type"] } },
    expects: ["C22"],
    reaches: "token",
    links: [rfc("6749 5.1"), ...reports("cmd-johnson/deno-oauth2-client#37", "different-ai/openwork#3569")],
  }),
  tokenResponse({
    name: "token-type-lowercase",
    story: "The type of the token is bearer, in lower case",
    client: "Compares types case-insensitively, and sends Authorization: Bearer",
    edit: { json: { set: { token_type: "bearer" } } },
    expects: ["C22"],
    links: [rfc("6749 5.1"), ...reports("slackhq/slack-api-docs#68")],
  }),
  tokenNested,
  tokenResponse({
    name: "id-token-null",
    story: "The token response has an id_token that is null",
    client: "Treats null as absent",
    edit: { json: { set: { id_token: null } } },
    expects: ["C22"],
    links: [rfc("6749 5.1"), ...reports("jentic/jentic-one#1253")],
  }),
  scopeCommas,
  {
    name: "token-rate-limited",
    group: "Token endpoint",
    story: "The first token request gets 429 with Retry-After: 2",
    client: "Waits as long as it is told, and sends the same request again",
    plan: {
      faults: [{
        name: "token-rate-limited",
        match: { endpoint: "token", method: "POST" },
        times: 1,
        answer: { status: 429, headers: { "retry-after": "2" }, body: "Too many requests" },
      }],
    },
    expects: ["C22", "C42"],
    links: [rfc("6585 4"), rfc("9110 10.2.3")],
  },
  {
    name: "slow-token-endpoint",
    group: "Token endpoint",
    story: "Every token response takes ten seconds",
    client: "Waits, or gives up and says why; does not redeem the same code a second time meanwhile",
    plan: {
      faults: [{ name: "slow-token-endpoint", match: { endpoint: "token" }, edit: { delay_ms: 10_000 } }],
    },
    expects: ["C22"],
    reaches: "token",
    links: [rfc("6749 4.1.2")],
  },
  {
    name: "clock-skew",
    group: "Token endpoint",
    story: "The clock that dates tokens is 59 minutes behind: they promise an hour, and expire after a minute",
    client: "Refreshes after a 401, whatever expires_in said",
    plan: { mint: { accessTokenTtlSeconds: 3600, clockSkewSeconds: -59 * 60 } },
    expects: ["C21", "C22", "C37"],
    reaches: "call_after_expiry",
    links: [rfc("7519 4.1.4"), mcp("token handling")],
  },
];
