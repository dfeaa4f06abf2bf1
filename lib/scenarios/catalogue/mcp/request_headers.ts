// Tools whose names and arguments go into headers of 2026-07-28, as they are or in Base64.
import type { CatalogueTool } from "../../mcp_catalogue.ts";
import type { Scenario } from "../../scenario.ts";
import { reports, section } from "../links.ts";
import { since2026_07 } from "../since.ts";

const HTTP = "basic/transports/streamable-http";
const encoding = section("2026-07-28", `${HTTP}#value-encoding`);
const marks = section("2026-07-28", `${HTTP}#schema-extension`);
const headers = section("2026-07-28", `${HTTP}#custom-headers-from-tool-parameters`);
const behaviour = section("2026-07-28", `${HTTP}#client-behavior`);

function tool(
  name: string,
  properties: Readonly<Record<string, unknown>> = {},
  required: readonly string[] = Object.keys(properties),
): CatalogueTool {
  return {
    name,
    description: "Returns what it is called with.",
    inputSchema: { type: "object", properties, required },
  };
}

const region = { type: "string", default: "eu-west1", "x-mcp-header": "Region" } as const;

/** A tool that is called by some region, in a header of its own name or another. */
const byRegion = (header: string): CatalogueTool => tool("query", { region: { ...region, "x-mcp-header": header } });

/** Scenarios of headers that repeat parts of a message. */
export const requestHeaderScenarios: readonly Scenario[] = [
  {
    name: "tool-names-in-base64",
    group: "MCP server",
    story: "Some tools have names that a header cannot carry as they are, and one that looks like Base64 already",
    client: "Calls them by their names, and sends Mcp-Name as =?base64?…?= for each of them",
    plan: {},
    catalogue: {
      tools: ["räum-auf", "天気", " padded ", "=?base64?bG9vaw==?="].map((name) => tool(name)),
      built_in: true,
    },
    revisions: since2026_07,
    expects: ["M45"],
    links: [encoding, ...reports("py#2715", "modelcontextprotocol/ruby-sdk#366")],
  },
  {
    name: "arguments-in-headers",
    group: "MCP server",
    story: "A tool marks arguments that have to be repeated in headers: texts, a number, a boolean, one in an object",
    client: "Sends Mcp-Param-… for each marked argument that it sends, in Base64 where it must, and for no other",
    plan: {},
    catalogue: {
      built_in: true,
      tools: [tool("query", {
        region,
        limit: { type: "integer", "x-mcp-header": "Limit" },
        dry: { type: "boolean", "x-mcp-header": "Dry-Run" },
        greeting: { type: "string", default: "Hello, 世界", "x-mcp-header": "Greeting" },
        at: { type: "object", properties: { zone: { type: "string", "x-mcp-header": "Zone" } }, required: ["zone"] },
        tag: { type: ["string", "null"], default: null },
        note: { type: "string", "x-mcp-header": "Note" },
      }, ["region", "limit", "dry", "greeting", "at", "tag"])],
    },
    revisions: since2026_07,
    expects: ["M46", "M47"],
    links: [headers, encoding],
  },
  {
    name: "invalid-argument-headers",
    group: "MCP server",
    story: "Five of six tools mark their arguments as no tool may: no name, two words, a number, in a list, twice",
    client: "Leaves those five out, as if they were not listed, and offers the sixth",
    plan: {},
    catalogue: {
      built_in: true,
      tools: [
        tool("mark-empty", { region: { ...region, "x-mcp-header": "" } }),
        tool("mark-of-two-words", { region: { ...region, "x-mcp-header": "My Region" } }),
        tool("mark-on-a-number", { ratio: { type: "number", "x-mcp-header": "Ratio" } }),
        tool("mark-in-a-list", { regions: { type: "array", items: region } }),
        tool("mark-twice", { region, other: { ...region, "x-mcp-header": "region" } }),
        tool("mark-valid", { region }),
      ],
    },
    revisions: since2026_07,
    expects: ["M48"],
    links: [marks],
  },
  {
    name: "argument-header-changed",
    group: "MCP server",
    story: "After the tools were listed, one of them marks its argument with another header, and its call gets -32020",
    client: "Lists the tools again, and repeats the call with the header that the tool asks for now",
    plan: {},
    catalogue: {
      built_in: true,
      tools: [byRegion("Region")],
      stages: [{ after: { method: "tools/list" }, tools: [byRegion("Area")] }],
    },
    revisions: since2026_07,
    expects: ["M49", "M46"],
    reaches: "call_after_refusal",
    links: [behaviour, headers],
  },
];
