/** Lists in pages, as a plan has them. */
import assert from "node:assert/strict";
import type { Catalogue } from "../../lib/scenarios/mcp_catalogue.ts";
import {
  ANN,
  assertRefused,
  beginSession,
  type Fetch,
  messagesOf,
  OPEN,
  openMcp,
  post,
  postModern,
  rpc,
} from "./helpers.ts";

const paged: Catalogue = {
  page_sizes: [3, 1, 0, 7],
  cursors: ["", '{"at":[4]}', "+/=%&?#", "ä🙂".repeat(1000)],
};

/** Follows the cursors of a list; how many entries each page had. */
async function sizesOf(list: (cursor?: string) => Promise<Response>, member: string): Promise<readonly number[]> {
  const sizes: number[] = [];
  let cursor: string | undefined;
  do {
    const response = await list(cursor);
    assert.equal(response.status, 200);
    const [message] = await messagesOf(response);
    const result: Record<string, unknown> = Object(message?.result);
    assert(Array.isArray(result[member]), JSON.stringify(message));
    sizes.push(result[member].length);
    cursor = typeof result.nextCursor === "string" ? result.nextCursor : undefined;
  } while (cursor !== undefined);
  return sizes;
}

const lists = {
  tools: "tools/list",
  prompts: "prompts/list",
  resources: "resources/list",
  resourceTemplates: "resources/templates/list",
} as const;

Deno.test("every list comes in pages of the sizes of the plan, in both eras (MCP server/utilities/pagination)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("conformance", OPEN, {}, paged);
  const session = await beginSession(fetch);
  for (const [member, method] of Object.entries(lists)) {
    const modern = await sizesOf((cursor) => postModern(fetch, { method, params: { cursor } }), member);
    const inSession = await sizesOf((cursor) => post(fetch, rpc(method, { cursor }), session), member);
    assert.deepEqual(inSession, modern, member);
    const expected = { prompts: [3, 1, 0, 1], resources: [3], resourceTemplates: [1] };
    if (member === "tools") assert.deepEqual(modern.slice(0, 4), [3, 1, 0, 7]);
    else assert.deepEqual(modern, Object.entries(expected).find(([name]) => name === member)?.[1]);
  }
});

Deno.test("a list that is cut in its own way has pages of its own sizes and cursors, and the others have theirs", async () => {
  await using mcp = await openMcp();
  const own: Catalogue = { page_sizes: [2], pages: { resources: { page_sizes: [1], page_size: 1, cursors: ["b"] } } };
  const fetch = mcp.fetchAs("conformance", OPEN, {}, own);
  const sizes = (method: string, member: string): Promise<readonly number[]> =>
    sizesOf((cursor) => postModern(fetch, { method, params: { cursor } }), member);
  assert.deepEqual(await sizes("resources/list", "resources"), [1, 1, 1]);
  assert.equal((await sizes("prompts/list", "prompts"))[0], 2);
  const [message] = await messagesOf(await postModern(fetch, { method: "resources/list", params: { cursor: "b" } }));
  assert.match(JSON.stringify(message), /"nextCursor":"page-3"/);
});

Deno.test("all pages together are the whole list", async () => {
  await using mcp = await openMcp();
  const names = (await toolsOf(mcp.fetchAs("oauth", ANN))).map(({ name }) => name);
  const fetch = mcp.fetchAs("oauth", ANN, {}, paged);
  const read: unknown[] = [];
  await sizesOf(async (cursor) => {
    const response = await postModern(fetch, { method: "tools/list", params: { cursor } });
    read.push(...Object((await response.clone().json()).result).tools);
    return response;
  }, "tools");
  assert.deepEqual(read.map((tool) => Object(tool).name), names);
});

async function toolsOf(fetch: Fetch): Promise<readonly { readonly name: string }[]> {
  return (await (await postModern(fetch, { method: "tools/list" })).json()).result.tools;
}

Deno.test("a cursor that no page has named is refused with -32602 (MCP server/utilities/pagination, error handling)", async () => {
  await using mcp = await openMcp();
  for (const [plan, words] of [[{}, "there is one page"], [paged, "it is none of those"]] as const) {
    const fetch = mcp.fetchAs("conformance", OPEN, {}, plan);
    const session = await beginSession(fetch);
    for (const method of Object.values(lists)) {
      for (
        const response of [
          await post(fetch, rpc(method, { cursor: "page-9" }), session),
          await postModern(fetch, { method, params: { cursor: "page-9" } }),
        ]
      ) {
        const [message] = await messagesOf(response);
        const { code, message: said }: Record<string, unknown> = Object(message?.error);
        assert.equal(code, -32602);
        assert(String(said).startsWith(`Invalid cursor "page-9": ${words}`), String(said));
      }
    }
  }
});

Deno.test("a cursor that is given twice leads round in a circle", async () => {
  await using mcp = await openMcp();
  const circle = { page_sizes: [1, 1, 1], cursors: ["again", "again"] };
  const fetch = mcp.fetchAs("no-auth", OPEN, {}, circle);
  for (let round = 0; round < 4; round++) {
    const response = await postModern(fetch, { method: "tools/list", params: { cursor: "again" } });
    const { result } = await response.json();
    assert.deepEqual([result.tools.length, result.tools[0].name, result.nextCursor], [1, "mock_add", "again"]);
  }
});

Deno.test("a tool that the plan declares is listed behind the others, and answers with what it was called with", async () => {
  await using mcp = await openMcp();
  const inputSchema = { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } } as const;
  const declared = { tools: [{ name: "räum auf", inputSchema }], built_in: true };
  const fetch = mcp.fetchAs("no-auth", OPEN, {}, declared);
  assert.deepEqual((await toolsOf(fetch)).at(-1), { name: "räum auf", inputSchema });
  const session = await beginSession(fetch);
  const params = { name: "räum auf", arguments: { region: "eu" } };
  const [inSession] = await messagesOf(await post(fetch, rpc("tools/call", params), session));
  const text = JSON.stringify({ name: "räum auf", arguments: { region: "eu" } });
  assert.deepEqual(inSession?.result, { content: [{ type: "text", text }] });
  const call = (headers: Record<string, string>): Promise<Response> =>
    postModern(fetch, { method: "tools/call", params, headers: { "mcp-name": "=?base64?csOkdW0gYXVm?=", ...headers } });
  await assertRefused(await call({}), 400, -32020, 1);
  assert.equal((await (await call({ "mcp-param-region": "eu" })).json()).result.content[0].text, text);
});
