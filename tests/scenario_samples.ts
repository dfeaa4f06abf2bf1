/** Scenarios to look at: one with everything that a scenario can have, and as many as one asks for. */
import type { Scenario } from "../main.ts";

/** Has clients, keys, an official name, revisions, and needs an origin. */
export const rich: Scenario = {
  name: "rich-sample",
  group: "Official suite",
  story: "The server names an issuer that it is not",
  client: "Stops before it sends anybody to log in",
  plan: {},
  needs_origin: true,
  clients: [{
    client_id: "sample-client",
    client_secret: "sample-secret",
    token_endpoint_auth_method: "private_key_jwt",
    grant_types: ["client_credentials", "authorization_code"],
    redirect_uris: ["http://localhost:3000/callback"],
    private_key_jwk: { kty: "OKP", crv: "Ed25519", d: "private-part" },
  }],
  expects: ["C5", "C25"],
  official: "auth/sample",
  revisions: ["2025-11-25", "2026-07-28"],
  links: [
    { label: "RFC 8414 3.3", url: "https://www.rfc-editor.org/rfc/rfc8414#section-3.3" },
    { label: "ts#1342", url: "https://github.com/modelcontextprotocol/typescript-sdk/issues/1342" },
  ],
};

/** Has nothing but what every scenario has. */
export const plain: Scenario = {
  name: "plain-sample",
  group: "Refresh",
  story: "The refresh token is refused",
  client: "Sends the person to log in again, once",
  plan: {},
  expects: [],
  links: [],
};

/** As many as the catalogue is meant to have at the least, spread over its groups. */
export function manyScenarios(count: number): readonly Scenario[] {
  const groups = ["Discovery", "Registration", "Authorization", "Token endpoint", "Refresh", "Providers"] as const;
  return Array.from({ length: count }, (_, index) => ({
    ...plain,
    name: `sample-${index}`,
    group: groups[index % groups.length] ?? "Custom",
    story: `The token endpoint answers the request number ${index} with a page in HTML in place of its JSON`,
    client: "Says that the answer could not be read, tries again later, and does not send the person to log in again",
    expects: ["C5", "C25"],
    links: rich.links,
  }));
}
