/** What the clients of both SDKs see of a server: each request they make and its answer, and what they list. */
import assert from "node:assert/strict";
import { z } from "zod";
import { messageWith, type Observed } from "../../lib/clone/observed.ts";
import { sdkV1 } from "../matrix/sdk_v1.ts";
import { sdkV2 } from "../matrix/sdk_v2.ts";
import type { ListedTool, Sdk } from "../matrix/walk.ts";
import { callbackUrl, type Fetch } from "./server.ts";

/** The clients. */
export const clients: Readonly<Record<string, Sdk>> = { "SDK 1.x": sdkV1, "SDK 2.x": sdkV2 };

/** What a client has seen. */
export interface Visit {
  readonly seen: readonly Observed[];
  readonly tools: readonly ListedTool[];
  /** The token that it was given. */
  readonly token: string | undefined;
}

/** Has a client connect, log in if it must, and list all there is. */
export async function visit(sdk: Sdk, url: string, browse: (url: URL) => Promise<URL> = goThrough): Promise<Visit> {
  const seen: Observed[] = [];
  let tools: readonly ListedTool[] = [];
  const program = sdk({
    url,
    fetch: watching(seen),
    browse,
    machine: undefined,
    readsAll: true,
    calls: (listed) => {
      tools = listed;
      return [];
    },
  });
  assert(typeof program !== "string", String(program));
  const connection = await program.connect().catch(async (error) => {
    if (!program.mustLogIn(error)) throw error;
    const callback = program.callback();
    assert(callback, "nobody was sent to a browser");
    await program.finish(callback);
    return await program.connect();
  });
  await connection.callTool();
  await connection.close();
  const tokens = seen.map(({ response }) => tokenIn(response.body)).filter((token) => token !== undefined);
  return { seen, tools, token: tokens.at(-1) };
}

/** The most pages that a login takes. */
const MAX_PAGES = 10;

/** Goes where a browser is sent, with its cookies, until it is sent back to the client; our own server is told to agree. */
export async function goThrough(start: URL, send: Fetch = fetch): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  url.searchParams.append("auto_approve", "true");
  for (let page = 0; page < MAX_PAGES; page++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await send(url, { redirect: "manual", headers: { cookie } });
    const text = await response.text();
    for (
      const [, name = "", value = ""] of response.headers.getSetCookie().map((set) =>
        /^([^=]*)=([^;]*)/.exec(set) ?? []
      )
    ) {
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    assert(location !== null, `${url} answered ${response.status}: ${text.slice(0, 300)}`);
    url = new URL(location, url);
    if (url.href.startsWith(callbackUrl)) return url;
  }
  assert.fail(`the login goes on behind ${url}`);
}

/** A `fetch` that notes what went by; a stream of events is noted without what comes on it later. */
function watching(seen: Observed[]): Fetch {
  return async (input, init = {}) => {
    const { body } = init;
    const sent = messageWith(new Headers(init.headers), body === undefined || body === null ? undefined : String(body));
    const response = await fetch(input, { redirect: "manual", ...init });
    const isOpen = response.headers.get("content-type")?.startsWith("text/event-stream") && init.method === "GET";
    const text = isOpen || !response.body ? undefined : await response.text();
    seen.push({
      method: init.method ?? "GET",
      url: String(input),
      request: sent,
      status: response.status,
      response: messageWith(response.headers, text),
    });
    return isOpen || !response.body ? response : new Response(text, response);
  };
}

const tokenResponse = z.object({ access_token: z.string() });

function tokenIn(body: string | undefined): string | undefined {
  try {
    return tokenResponse.safeParse(JSON.parse(body ?? "")).data?.access_token;
  } catch {
    return undefined;
  }
}
