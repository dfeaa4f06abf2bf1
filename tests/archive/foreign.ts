/** What this server has recorded, as another tool would have recorded it at other servers. */
import { buildHar } from "../../lib/judge/formats/har.ts";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { origin } from "../helpers.ts";

/** Where everything lies elsewhere: the first that fits counts. Only the first revision has both servers at one origin. */
function movesTo(mcp: string, login: string): readonly (readonly [from: string, to: string])[] {
  const endpoints = ["authorize", "token", "register", "revoke", "introspect", "userinfo", "jwks", "par", "device"];
  return [
    [`${origin}/.well-known/oauth-protected-resource/oauth`, `${mcp}/.well-known/oauth-protected-resource/v1/mcp`],
    [`${origin}/.well-known/oauth-protected-resource`, `${mcp}/.well-known/oauth-protected-resource`],
    ...endpoints.map((name) => [`${origin}/oauth/${name}`, `${login}/as/${name}-x`] as const),
    // Where HTTP+SSE tells to send messages, it says as a path.
    ["data: /oauth/messages", "data: /v1/mcp/messages"],
    ...["oauth", "icons", "custom", "canary"].map((name) =>
      [`${origin}/${name}`, `${mcp}/${name === "oauth" ? "v1/mcp" : name}`] as const
    ),
    [`${origin}/no-auth`, `${mcp}/open`],
    [`"resource":"${origin}"`, `"resource":"${mcp}"`],
    [`\\"resource\\":\\"${origin}\\"`, `\\"resource\\":\\"${mcp}\\"`],
    [`resource=${encodeURIComponent(origin)}`, `resource=${encodeURIComponent(mcp)}`],
    [origin, login],
  ];
}

/** How another tool would have recorded it. */
export interface Foreign {
  /** Whether the MCP server and the authorization server have one origin. */
  readonly isOneOrigin: boolean;
  /** Whether the tool says which requests their clients have aborted. */
  readonly tellsAborted: boolean;
  /** Whether it leaves out what shows who sends a request. */
  readonly isSanitized?: boolean;
}

/** An archive of exchanges with other servers, in which nothing stands that HAR has no member for. */
export function foreignHar(
  exchanges: readonly Exchange[],
  { isOneOrigin, tellsAborted, isSanitized = false }: Foreign,
): string {
  const login = "https://login.vendor.example";
  const { log } = buildHar(exchanges, "1");
  const entries = log.entries.map(({ _exchange, comment: _comment, ...entry }, index) => {
    const { request, response, stream } = exchanges[index] ?? {};
    const headers = request?.headers.filter(([name]) => name !== "authorization").map(([name, value]) => ({
      name,
      value,
    }));
    if (isSanitized) return { ...entry, request: { ...entry.request, headers } };
    if (stream?.endedBy !== "client") return entry;
    // Where the head of an answer had not come, there is none.
    const isLeft = response?.truncated && response.body === undefined;
    const ending = { ...isLeft ? { status: 0 } : {}, ...tellsAborted ? { _error: "net::ERR_ABORTED" } : {} };
    return { ...entry, response: { ...entry.response, ...ending } };
  });
  let text = JSON.stringify({ log: { ...log, creator: { name: "WebInspector", version: "537" }, entries } });
  for (const [from, to] of movesTo(isOneOrigin ? login : "https://mcp.vendor.example:8443", login)) {
    text = text.replaceAll(from, to).replaceAll(encodeURIComponent(from), encodeURIComponent(to));
  }
  return text;
}
