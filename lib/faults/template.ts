// Fills the templates in what faults write: `{issuer}`, `{token_url}`, `{body.scope}`.
import { canaryUrlsOf } from "../http/canaries.ts";
import { otherNameOf } from "../http/urls.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { memberAt } from "./matches.ts";
import {
  type MessagePart,
  replaceTemplates,
  soleTemplate,
  type TemplateName,
  templates,
} from "../scenarios/templates.ts";

/** Values by the text between the braces; undefined for unknown names. */
export type Variables = (name: string) => unknown;

/** A request as templates see it. */
interface TemplateFacts {
  readonly url: URL;
  /** The id of its JSON-RPC message. */
  readonly rpcId?: unknown;
  readonly message?: unknown;
}

/** The variables that follow from a request's sandbox, and from the request. */
export function variablesOf(sandbox: Sandbox, facts: TemplateFacts): Variables {
  return (name) => {
    const query = partOf("query", name);
    if (query !== undefined) return facts.url.searchParams.get(query) ?? "";
    const path = partOf("message", name);
    if (path !== undefined) return memberAt(facts.message, path) ?? "";
    return isTemplateName(name) ? values[name](sandbox, facts) : undefined;
  };
}

/** The name of a member, if a template names one of this part of a message. */
export function partOf(part: MessagePart, name: string): string | undefined {
  return name.startsWith(`${part}.`) ? name.slice(part.length + 1) : undefined;
}

function isTemplateName(name: string): name is TemplateName {
  return Object.hasOwn(templates, name);
}

const values: Readonly<Record<TemplateName, (sandbox: Sandbox, facts: TemplateFacts) => unknown>> = {
  issuer: ({ issuer }) => issuer,
  second_issuer: (sandbox) => sandbox.serverAt("second").issuer,
  origin: ({ origin }) => origin,
  other_origin: ({ origin }) => otherNameOf(origin) ?? "https://elsewhere.invalid",
  canary_url: (sandbox) => canaryUrlsOf(sandbox).canary_url,
  other_canary_url: (sandbox) => canaryUrlsOf(sandbox).other_canary_url,
  host: ({ origin }) => new URL(origin).host,
  prefix: ({ prefix }) => prefix,
  path: (_, { url }) => url.pathname,
  mcp_url: ({ urls }) => urls.oauth,
  resource_metadata_url: ({ urls }) => urls.oauthProtectedResource,
  custom_resource_metadata_url: ({ urls }) => urls.customResourceMetadata,
  authorize_url: ({ urls }) => urls.authorize,
  token_url: ({ urls }) => urls.token,
  register_url: ({ urls }) => urls.register,
  jwks_url: ({ urls }) => urls.jwks,
  revoke_url: ({ urls }) => urls.revoke,
  introspect_url: ({ urls }) => urls.introspect,
  userinfo_url: ({ urls }) => urls.userinfo,
  par_url: ({ urls }) => urls.par,
  device_url: ({ urls }) => urls.device,
  rpc_id: (_, { rpcId }) => isId(rpcId) ? rpcId : null,
  rpc_id_text: (_, { rpcId }) => isId(rpcId) ? String(rpcId) : "",
};

function isId(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}

/**
 * Fills templates into a text; a name that nothing is known of stays as it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(fillText("{issuer}/ {other}", (name) => name === "issuer" ? "http://a" : undefined), "http://a/ {other}");
 * ```
 */
export function fillText(text: string, variables: Variables): string {
  return replaceTemplates(text, (name) => {
    const value = variables(name);
    // The id of a message is of use only as JSON has it.
    return typeof value === "string" && name !== "rpc_id" ? value : JSON.stringify(value);
  });
}

/**
 * Fills templates into the value of a header, where what came from a client may be more than a header can hold.
 *
 * @returns Printable ASCII and tabs; everything else is percent-encoded, as in a URL.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110.html#section-5.5}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(fillHeader("<{query.x}>", () => "a\r\nb: 漢"), "<a%0D%0Ab: %E6%BC%A2>");
 * ```
 */
export function fillHeader(text: string, variables: Variables): string {
  return fillText(text, variables).toWellFormed().replace(/[^\t\x20-\x7e]+/g, encodeURIComponent);
}

/**
 * Fills templates into every text of a JSON value. A text that is one template, and nothing else, becomes what that stands
 * for: a number stays a number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(fillValue({ id: "{rpc_id}", text: "no. {rpc_id}" }, () => 7), { id: 7, text: "no. 7" });
 * ```
 */
export function fillValue(value: unknown, variables: Variables): unknown {
  if (typeof value === "string") {
    const sole = soleTemplate(value);
    const whole = sole === undefined ? undefined : variables(sole);
    return whole === undefined ? fillText(value, variables) : whole;
  }
  if (Array.isArray(value)) return value.map((member) => fillValue(member, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fillValue(member, variables)]));
}
