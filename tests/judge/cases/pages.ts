/** Cases: how a client reads lists that come in pages. */
import type { Twist } from "../../recorder/recorded_app.ts";
import { z } from "zod";
import type { Case } from "./case.ts";

/** Lists the tools in three pages, the second of them empty. */
function inPages(): Twist {
  const after = new Map([[undefined, "a+/=%& page"], ["a+/=%& page", "{}"]]);
  const asked = z.object({
    id: z.union([z.string(), z.number()]),
    method: z.literal("tools/list"),
    params: z.looseObject({ cursor: z.string().optional() }),
  });
  return async (request, answer) => {
    const sent = request.method === "POST" ? await request.clone().text() : "";
    const response = await answer(request);
    const parsed = asked.safeParse(/"tools\/list"/.test(sent) ? JSON.parse(sent) : undefined);
    if (!parsed.success || !response.ok) return response;
    await response.body?.cancel();
    const { id, params: { cursor } } = parsed.data;
    const nextCursor = after.get(cursor);
    const tools = cursor === "a+/=%& page" ? [] : [{ name: "mock_echo", inputSchema: { type: "object" } }];
    const result = { resultType: "complete", tools, ...(nextCursor === undefined ? {} : { nextCursor }) };
    return Response.json({ jsonrpc: "2.0", id, result });
  };
}

/** How a client reads lists that come in pages. */
export const pageCases: readonly Case[] = [
  {
    rule: "M107",
    slips: ["takes the first page for all", "reads one page for ever"],
    twist: inPages,
    isRecommended: true,
  },
  { rule: "M109", slips: ["changes cursors"], twist: inPages },
];
