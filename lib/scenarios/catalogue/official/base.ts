// What the fake servers of the official conformance suite have in common, as one preset: they believe every client, agree
// without a person, issue no refresh tokens, and say of themselves no more than a flow needs.
import type { Fault } from "../../fault.ts";
import type { Scenario } from "../../scenario.ts";
import { commonFaults } from "./faults.ts";
import type { OfficialScenario } from "./scenario.ts";
import { defined } from "../../../runtime/defined.ts";

/** Paragraphs that scenarios of the suite are about. */
export const paragraphs = {
  discovery: {
    label: "MCP 2025-11-25, authorization server metadata discovery",
    url:
      "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-metadata-discovery",
  },
  resourceMetadata: {
    label: "MCP 2025-11-25, protected resource metadata discovery",
    url:
      "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#protected-resource-metadata-discovery-requirements",
  },
  scopeSelection: {
    label: "MCP 2025-11-25, scope selection strategy",
    url: "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-selection-strategy",
  },
  scopeChallenge: {
    label: "MCP 2025-11-25, scope challenge handling",
    url: "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-challenge-handling",
  },
  resourceParameter: {
    label: "MCP 2025-11-25, resource parameter",
    url:
      "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#resource-parameter-implementation",
  },
} as const;

/** Makes a scenario of the catalogue. */
export function official(entry: OfficialScenario): Scenario {
  const { of, policy, layout, clients, needs_origin, revisions } = entry;
  return {
    name: entry.name,
    group: "Official suite",
    story: entry.story,
    client: entry.client,
    plan: {
      policy: {
        answer: "approve",
        believeClients: true,
        redirectUriMatch: "any",
        issueRefreshTokens: "never",
        grantTypes: ["authorization_code", "refresh_token"],
        tokenEndpointAuthMethods: ["none"],
        clientIdMetadataDocuments: false,
        serverScopes: [],
        resourceScopes: [],
        serverMetadataAt: ["oauth"],
        resourceMetadataAt: ["path"],
        mcpServer: "minimal",
        ...policy,
      },
      mint: { accessTokenTtlSeconds: 3600 },
      // What is the scenario's own comes last, and so has the last word.
      faults: [...commonFaults(entry), ...entry.faults ?? []].map((fault) => share(fault, entry.name)),
    },
    ...defined({ layout, clients, needs_origin, revisions }),
    expects: entry.expects,
    ...(entry.reaches ? { reaches: entry.reaches } : {}),
    official: `auth/${of}`,
    links: entry.links,
  };
}

/** The faults there are, by what they do. */
const made = new Map<string, Fault>();

/** Scenarios that do the same share the object; what is done in two ways has two names. */
function share({ name, ...change }: Fault, scenario: string): Fault {
  const key = JSON.stringify(change);
  const known = made.get(key);
  if (known) return known;
  const isTaken = made.values().some((fault) => fault.name === name);
  const fault = { name: isTaken ? `${name}-${scenario}` : name, ...change };
  made.set(key, fault);
  return fault;
}
