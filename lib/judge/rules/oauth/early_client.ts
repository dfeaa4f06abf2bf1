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
  if (!first) return notObserved("It did not turn to an authorization server");
  const read = serverMetadata.find(({ at }) => at < first.at);
  if (!read && !hasBeginning(view)) return notObserved("What it read before is no longer on record");
  if (!read) return broken("It went to an endpoint without looking for metadata first", [first.at]);
  const names = read.exchange.request.headers.some(([name]) => name === "mcp-protocol-version");
  return names
    ? kept("It looked for metadata first, and named its revision", [read.at, first.at])
    : broken("It looked for metadata without an MCP-Protocol-Version header", [read.at], "SHOULD");
}

/** The rules on clients of that revision. */
export const earlyClientRules: readonly Rule[] = [{
  id: "C31",
  name: "early-metadata-first",
  title:
    "A client of the first revision looks for metadata, naming its revision, before it takes the default endpoints.",
  level: "MUST",
  revisions: ["2025-03-26"],
  isOfMcp: true,
  link: "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#server-metadata-discovery",
  official: ["authorization-server-metadata"],
  check: checkEarlyClient,
}];
