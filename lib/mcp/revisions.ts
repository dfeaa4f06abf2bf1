// Which revisions of MCP the server has: those that begin with `initialize`, and the stateless one.
import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/server";
import type { Policy } from "../scenarios/plan.ts";

/** The revision of the stateless era that the SDK serves. */
export const MODERN_REVISION = "2026-07-28";

/** The revisions that a session can have, newest first. */
export function sessionRevisionsOf({ mcpRevisions }: Pick<Policy, "mcpRevisions">): readonly string[] {
  if (!mcpRevisions) return SUPPORTED_PROTOCOL_VERSIONS;
  return mcpRevisions.filter((revision) => revision !== MODERN_REVISION).sort().reverse();
}

/** Whether the server answers requests that come without a session, as they do from 2026-07-28 on. */
export function isStateless({ mcpRevisions }: Pick<Policy, "mcpRevisions">): boolean {
  return mcpRevisions === undefined || mcpRevisions.includes(MODERN_REVISION);
}
