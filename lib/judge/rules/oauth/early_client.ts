/**
 * The rule on how a client of the first revision with authorization finds its authorization server.
 *
 * @module
 */
import { hasBeginning, type View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, type Rule } from "../rule.ts";

function checkEarlyClient(view: View): Outcome {
  const { serverMetadata, registrations, authorizations, tokens } = view;
  const [first] = [...registrations, ...authorizations, ...tokens].sort((one, other) => one.at - other.at);
  if (!first) return notObserved("It did not contact an authorization server");
  const read = serverMetadata.find(({ at }) => at < first.at);
  if (!read && !hasBeginning(view)) return notObserved("What it read before is no longer on record");
  if (!read) return broken("It used an endpoint without requesting metadata first", [first.at]);
  const names = read.exchange.request.headers.some(([name]) => name === "mcp-protocol-version");
  return names
    ? kept("It requested metadata first, with an MCP-Protocol-Version header", [read.at, first.at])
    : broken("It requested metadata without an MCP-Protocol-Version header", [read.at], "SHOULD");
}

/** The rules on clients of that revision. */
export const earlyClientRules: readonly Rule[] = [{
  id: "C31",
  name: "early-metadata-first",
  title:
    "A client of the first revision requests metadata, with its version in a header, before it uses default endpoints.",
  level: "MUST",
  revisions: ["2025-03-26"],
  isOfMcp: true,
  link: "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#server-metadata-discovery",
  official: ["authorization-server-metadata"],
  check: checkEarlyClient,
}];
