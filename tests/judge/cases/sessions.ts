/** Cases: how a client is in a session, loses and ends it. */
import { rpcErrorResponse, SESSION_NOT_FOUND } from "../../../lib/mcp/rpc.ts";
import type { Twist } from "../../recorder/recorded_app.ts";
import type { Case } from "./case.ts";

/** Does not know the session of the first request to the MCP endpoint whose body has this in it. */
function losesSessionAt(words: RegExp): Twist {
  let isOver = false;
  return async (request, answer) => {
    const isNamed = request.headers.has("mcp-session-id") && request.method === "POST";
    if (isOver || !isNamed || !words.test(await request.clone().text())) return await answer(request);
    isOver = true;
    return rpcErrorResponse(404, SESSION_NOT_FOUND, "Session not found");
  };
}

/** Takes a session id in capitals for the one that it is. */
function readsAnyCase(): Twist {
  const known = new Map<string, string>();
  return async (request, answer) => {
    const sent = request.headers.get("mcp-session-id");
    const right = sent === null ? undefined : known.get(sent);
    const headers = new Headers(request.headers);
    if (right !== undefined) headers.set("mcp-session-id", right);
    const response = await answer(right === undefined ? request : new Request(request, { headers }));
    const given = response.headers.get("mcp-session-id");
    if (given !== null) known.set(given.toUpperCase(), given);
    return response;
  };
}

/** Offers no stream of its own messages. */
function refusesGet(answer: () => Response): () => Twist {
  return () => async (request, proceed) =>
    request.method === "GET" && new URL(request.url).pathname === "/oauth" ? answer() : await proceed(request);
}

const listening = { client: { listens: true } } as const;

/** How a client is in a session, loses and ends it. */
export const sessionCases: readonly Case[] = [
  {
    rule: "M27",
    slips: ["asks for its stream again and again"],
    twist: refusesGet(() => new Response(null, { status: 405, headers: { allow: "POST, DELETE" } })),
    isRecommended: true,
    ...listening,
  },
  {
    rule: "M27",
    slips: ["asks for its stream again and again"],
    twist: refusesGet(() => Response.json({ jsonrpc: "2.0", id: null, result: {} })),
    isRecommended: true,
    ...listening,
  },
  { rule: "M33", slips: ["leaves out its session id"], ...listening },
  { rule: "M33", slips: ["changes its session id"], twist: readsAnyCase },
  { rule: "M33", slips: ["makes up a session id"], app: { policy: { sessionIds: "none" } } },
  { rule: "M34", slips: ["puts its session id into the URL", "takes its session elsewhere"] },
  { rule: "M35", slips: ["keeps its lost session"], twist: () => losesSessionAt(/"tools\/list"/) },
  { rule: "M36", slips: ["goes on after it has ended its session"], isRecommended: true },
  {
    rule: "M110",
    slips: ["keeps its cursor for the next session"],
    app: { catalogue: { page_sizes: [2, 2] } },
    twist: () => losesSessionAt(/"cursor"/),
  },
];
