/**
 * The half that speaks MCP: a small client in all four revisions. What it does where it is refused a request for lack of
 * a token, is `Login`.
 */
import type { Http } from "../http.ts";
import type { Login } from "../oauth/login.ts";
import { type Setting, Stop } from "../options.ts";
import type { Document } from "../readings.ts";
import { CLIENT_INFO, createLink, type Link } from "./link.ts";

/** It speaks with one MCP endpoint. */
export interface Mcp {
  readonly link: Link;
  /** Settles a revision, and begins a session where there are some. */
  readonly open: () => Promise<void>;
  /** Sends a message, with what has to happen until it is let through, and returns the text of the answer. */
  readonly call: (method: string, params?: Document) => Promise<string>;
}

export function createMcp(setting: Setting, { patiently }: Http, login: Login): Mcp {
  const link = createLink(setting, login);

  async function open(): Promise<void> {
    if (link.isModern()) return void await call("server/discover");
    await call("initialize", { protocolVersion: link.revision, capabilities: {}, clientInfo: CLIENT_INFO });
    await call("notifications/initialized");
  }

  async function call(method: string, params: Document = {}): Promise<string> {
    const earlier: Response[] = [];
    for (;;) {
      let again = (): Promise<Response> => Promise.reject(new Stop());
      const response = await patiently(async () => {
        const sent = await link.post(method, params);
        again = sent.again;
        return sent.response;
      });
      if (response.status < 400) {
        login.onAccepted();
        if (method === "initialize") link.session = response.headers.get("mcp-session-id") ?? undefined;
        // What broke off on the way is reported, and not sent again: the tool may have run.
        return await response.text().catch(() => "");
      }
      if (response.status === 404 && link.session !== undefined) {
        await response.body?.cancel();
        link.session = undefined;
        await open();
      } else if (response.status === 400 && link.isModern()) {
        await response.body?.cancel();
        link.revision = "2025-11-25";
        await open();
      } else {
        const { revision } = link;
        if (earlier.length > 20) throw new Stop();
        const listTools = async (): Promise<Response> => (await link.post("tools/list", {})).response;
        await login.onRefused({ response, earlier, revision, again, listTools });
      }
      earlier.push(response);
    }
  }

  return { link, open, call };
}
