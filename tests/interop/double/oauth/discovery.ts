/** How the test client finds the authorization server of the MCP server. */
import type { Http } from "../http.ts";
import { type Setting, Stop } from "../options.ts";
import { type Challenge, type Document, read, textOf } from "../readings.ts";

/** Reads metadata. */
export interface Discovery {
  readonly findResource: (challenge: Challenge) => Promise<Document>;
  readonly findServer: (issuer: string) => Promise<Document>;
  /** The first revision has default endpoints for servers without metadata. */
  readonly findEarly: () => Promise<Document>;
}

export function createDiscovery({ slip, base, host, mcpUrl }: Setting, { get, patiently }: Http): Discovery {
  const wellKnown = `${host}/.well-known`;

  async function findResource(challenge: Challenge): Promise<Document> {
    const named = slip === "ignores the named metadata" ? undefined : challenge("resource_metadata");
    const path = mcpUrl.slice(host.length);
    const places = [`${wellKnown}/oauth-protected-resource${path}`, `${wellKnown}/oauth-protected-resource`];
    if (slip === "looks at the root first") places.reverse();
    for (const url of named === undefined ? places : [named]) {
      const response = await get(url);
      const document = await read(response);
      if (!document || !response.ok) continue;
      if (!mcpUrl.startsWith(textOf(document, "resource")) && slip !== "takes any resource") throw new Stop();
      return document;
    }
    throw new Stop();
  }

  async function findServer(issuer: string): Promise<Document> {
    const bare = issuer.replace(/\/$/, "");
    const path = bare.slice(host.length);
    const places = [
      `${wellKnown}/oauth-authorization-server${path}`,
      `${wellKnown}/openid-configuration${path}`,
      ...(path === "" ? [] : [`${bare}/.well-known/openid-configuration`]),
    ];
    if (slip === "looks for OpenID first") places.reverse();
    for (const url of places) {
      const response = await patiently(() => get(url));
      const document = await read(response);
      if (response.status >= 500) throw new Stop();
      if (!document || !response.ok) continue;
      if (document.issuer !== issuer && slip !== "trusts any metadata") throw new Stop();
      return document;
    }
    throw new Stop();
  }

  async function findEarly(): Promise<Document> {
    const defaults = {
      code_challenge_methods_supported: ["S256"],
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      registration_endpoint: `${base}/register`,
    };
    if (slip === "skips server metadata") return defaults;
    const headers: Record<string, string> = slip === "leaves out the version"
      ? {}
      : { "mcp-protocol-version": "2025-03-26" };
    const response = await patiently(() => get(`${wellKnown}/oauth-authorization-server`, headers));
    const document = await read(response);
    return document && response.ok ? document : defaults;
  }

  return { findResource, findServer, findEarly };
}
