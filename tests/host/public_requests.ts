/** Requests of one address to a public server, for its attacker and its visitors. */

/** One address's requests. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** Sends as a proxy of the server's own network does, which says whose request it is. */
export function sendTo(origin: string, address: string): Send {
  return (path, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("x-forwarded-for", address);
    return fetch(origin + path, { redirect: "manual", ...init, headers });
  };
}

export function postJson(body: unknown): RequestInit {
  return { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

const mcp = { accept: "application/json, text/event-stream", "content-type": "application/json" };

export function toolCall(token: string, message: string): RequestInit {
  return {
    method: "POST",
    headers: {
      ...mcp,
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "mock_echo",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name: "mock_echo",
        arguments: { message },
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  };
}
