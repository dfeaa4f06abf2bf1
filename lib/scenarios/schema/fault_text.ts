// Faults as text, short enough for a URL: `token:503`, `token:drop*2`, `mcp.tools/call:503`, `mcp.GET:405*always`, several
// of them with commas between. A client that can only be given a URL gets them as `?fault=token:503`.
import { closest } from "../../http/did_you_mean.ts";
import { excerpt, OAuthError } from "../../http/errors.ts";
import type { EndpointKind } from "../../http/place.ts";
import type { Fault } from "../fault.ts";
import { isMcp } from "../match.ts";
import { mcpRevisions } from "../vocabulary.ts";
import { type Aim, closestAim, faultable, matchOf, mcpHttpMethods, mcpMethods, readAim } from "./fault_aim.ts";

/** The longest that a response is held back. */
export const MAX_DELAY_MS = 600_000;

/** What can follow the colon. */
const effectsText = "a status from 400 to 599, an OAuth error code, drop, delay=500 (milliseconds, at most " +
  `${MAX_DELAY_MS}), truncate=20, trickle=20, html, empty, hold, and of mcp and open_mcp alone events, json, twice, ` +
  "close=1 and cut=1 (after so many events), session_lost, header_mismatch, missing_capability and unsupported_version";

/** Name of the query parameter. */
export const FAULT_PARAMETER = "fault";

/**
 * Reads faults from text. Each is called by its own text, so that the same text is the same fault.
 *
 * @param text One or more, with commas between.
 * @throws OAuthError `invalid_request` that says what can be written.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [fault] = parseFaultText("jwks:drop*2");
 * assert.deepEqual(fault, { name: "jwks:drop*2", match: { endpoint: "jwks" }, times: 2, edit: { drop: true } });
 * ```
 */
export function parseFaultText(text: string): readonly Fault[] {
  return [...new Set(text.split(",").map((part) => part.trim()))].map(parseOne);
}

function parseOne(text: string): Fault {
  const [, where = "", what = "", life] = /^([A-Za-z_./]+\*?):([a-z0-9_=]+)(?:\*([1-9]\d{0,5}|always))?$/.exec(text) ??
    [];
  const aim = readAim(where);
  const effect = aim && effectOf(aim, what);
  if (!effect) throw aim ? unreadableEffect(text, what) : unreadable(text, closestAim(where));
  const times = life === "always" ? Infinity : Number(life ?? 1);
  // Only a request in a session can be the end of one.
  const inSession = effect.policy?.endsSession === undefined ? {} : { has_header: "mcp-session-id" };
  return { name: text, match: { ...matchOf(aim), ...inSession }, times, ...effect };
}

type Effect = Pick<Fault, "answer" | "edit" | "policy">;

function effectOf(aim: Aim, text: string): Effect | undefined {
  const { endpoint } = aim;
  if (/^[45]\d\d$/.test(text)) {
    const status = Number(text);
    // A challenge is OAuth's also at an MCP endpoint, and has its words.
    if (isMcp(endpoint) && status !== 401 && status !== 403) return rpcEffect(aim, status);
    return errorEffect(aim, text, { code: codeOf(endpoint, status), status });
  }
  const [, name = "", digits] = /^([a-z_]+)(?:=(\d{1,6}))?$/.exec(text) ?? [];
  const number = digits === undefined ? undefined : Number(digits);
  if (name === "delay" && number !== undefined && number <= MAX_DELAY_MS) return { edit: { delay_ms: number } };
  if (name === "truncate") return { edit: { truncate_bytes: number ?? 20 } };
  if (name === "trickle") return { edit: { trickle: { bytes: Math.max(1, number ?? 20), every_ms: 100 } } };
  if (isMcp(endpoint) && (name === "close" || name === "cut")) {
    return { edit: { stream: { end: { after_events: number ?? 0, how: name } } } };
  }
  if (number !== undefined) return undefined;
  if (isMcp(endpoint) && (name === "events" || name === "json")) return { edit: { stream: { form: name } } };
  if (isMcp(endpoint) && name === "twice") return { edit: { stream: { twice: true } } };
  if (isMcp(endpoint) && name === "session_lost") return { policy: { endsSession: "before" } };
  if (isMcp(endpoint) && Object.hasOwn(statelessErrors, name)) return statelessEffect(aim, name);
  if (name === "hold") return { edit: { hold: true } };
  if (name === "drop") return { edit: { drop: true } };
  if (name === "empty") return { edit: { body: "" } };
  if (name === "html") return { answer: htmlAnswer };
  if (endpoint === "authorize") return refusals.has(name) ? refusalEffect(name) : undefined;
  const status = Object.hasOwn(statuses, name) ? statuses[name] : undefined;
  return status === undefined ? undefined : errorEffect(aim, name, { code: name, status });
}

/** Refusals that came with 2026-07-28 (MCP basic, error codes): the code, and what comes with it. */
const statelessErrors: Readonly<Record<string, readonly [code: number, data?: unknown]>> = {
  header_mismatch: [-32020],
  missing_capability: [-32021, { requiredCapabilities: { elicitation: {} } }],
  unsupported_version: [-32022, { supported: mcpRevisions.slice(1), requested: mcpRevisions[0] }],
};

function statelessEffect(aim: Aim, name: string): Effect {
  const [code = 0, data] = statelessErrors[name] ?? [];
  const error = { code, message: saidBy(aim, name), ...(data === undefined ? {} : { data }) };
  return { answer: { status: 400, body: { jsonrpc: "2.0", error, id: "{rpc_id}" } } };
}

/** The response of a site with one page for every path. */
const htmlAnswer = {
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: "<!doctype html><title>Not what you asked for</title><p>A page where JSON was expected.",
} as const;

/** Errors that the authorization endpoint sends back to the client (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, RFC 8707 2). */
const refusals: ReadonlySet<string> = new Set([
  "access_denied",
  "consent_required",
  "interaction_required",
  "invalid_request",
  "invalid_scope",
  "invalid_target",
  "login_required",
  "server_error",
  "temporarily_unavailable",
  "unauthorized_client",
  "unsupported_response_type",
]);

/** A refusal that goes back to the client with its `state`, as that of a person does. */
function refusalEffect(error: string): Effect {
  const policy = { answer: "deny" } as const;
  if (error === "access_denied") return { policy };
  const error_description = `The fault authorize:${error} answers instead of a person`;
  return { policy, edit: { location: { error, error_description } } };
}

/** Error codes that can be written, and the status each comes with. */
const statuses: Readonly<Record<string, number>> = {
  access_denied: 403,
  authorization_pending: 400,
  expired_token: 400,
  insufficient_scope: 403,
  invalid_client: 401,
  invalid_client_metadata: 400,
  invalid_grant: 400,
  invalid_redirect_uri: 400,
  invalid_request: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_token: 401,
  server_error: 500,
  slow_down: 400,
  temporarily_unavailable: 503,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
};

/** Effects that have a name. */
const effects = [
  ...["delay", "truncate", "trickle", "drop", "empty", "html", "hold"],
  ...["events", "json", "twice", "close", "cut", "session_lost"],
  ...Object.keys(statelessErrors),
  ...Object.keys(statuses),
  ...refusals,
];

/** The code that fits a status, where one is named and no code. */
function codeOf(endpoint: EndpointKind, status: number): string {
  if (status === 401) return endpoint === "mcp" || endpoint === "userinfo" ? "invalid_token" : "invalid_client";
  if (status === 403) return endpoint === "mcp" ? "insufficient_scope" : "access_denied";
  if (status === 429 || status === 503) return "temporarily_unavailable";
  return status < 500 ? "invalid_request" : "server_error";
}

/** A refusal as the endpoint itself would word it, down to the headers that a client acts on; it names what was written. */
function errorEffect(
  aim: Aim,
  written: string,
  { code, status }: { readonly code: string; readonly status: number },
): Effect {
  const isChallenge = aim.endpoint === "mcp" && (status === 401 || status === 403);
  const headers: Record<string, string> = {
    ...(isChallenge
      ? { "www-authenticate": `Bearer error="${code}", resource_metadata="{resource_metadata_url}"` }
      : {}),
    ...retryLater(status),
  };
  return {
    answer: {
      status,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      body: { error: code, error_description: saidBy(aim, written) },
    },
  };
}

/** A refusal in JSON-RPC, which is what an MCP endpoint answers with when it refuses a request without a challenge. */
function rpcEffect(aim: Aim, status: number): Effect {
  const headers: Record<string, string> = {
    ...(status === 405 ? { allow: otherMethods(aim).join(", ") } : {}),
    ...retryLater(status),
  };
  const error = { code: rpcCodeOf(status), message: saidBy(aim, String(status)) };
  return {
    answer: {
      status,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      body: { jsonrpc: "2.0", error, id: "{rpc_id}" },
    },
  };
}

/** The HTTP methods that are left where one is refused (RFC 9110 15.5.6). */
function otherMethods({ method, rpcMethod }: Aim): readonly string[] {
  const refused = rpcMethod === undefined ? method : "POST";
  return refused === undefined ? [] : mcpHttpMethods.filter((other) => other !== refused);
}

/** JSON-RPC 2.0, section 5.1, and the SDK's codes for a session that is not known, and for what its transport refuses. */
function rpcCodeOf(status: number): number {
  if (status === 400) return -32600;
  if (status === 404) return -32001;
  return status === 500 ? -32603 : -32000;
}

function retryLater(status: number): Readonly<Record<string, string>> {
  return status === 429 || status === 503 ? { "retry-after": "1" } : {};
}

function saidBy({ endpoint, method, rpcMethod }: Aim, written: string): string {
  const where = [endpoint, method ?? rpcMethod].filter((part) => part !== undefined).join(".");
  return `The fault ${where}:${written} answers instead of the endpoint`;
}

function unreadable(text: string, meant: string | undefined): OAuthError {
  const form = "an endpoint, a colon and an effect, such as token:503, token:drop*2, mcp.tools/call:503 or " +
    "mcp.GET:405*always";
  const all = `${form}; endpoints: ${faultable.join(", ")}; effects: ${effectsText}; methods, of mcp and open_mcp ` +
    `alone: ${[...mcpHttpMethods, ...mcpMethods].join(", ")}`;
  // A suggestion would stand at the end of a long list of all there is, and makes that needless.
  return refusal(text, meant === undefined ? all : form, meant);
}

function unreadableEffect(text: string, what: string): OAuthError {
  const [name = ""] = what.split("=");
  const meant = closest(name, effects);
  return refusal(
    text,
    `an effect after the colon, such as token:503 or token:drop*2: ${effectsText}`,
    meant === name ? undefined : meant,
  );
}

function refusal(text: string, expected: string, meant: string | undefined): OAuthError {
  return new OAuthError("invalid_request", "fault cannot be read", {
    parameter: FAULT_PARAMETER,
    received: excerpt(text),
    expected,
    ...(meant === undefined ? {} : { meant: { text: meant } }),
  });
}
