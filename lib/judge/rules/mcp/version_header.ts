// The rule on the header in which a client names the revision of MCP that was settled. Where nothing is settled, since
// 2026-07-28, M41 and M42 are about the same header.

import { FIRST_STATELESS } from "../../conversation.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2025_06 } from "../rule.ts";

/** The revision that introduced the header. */
const FIRST = "2025-06-18";

/**
 * Whether what a request has to name is certain. Without a session it may come from another process of the client, or from
 * one that has yet to find out, by a GET, which transport the server has.
 */
function isCertain({ session, verb, versions: { offered } }: McpStep, alone: string | undefined): boolean {
  return session !== undefined || offered !== undefined || (alone !== undefined && verb === "POST");
}

function nameOf({ verb, method }: McpStep): string {
  return [verb, method].filter(Boolean).join(" ");
}

function checkHeader({ settled, calls }: View): Outcome {
  const [only, second] = new Set(settled.values());
  const alone = second === undefined && calls.every(({ session }) => session === undefined) ? only : undefined;
  const [named, bare]: [McpStep[], McpStep[]] = [[], []];
  let other: Outcome | undefined;
  for (const [call, version] of settled) {
    if (version < FIRST || version >= FIRST_STATELESS || !isCertain(call, alone)) continue;
    const { inHeader } = call.versions;
    if (inHeader === undefined) bare.push(call);
    else if (inHeader === version) named.push(call);
    else {
      other ??= broken(
        `It named ${inHeader} in the header of ${nameOf(call)}, where ${version} was settled`,
        [call.at],
        "SHOULD",
      );
    }
  }
  const [first] = bare;
  if (first) {
    const more = named.length > 0
      ? ""
      : bare.length === 1
      ? ""
      : `, and none of the ${bare.length - 1} that followed had one`;
    return broken(`It sent ${nameOf(first)} without an MCP-Protocol-Version header${more}`, positionsOf(bare));
  }
  if (other) return other;
  return named.length === 0
    ? notObserved("It sent no request after a revision was settled")
    : kept("It named the revision that was settled in the header of every request", positionsOf(named));
}

/** The rules on the header. */
export const versionHeaderRules: readonly Rule[] = [{
  id: "C45",
  name: "settled-version-in-header",
  title: "A client names the revision that was settled in the MCP-Protocol-Version header of all later requests.",
  level: "MUST",
  revisions: SINCE_2025_06.filter((revision) => revision < FIRST_STATELESS),
  isOfMcp: true,
  isOfMessages: true,
  link: "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#protocol-version-header",
  official: [],
  check: checkHeader,
}];
