// The official suite's scenarios of calling tools, under names of ours.
import type { Fault } from "../../fault.ts";
import type { Scenario } from "../../scenario.ts";
import { section } from "../links.ts";
import { since2025_06, since2026_07 } from "../since.ts";

/** What the suite's server says to a request, whatever it is about. */
function says(rpc_method: string, result: Readonly<Record<string, unknown>>): Fault {
  return {
    name: `says-to-${rpc_method.replace("/", "-")}`,
    match: { endpoint: "mcp", rpc_method, status: 200 },
    edit: { json: { set: { result: { resultType: "complete", ...result } } } },
  };
}

const cached = { ttlMs: 0, cacheScope: "private" } as const;
const takesNothing = { type: "object", properties: {}, required: [] } as const;

/** Scenarios of the suite; its servers ask for no login, and behind one these are the same. */
export const officialToolScenarios: readonly Scenario[] = [
  {
    name: "add-numbers",
    group: "MCP server",
    story: "The server has one tool, which adds two numbers, and keeps no sessions",
    client: "Lists the tools, and calls this one with two numbers, not with texts",
    plan: { policy: { mcpServer: "adder" } },
    revisions: since2025_06,
    expects: ["C45", "M41"],
    official: "tools_call",
    links: [section("2025-06-18", "server/tools#calling-tools")],
  },
  {
    name: "standard-headers",
    group: "MCP server",
    story: "The server has tools, resources and prompts whose names and URIs have hyphens, escapes and a query",
    client: "Repeats the method of each request in Mcp-Method, and what it is about in Mcp-Name, as they are",
    plan: {
      policy: { mcpFeatures: "all" },
      faults: [
        {
          name: "says-what-it-has",
          match: { endpoint: "mcp", rpc_method: "server/discover", status: 200 },
          edit: {
            json: {
              remove: ["result.instructions"],
              set: { "result.capabilities": { tools: {}, resources: {}, prompts: {} } },
            },
          },
        },
        says("tools/list", {
          ...cached,
          tools: [
            {
              name: "test_headers",
              description: "A simple tool used to test that HTTP headers are sent correctly",
              inputSchema: takesNothing,
            },
            {
              name: "my-hyphenated-tool",
              description: "Tool with hyphen in name to test special chars in Mcp-Name header",
              inputSchema: takesNothing,
            },
          ],
        }),
        says("resources/list", {
          ...cached,
          resources: [
            {
              uri: "file:///path/to/file%20name.txt",
              name: "File with spaces",
              description: "Resource URI with percent-encoded spaces",
            },
            {
              uri: "https://example.com/resource?id=123",
              name: "Resource with query string",
              description: "Resource URI with query string",
            },
          ],
        }),
        says("prompts/list", {
          ...cached,
          prompts: [{ name: "test_prompt", description: "A simple prompt for header testing" }],
        }),
        ...([
          ["tools/call", { content: [{ type: "text", text: "Headers test completed" }] }],
          ["resources/read", { ...cached, contents: [] }],
          ["prompts/get", { messages: [] }],
        ] as const).map(([rpc_method, result]): Fault => ({
          name: `answers-any-${rpc_method.replace("/", "-")}`,
          match: { endpoint: "mcp", rpc_method, authorized: true },
          answer: {
            status: 200,
            body: { jsonrpc: "2.0", id: "{rpc_id}", result: { resultType: "complete", ...result } },
          },
        })),
      ],
    },
    driver: [
      { do: "connect" },
      { do: "list_tools" },
      { do: "call", tool: "test_headers" },
      { do: "call", tool: "my-hyphenated-tool" },
      { do: "list_resources" },
      { do: "read", uri: "file:///path/to/file%20name.txt" },
      { do: "list_prompts" },
      { do: "get_prompt", prompt: "test_prompt" },
      { do: "end" },
    ],
    revisions: since2026_07,
    expects: ["M43", "M44"],
    official: "http-standard-headers",
    links: [section("2026-07-28", "basic/transports/streamable-http#standard-request-headers")],
  },
];
