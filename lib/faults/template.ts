// Templates in what faults write: `{issuer}`, `{token_url}`, `{body.scope}`.
import type { Sandbox } from "../sandbox/sandbox.ts";

/** Values by the text between the braces; undefined for unknown names. */
export type Variables = (name: string) => unknown;

/**
 * The variables that follow from a request's sandbox.
 *
 * @param request The request: its URL, and the id of its JSON-RPC message as JSON, where some fault asks for the message.
 */
export function variablesOf(
  sandbox: Sandbox,
  { url, rpcId }: { readonly url: URL; readonly rpcId?: string | undefined },
): Variables {
  return (name) => {
    if (name.startsWith("query.")) return url.searchParams.get(name.slice("query.".length)) ?? undefined;
    switch (name) {
      case "rpc_id":
        return rpcId;
      case "issuer":
        return sandbox.issuer;
      case "origin":
        return sandbox.origin;
      case "host":
        return new URL(sandbox.origin).host;
      case "path":
        return url.pathname;
      case "prefix":
        return sandbox.prefix;
      case "second_issuer":
        return sandbox.serverAt("second").issuer;
      case "resource_metadata_url":
        return sandbox.urls.oauthProtectedResource;
      case "custom_resource_metadata_url":
        return sandbox.urls.customResourceMetadata;
      case "mcp_url":
        return sandbox.urls.oauth;
    }
    const match = /^(authorize|token|register|jwks|revoke|introspect|userinfo|par|device)_url$/.exec(name);
    return match ? Object.entries(sandbox.urls).find(([key]) => key === match[1])?.[1] : undefined;
  };
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
  return text.replace(/\{([a-z_]+(?:\.[\w-]+)?)\}/g, (whole, name: string) => {
    const value = variables(name);
    if (value === undefined) return whole;
    return typeof value === "string" ? value : JSON.stringify(value);
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

/** Fills templates into every text of a JSON value. */
export function fillValue(value: unknown, variables: Variables): unknown {
  if (typeof value === "string") return fillText(value, variables);
  if (Array.isArray(value)) return value.map((member) => fillValue(member, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fillValue(member, variables)]));
}
