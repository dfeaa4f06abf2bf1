// The MCP sessions that asking opens at a server: each is ended, and where the server does not let go of one, that is said.
import { textOf } from "../judge/reading.ts";
import { headerOf } from "../recorder/exchange.ts";
import { methodOf, type Observed, resultOf } from "./observed.ts";

/** A session that a server still has, as far as was seen. */
export interface OpenSession {
  /** Headers of a request that ends it. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the server answered to such a request; undefined if there was none, or no answer. */
  readonly refused: number | undefined;
}

/** The sessions that were opened, and not ended. */
export function openSessions(observed: readonly Observed[]): readonly OpenSession[] {
  const ends = observed.filter(({ method }) => method === "DELETE");
  return observed.flatMap((one) => {
    const id = methodOf(one) === "initialize" && one.status < 300
      ? headerOf(one.response, "mcp-session-id")
      : undefined;
    if (id === undefined) return [];
    const ended = ends.findLast(({ request }) => headerOf(request, "mcp-session-id") === id);
    // 404 says that there is none (Streamable HTTP, Session Management).
    if (ended && (ended.status < 300 || ended.status === 404)) return [];
    const access = headerOf(one.request, "authorization");
    const revision = textOf(resultOf(one), "protocolVersion");
    const headers = {
      ...(access === undefined ? {} : { authorization: access }),
      ...(revision === undefined ? {} : { "mcp-protocol-version": revision }),
      "mcp-session-id": id,
    };
    return [{ headers, refused: ended?.status }];
  });
}

/** What is to be said of sessions that stay there. */
export function describeOpen(open: readonly OpenSession[]): readonly string[] {
  const answers = [...new Set(open.map(({ refused }) => refused))];
  return answers.map((status) => {
    const count = open.filter(({ refused }) => refused === status).length;
    const which = count === 1 ? "an MCP session" : `${count} MCP sessions`;
    return `${which}: DELETE was ${status === undefined ? "not answered" : `answered with ${status}`}`;
  });
}
