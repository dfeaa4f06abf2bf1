/**
 * Where a client has to look for the metadata of an authorization server.
 *
 * @module
 */
import { wellKnown } from "../http/urls.ts";
import { plainUrl } from "./reading.ts";

/**
 * The places where metadata of an issuer can lie, in the order a client has to look (RFC 8414 3.1, OpenID Connect Discovery
 * 4, MCP 2025-11-25 authorization server metadata discovery).
 *
 * @param issuer The issuer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(metadataUrls("https://as.example/tenant"), [
 *   "https://as.example/.well-known/oauth-authorization-server/tenant",
 *   "https://as.example/.well-known/openid-configuration/tenant",
 *   "https://as.example/tenant/.well-known/openid-configuration",
 * ]);
 * ```
 */
export function metadataUrls(issuer: string): readonly string[] {
  const [, origin = "", path = ""] = /^([a-z][\w+.-]*:\/\/[^/]*)(.*?)\/?$/i.exec(plainUrl(issuer)) ?? [];
  const { authorizationServer, openidConfiguration } = wellKnown;
  const inserted = [origin + authorizationServer + path, origin + openidConfiguration + path];
  return path === "" ? inserted : [...inserted, origin + path + openidConfiguration];
}
