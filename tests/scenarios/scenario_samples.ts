/** Scenarios to look at: one with everything that a scenario can have, and one with little. */
import type { Scenario } from "../../main.ts";

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
    { label: "sample#1342", url: "https://github.com/modelcontextprotocol/typescript-sdk/issues/1342" },
  ],
};

/** Has nothing but what every scenario has, and a fault. */
export const plain: Scenario = {
  name: "plain-sample",
  group: "Refresh",
  story: "The refresh token is refused",
  client: "Sends the person to log in again, once",
  plan: {
    faults: [{
      name: "refresh-refused",
      match: { endpoint: "token", grant_type: "refresh_token" },
      answer: { status: 400, body: { error: "invalid_grant" } },
    }],
  },
  expects: [],
  links: [],
};

/** Somebody's own. */
export const custom: Scenario = {
  ...plain,
  name: "custom-sample",
  group: "Custom",
  story: "It's refused, and <b>nobody</b> says why",
  links: [{ label: "a report", url: "https://reports.example/1" }],
};
