// Requests of which a recording does not have the headers, so that nothing follows from one that is not there.
import { isObject } from "../http/json.ts";
import { messagesOf, textOf } from "../judge/reading.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import type { Archive } from "./read_har.ts";

/** Headers that a client of MCP sets itself. */
const OWN = /^(?:authorization|dpop|last-event-id|mcp-.*)$/;
/** The first revision with a header that every request has. */
const FIRST_WITH_HEADER = "2025-06-18";

/**
 * The requests without their headers: others of the same recording have more than was set by hand, or none has any of those that
 * some must have had.
 */
export function bareIn({ ofWire }: Pick<Archive, "ofWire">, exchanges: readonly Exchange[]): ReadonlySet<Exchange> {
  const without = exchanges.filter(({ sequence, request }) => !ofWire.has(sequence) && !hasOwn(request));
  const isSurelyBare = ofWire.size > 0 || (without.length === exchanges.length && needHeaders(exchanges));
  return new Set(isSurelyBare ? without : without.filter(({ request }) => hasNone(request)));
}

/** Whether there is nothing at all, but for what its body tells. */
function hasNone({ headers }: Exchange["request"]): boolean {
  return headers.every(([name]) => name === "content-type");
}

function hasOwn({ headers }: Exchange["request"]): boolean {
  return headers.some(([name]) => OWN.test(name));
}

/** Whether a client has come so far that it must have sent some header of MCP. */
function needHeaders(exchanges: readonly Exchange[]): boolean {
  return exchanges.some(({ request, response }) => {
    const [sent, answered] = [messagesOf(request)[0], messagesOf(response).find(({ result }) => isObject(result))];
    const meta = isObject(sent?.params) && isObject(sent.params._meta) ? sent.params._meta : undefined;
    const settled = isObject(answered?.result) ? textOf(answered.result, "protocolVersion") : undefined;
    const revision = textOf(meta, "io.modelcontextprotocol/protocolVersion") ?? settled ?? "";
    return headerOf(response, "mcp-session-id") !== undefined || revision >= FIRST_WITH_HEADER ||
      textOf(messagesOf(response)[0], "access_token") !== undefined;
  });
}
