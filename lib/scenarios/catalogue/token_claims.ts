// Tokens that are not what they should be, and keys that cannot tell.
import type { Scenario } from "../scenario.ts";
import { mcp, rfc } from "./links.ts";

/** Scenarios of tokens that the MCP server, or a client that looks into them, refuses. */
export const tokenClaimsScenarios: readonly Scenario[] = [
  {
    name: "wrong-audience",
    group: "MCP server",
    story: "Access tokens are for another resource, whatever was requested, and the MCP server refuses them",
    client: "Gives up after a few attempts, and says that the token is not for this server",
    plan: { mint: { claims: { aud: "https://another-resource.example.com/mcp" } } },
    expects: ["C14", "C20", "C36"],
    reaches: { gives_up_within: 4 },
    links: [mcp("token requirements"), rfc("8707 2"), rfc("9068 4")],
  },
  {
    name: "bad-signature",
    group: "MCP server",
    story:
      "Every token has a signature that does not verify, and the MCP server refuses it; so should a client that reads id_tokens",
    client: "Refuses the id_token if it reads one; gives up after a few refusals of the access token",
    plan: { mint: { signature: "wrong" } },
    expects: ["C20", "C36"],
    reaches: { gives_up_within: 4 },
    links: [rfc("9068 4"), rfc("7515 5.2")],
  },
  {
    name: "unknown-kid",
    group: "MCP server",
    story: "Tokens name a key that is not in the key set, and the MCP server refuses them",
    client: "Fetches the key set once more, not endlessly; gives up after a few refusals",
    plan: { mint: { signature: "foreign" } },
    expects: ["C20", "C36"],
    reaches: { gives_up_within: 4 },
    links: [rfc("7515 4.1.4"), rfc("7517 4.5")],
  },
  {
    name: "jwks-without-key",
    group: "Token endpoint",
    story: "The key set lacks the signing key, as one that was cached before a key rotation does; tokens work",
    client: "Uses the access token without reading it; cannot verify an id_token, and says so",
    plan: { policy: { publishedKeys: "replaced" } },
    expects: ["C22"],
    links: [
      rfc("7517 5"),
      {
        label: "OpenID Connect Core 10.1.1",
        url: "https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys",
      },
    ],
  },
];
