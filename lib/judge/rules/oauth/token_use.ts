/**
 * Rules on how a client uses its access token.
 *
 * @module
 */
import type { McpStep, TokenStep } from "../../step.ts";
import { isForeignCall, type View, wasLedToRoot } from "../../view.ts";
import {
  ALWAYS,
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2025_06,
  SPECIFICATION,
} from "../rule.ts";

/** With these a client sends a request anew, perhaps after it was started again and has forgotten its token. */
const openings: ReadonlySet<string> = new Set(["initialize", "server/discover"]);

const REFRESH = "refresh_token";

function hasTokenInQuery({ exchange }: McpStep): boolean {
  return new URLSearchParams(exchange.url.split("?")[1] ?? "").has("access_token");
}

/** Clients take a token for expired early, so that it does not expire on its way: half a minute is common, a minute is seen. */
const EARLY_MS = 60_000;

/** What became of the token that a client had sent before. */
type Standing = "valid" | "lost" | "unclear";

/** Whether it has expired, or was to be refreshed and could not be: then a client has none any more. */
function standingOf(tokens: readonly TokenStep[], before: McpStep, call: McpStep): Standing {
  const own = tokens.filter(({ at }) => at < call.at);
  if (own.some(({ at, params, issued }) => at > before.at && params.get("grant_type") === REFRESH && !issued)) {
    return "lost";
  }
  const last = own.findLast(({ issued }) => issued !== undefined);
  const told = last?.issued?.expires_in ?? undefined;
  if (last === undefined || told === undefined) return "valid";
  // One that is said to have expired at once has to be tried all the same; whether again, nothing says.
  if (Number(told) <= 0) return "unclear";
  const endMs = last.exchange.startedAtMs + Number(told) * 1000;
  return call.exchange.startedAtMs >= endMs - EARLY_MS ? "lost" : "valid";
}

function checkHeader({ calls, tokens }: View): Outcome {
  const withToken = calls.filter(({ token }) => token !== undefined);
  if (withToken.length === 0) return notObserved("It sent no request with a token; /oauth requires one");
  let isUnclear = false;
  for (const call of calls) {
    if (call.token !== undefined || openings.has(call.method ?? "") || hasTokenInQuery(call)) continue;
    const before = withToken.findLast(({ at, address }) => at < call.at && address === call.address);
    // A token that was refused need not be sent again, nor one that has expired.
    if (before === undefined || before.status === 401) continue;
    const standing = standingOf(tokens, before, call);
    if (standing === "valid") {
      const what = [call.verb, call.method].filter(Boolean).join(" ");
      return broken(`It had a token and sent ${what} without it`, [before.at, call.at]);
    }
    isUnclear ||= standing === "unclear";
  }
  return isUnclear
    ? notObserved("It sent no token again that was said to expire as it was issued (expires_in 0)")
    : kept("It sent its token with every request, in the header", positionsOf(withToken));
}

function checkQuery({ calls }: View): Outcome {
  const open = calls.find(hasTokenInQuery);
  if (open) return broken("It put its token in the URL", [open.at]);
  const withToken = calls.filter(({ token }) => token !== undefined);
  return withToken.length === 0
    ? notObserved("It sent no request with a token")
    : kept("It put no token in a URL", positionsOf(withToken));
}

function checkForeign(view: View): Outcome {
  const { calls, steps, isWhole } = view;
  const withToken = calls.filter(({ token }) => token !== undefined);
  if (withToken.length === 0) return notObserved("It sent no request with a token");
  if (!isWhole) return notObserved("Not all issued tokens are on record");
  if (wasLedToRoot(steps, view)) {
    return notObserved("Discovery failed here, or found another resource, and led it to another server");
  }
  const foreign = withToken.find((call) => isForeignCall(view, call));
  return foreign
    ? broken("It sent a token that this server's authorization server did not issue", [foreign.at])
    : kept("It sent only tokens of this server's authorization server", positionsOf(withToken));
}

const usage = `${SPECIFICATION}#access-token-usage`;

/** The rules on access tokens. */
export const tokenUseRules: readonly Rule[] = [
  {
    id: "C22",
    name: "token-in-header",
    title: "A client sends its access token with every request, in the Authorization header.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: usage,
    official: ["valid-bearer-token"],
    check: checkHeader,
  },
  {
    id: "C23",
    name: "no-token-in-url",
    title: "A client never puts an access token in a URL.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: usage,
    official: [],
    check: checkQuery,
  },
  {
    id: "C24",
    name: "own-tokens-only",
    title: "A client sends an MCP server only tokens that the server's authorization server issued.",
    level: "MUST",
    revisions: SINCE_2025_06,
    isOfMcp: true,
    link: usage,
    official: ["invalid-bearer-token"],
    check: checkForeign,
  },
];
