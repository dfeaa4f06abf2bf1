// The official suite's scenarios of calling tools, under names of ours.
import type { Fault } from "../../fault.ts";
import type { CatalogueTool } from "../../mcp_catalogue.ts";
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

/** Arguments of the suite's tool, each with the header that it is marked with and the value that it is called with. */
const marked = [
  ["region", "Region", "us-west1"],
  ["priority", "Priority", 42],
  ["verbose", "Verbose", false],
  ["debug", "Debug", true],
  ["empty_val", "EmptyVal", ""],
  ["method_val", "Method", "test-method"],
  ["non_ascii_val", "NonAscii", "Hello, 世界"],
  ["whitespace_val", "Whitespace", " padded "],
  ["leading_space_val", "LeadingSpace", " us-west1"],
  ["trailing_space_val", "TrailingSpace", "us-west1 "],
  ["internal_space_val", "InternalSpace", "us west 1"],
  ["control_char_val", "ControlChar", "line1\nline2"],
  ["crlf_val", "CrLf", "line1\r\nline2"],
  ["tab_val", "Tab", "\tindented"],
] as const;

function markedProperty(header: string, value: string | number | boolean): Readonly<Record<string, unknown>> {
  return { type: typeof value === "number" ? "integer" : typeof value, "x-mcp-header": header };
}

/** The same for these alone, as a tool that takes a query and a number beside them. */
function toolMarking(name: string, taken: readonly (typeof marked)[number][]): CatalogueTool {
  return {
    name,
    inputSchema: {
      type: "object",
      properties: {
        ...Object.fromEntries(taken.map(([property, header, value]) => [property, markedProperty(header, value)])),
        float_val: { type: "number" },
        query: { type: "string" },
      },
      required: ["region", "priority", "query"],
    },
  };
}

/** Tools whose marks are wrong, by what is wrong with them. */
const badMarks: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  empty_header: { value: { type: "string", "x-mcp-header": "" } },
  object_header: { data: { type: "object", "x-mcp-header": "Data" } },
  array_header: { items: { type: "array", items: { type: "string" }, "x-mcp-header": "Items" } },
  null_header: { nil: { type: "null", "x-mcp-header": "Nil" } },
  duplicate_same_case: {
    field1: { type: "string", "x-mcp-header": "Region" },
    field2: { type: "string", "x-mcp-header": "Region" },
  },
  duplicate_diff_case: {
    field1: { type: "string", "x-mcp-header": "MyField" },
    field2: { type: "string", "x-mcp-header": "myfield" },
  },
  space_in_name: { value: { type: "string", "x-mcp-header": "My Region" } },
  colon_in_name: { value: { type: "string", "x-mcp-header": "Region:Primary" } },
  non_ascii_name: { value: { type: "string", "x-mcp-header": "Région" } },
  control_char_name: { value: { type: "string", "x-mcp-header": "Region\t1" } },
};

function toolTaking(name: string, properties: Readonly<Record<string, unknown>>): CatalogueTool {
  return { name, inputSchema: { type: "object", properties, required: Object.keys(properties) } };
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
  {
    name: "custom-headers",
    group: "MCP server",
    story: "The suite's two tools mark most of their arguments, with values that a header can and cannot carry",
    client: "Repeats each marked argument in its header, in Base64 where it must, and none for what it does not send",
    plan: {},
    catalogue: {
      tools: [
        toolMarking("test_custom_headers", marked),
        toolMarking("test_custom_headers_null", marked.slice(0, 3)),
      ],
    },
    driver: [
      { do: "connect" },
      { do: "list_tools" },
      {
        do: "call",
        tool: "test_custom_headers",
        arguments: {
          ...Object.fromEntries(marked.map(([property, , value]) => [property, value])),
          float_val: 3.14159,
          query: "SELECT * FROM users",
        },
      },
      {
        do: "call",
        tool: "test_custom_headers_null",
        arguments: { region: "us-east1", priority: 1, query: "SELECT 1" },
      },
      { do: "end" },
    ],
    revisions: since2026_07,
    expects: ["M45", "M46", "M47"],
    official: "http-custom-headers",
    links: [section("2026-07-28", "basic/transports/streamable-http#custom-headers-from-tool-parameters")],
  },
  {
    name: "invalid-tool-headers",
    group: "MCP server",
    story: "The suite's ten tools mark their arguments as no tool may, and an eleventh does it right",
    client: "Leaves out those ten, and calls the eleventh",
    plan: {},
    catalogue: {
      tools: [
        toolTaking("valid_tool", { region: { type: "string", "x-mcp-header": "Region" } }),
        ...Object.entries(badMarks).map(([name, properties]) => toolTaking(`invalid_${name}`, properties)),
      ],
    },
    revisions: since2026_07,
    expects: ["M48"],
    official: "http-invalid-tool-headers",
    links: [section("2026-07-28", "server/tools#x-mcp-header")],
  },
];
