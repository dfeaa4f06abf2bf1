// What scenarios link to, written short: paragraphs of specifications, and reports of the same thing in the wild.
import { referenceUrl } from "../../http/errors.ts";
import type { ScenarioLink } from "../scenario.ts";
import type { McpRevision } from "../vocabulary.ts";

const SPECIFICATION = "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization";

/** Sections of MCP's chapter on authorization, by what links call them. */
const mcpSections = {
  "server location": "/authorization-server-discovery#authorization-server-location",
  "resource metadata": "/authorization-server-discovery#protected-resource-metadata-discovery-requirements",
  "server metadata": "/authorization-server-discovery#authorization-server-metadata-discovery",
  "client registration": "/client-registration",
  "client metadata documents": "/client-registration#client-id-metadata-documents",
  "pre-registration": "/client-registration#pre-registration",
  "dynamic registration": "/client-registration#dynamic-client-registration",
  "redirect URI constraints": "/client-registration#application-type-and-redirect-uri-constraints",
  "server binding": "/client-registration#authorization-server-binding",
  "token theft": "/security-considerations#token-theft",
  "communication security": "/security-considerations#communication-security",
  "code protection": "/security-considerations#authorization-code-protection",
  "open redirection": "/security-considerations#open-redirection",
  "scope selection": "#scope-selection-strategy",
  "response validation": "#authorization-response-validation",
  "resource parameter": "#resource-parameter-implementation",
  "token requirements": "#token-requirements",
  "token handling": "#token-handling",
  "refresh tokens": "#refresh-tokens",
  "error handling": "#error-handling",
  "step-up": "#step-up-authorization-flow",
} as const;

/** A section of MCP's chapter on authorization. */
export function mcp(section: keyof typeof mcpSections): ScenarioLink {
  return { label: `MCP authorization: ${section}`, url: SPECIFICATION + mcpSections[section] };
}

/**
 * A section of MCP's specification in one of its revisions.
 *
 * @param page Its page, such as `basic/versioning`, with the anchor of the section if it is not about all of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(section("2025-11-25", "basic/lifecycle#version-negotiation").label, "MCP 2025-11-25: version negotiation");
 * ```
 */
export function section(revision: McpRevision, page: string): ScenarioLink {
  const name = page.split(/[/#]/).at(-1) ?? page;
  return {
    label: `MCP ${revision}: ${name.replaceAll("-", " ")}`,
    url: `https://modelcontextprotocol.io/specification/${revision}/${page}`,
  };
}

const TRANSPORTS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports";

/** Sections of MCP's chapter on transports, in the last revision with sessions, by what links call them. */
const transportSections = {
  "sending messages": "#sending-messages-to-the-server",
  "multiple connections": "#multiple-connections",
  "resumability": "#resumability-and-redelivery",
  "session management": "#session-management",
  "listening for messages": "#listening-for-messages-from-the-server",
} as const;

/** A section of MCP's chapter on transports. */
export function mcpTransports(section: keyof typeof transportSections): ScenarioLink {
  return { label: `MCP transports: ${section}`, url: TRANSPORTS + transportSections[section] };
}

/**
 * A paragraph of an RFC.
 *
 * @param paragraph Number and section, such as `9207 2.4`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(rfc("9207 2.4").url, "https://www.rfc-editor.org/rfc/rfc9207.html#section-2.4");
 * ```
 */
export function rfc(paragraph: string): ScenarioLink {
  const label = `RFC ${paragraph}`;
  const url = referenceUrl(label);
  if (url === undefined) throw new Error(`There is no link for ${label}`);
  return { label, url };
}

/** Repositories that are named often, by what the reports call them. */
const repositories: Readonly<Record<string, string>> = {
  ts: "modelcontextprotocol/typescript-sdk",
  py: "modelcontextprotocol/python-sdk",
  insp: "modelcontextprotocol/inspector",
  rs: "modelcontextprotocol/rust-sdk",
  cc: "anthropics/claude-code",
  vsc: "microsoft/vscode",
  remote: "punkpeye/mcp-remote",
};

/**
 * Reports in the wild.
 *
 * @param references Such as `cc#84440` or `owner/repository#12`; GitHub leads from an issue's URL to a pull request, too.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(reports("cc#84440"), [{
 *   label: "anthropics/claude-code#84440",
 *   url: "https://github.com/anthropics/claude-code/issues/84440",
 * }]);
 * ```
 */
export function reports(...references: readonly string[]): readonly ScenarioLink[] {
  return references.map((reference) => {
    const [name = "", number = ""] = reference.split("#");
    const repository = repositories[name] ?? name;
    return { label: `${repository}#${number}`, url: `https://github.com/${repository}/issues/${number}` };
  });
}
