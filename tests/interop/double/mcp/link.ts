/** What passes between the test client and one MCP endpoint: its messages, with the headers that their revision asks for. */
import type { Revision } from "../../../../lib/judge/settled.ts";
import { USER_AGENT } from "../http.ts";
import type { Login } from "../oauth/login.ts";
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import { type Outgoing, slipped } from "../slips_messages.ts";

/** Who it says that it is. */
export const CLIENT_INFO = { name: "double", version: "1" } as const;

/** A message that was sent. */
export interface Sent {
  readonly response: Response;
  /** The id of the request; undefined for what is none. */
  readonly id: number | undefined;
  /** Sends the very same once more. */
  readonly again: () => Promise<Response>;
}

/** What is settled with the server, and what is sent to it. */
export interface Link {
  /** The revision that it speaks now. */
  revision: Revision;
  /** The session it is in. */
  session: string | undefined;
  readonly isModern: () => boolean;
  /** Sends a request, with an id that no other has, or a notification. */
  readonly post: (method: string, params: Document) => Promise<Sent>;
}

export function createLink({ options, slip, mcpUrl }: Setting, { present }: Login): Link {
  let ids = 0;
  let before = 0;

  function headersFor(method: string, params: Document): Outgoing["headers"] {
    return {
      ...USER_AGENT,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(link.session === undefined ? {} : { "mcp-session-id": link.session }),
      ...(link.isModern() ? { "mcp-method": method } : {}),
      ...(link.isModern() && typeof params.name === "string" ? { "mcp-name": params.name } : {}),
      ...(method === "initialize" ? {} : { "mcp-protocol-version": link.revision }),
    };
  }

  function paramsOf(params: Document): Document {
    if (!link.isModern()) return params;
    const meta = {
      "io.modelcontextprotocol/protocolVersion": link.revision,
      "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    return { ...params, _meta: meta };
  }

  /** Sends a request as it is, or as a slip changes it; what is refused for that change is sent again as it should be. */
  async function send(build: () => Outgoing, method: string): Promise<Omit<Sent, "id">> {
    const outgoing = build();
    const changed = slipped(slip, outgoing, { method, revision: link.revision, before: before++ });
    const response = await present(changed, method);
    if (changed === outgoing || response.status < 400 || [401, 403].includes(response.status)) {
      return { response, again: () => present(changed, method) };
    }
    await response.body?.cancel();
    const right = build();
    return { response: await present(right, method), again: () => present(right, method) };
  }

  const link: Link = {
    revision: options.version ?? "2026-07-28",
    session: undefined,
    isModern: () => link.revision === "2026-07-28",
    post: async (method, params) => {
      let id: number | undefined;
      const build = (): Outgoing => {
        if (!method.startsWith("notifications/")) id = ++ids;
        const message = { jsonrpc: "2.0", ...(id === undefined ? {} : { id }), method, params: paramsOf(params) };
        return { verb: "POST", url: mcpUrl, headers: headersFor(method, params), message };
      };
      const sent = await send(build, method);
      return { ...sent, id };
    },
  };
  return link;
}
