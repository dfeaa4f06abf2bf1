/** The two sides of the comparison: a fake server of the suite, and a sandbox of ours. */
import { createPrivateKey } from "node:crypto";
import type { App, Scenario } from "../../main.ts";
import type { FakeServer } from "./oracle.ts";
import type { Party } from "./oracle_party.ts";

const ORIGIN = "http://localhost:8789";

/** What both sides call things that lie at different paths. */
const commonWords: Party["words"] = [
  [/(\{base\}|\{second\})((?:\/tenant1)?)\/oauth\/(authorize|token|register)/g, "$1$2/$3"],
  [/Cannot (GET|POST|DELETE) [^<]+/g, "Cannot $1 (path)"],
  [/"(test-)?secret[_-][^"]+"/g, '"(secret)"'],
];

/** Suite scenarios that are new with 2026-07-28 are played in that revision, all others in the one before. */
function revisionOf({ revisions = [] }: Scenario): Party["revision"] {
  return revisions[0] === "2026-07-28" ? "2026-07-28" : "2025-11-25";
}

/** The suite's server. */
export function theirs(scenario: Scenario, { mcpUrl, context }: FakeServer): Party {
  return {
    mcpUrl,
    base: new URL(mcpUrl).origin,
    context,
    send: (url, init) => fetch(url, init),
    revision: revisionOf(scenario),
    words: [
      ...(typeof context.idp_issuer === "string" ? [[context.idp_issuer, "{base}/idp"] as const] : []),
      [/http:\/\/localhost:\d+(\/mismatched-as)?/g, "{base}"],
      ...commonWords,
    ],
  };
}

/** Our sandbox of the scenario. */
export function ours(app: App, scenario: Scenario): Party {
  const { name, needs_origin = false } = scenario;
  const origin = needs_origin ? ORIGIN.replace("//localhost", `//${name}.localhost`) : ORIGIN;
  const prefix = needs_origin ? "" : `/s/${name}`;
  const base = origin + prefix;
  const wellKnown = "/.well-known/oauth-protected-resource";
  const send: Party["send"] = (url, init) => app(new Request(url, init));
  return {
    mcpUrl: `${base}/oauth`,
    base,
    context: contextOf(scenario, base),
    send,
    revision: revisionOf(scenario),
    words: [
      [`${origin}${wellKnown}${prefix}/oauth"`, `{base}${wellKnown}/mcp"`],
      [`${origin}${wellKnown}${prefix}"`, `{base}${wellKnown}"`],
      [base, "{base}"],
      ['{base}/oauth"', '{base}/mcp"'],
      [/(\{base\}(?:\/tenant1)?)\/oauth\/jwks/g, "{base}/.well-known/jwks.json"],
      ["{base}/idp/jwks", "{base}/idp/.well-known/jwks.json"],
      ...commonWords,
    ],
  };
}

/** What a client of ours reads on the page of the scenario. */
function contextOf({ clients = [] }: Scenario, base: string): Party["context"] {
  const [client, idpClient] = clients;
  if (!client) return {};
  const { client_id, client_secret, private_key_jwk } = client;
  return {
    client_id,
    ...(client_secret === undefined ? {} : { client_secret }),
    ...(private_key_jwk ? { private_key_pem: pemOf(private_key_jwk) } : {}),
    idp_client_id: idpClient?.client_id,
    idp_issuer: `${base}/idp`,
    idp_token_endpoint: `${base}/idp/token`,
  };
}

function pemOf(jwk: Readonly<Record<string, unknown>>): string {
  return createPrivateKey({ key: { ...jwk }, format: "jwk" }).export({ format: "pem", type: "pkcs8" }).toString();
}

/** Asks our identity provider for what the suite hands to its clients ready-made. */
export async function withAssertions(party: Party): Promise<Party> {
  const { context, base, send } = party;
  const ask = async (fields: Readonly<Record<string, string>>): Promise<string> => {
    const body = new URLSearchParams({ grant_type: "client_credentials", ...fields });
    const response = await send(`${base}/idp/token`, { method: "POST", body });
    return (await response.json()).access_token;
  };
  if (typeof context.idp_client_id === "string") {
    const requested_token_type = "urn:ietf:params:oauth:token-type:id_token";
    const idToken = await ask({ client_id: context.idp_client_id, requested_token_type });
    return { ...party, context: { ...context, idp_id_token: idToken } };
  }
  const client_id = String(context.client_id);
  const valid = await ask({ client_id, audience: base });
  const wrong = await ask({ client_id, audience: "https://wrong.example" });
  return { ...party, context: { ...context, valid_jwt: valid, wrong_audience_jwt: wrong } };
}
