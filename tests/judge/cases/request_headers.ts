/** Cases: headers of 2026-07-28 that repeat parts of a message. */
import type { CatalogueTool } from "../../../lib/scenarios/mcp_catalogue.ts";
import type { Case } from "./case.ts";

const tool = (name: string, properties: Readonly<Record<string, unknown>>, required = Object.keys(properties)) => ({
  name,
  inputSchema: { type: "object", properties, required },
} as const);
const marked = { type: "string", "x-mcp-header": "Region" } as const;

/** A server that has these tools too, and a client that calls them. */
function having(...tools: readonly CatalogueTool[]): Pick<Case, "app" | "client"> {
  return { app: { catalogue: { tools, built_in: true } }, client: { tools: tools.map(({ name }) => name) } };
}

const plain = tool("query", {
  region: { ...marked, default: "eu" },
  limit: { type: "integer", "x-mcp-header": "Limit" },
  dry: { type: "boolean", "x-mcp-header": "Dry" },
  at: { type: "object", properties: { zone: { type: "string", "x-mcp-header": "Zone" } }, required: ["zone"] },
});

/** Headers that repeat parts of a message. */
export const requestHeaderCases: readonly Case[] = [
  ...["räum auf", " padded ", "=?base64?bG9vaw==?="].map((name): Case => ({
    rule: "M45",
    slips: ["escapes header values"],
    ...having(tool(name, {})),
  })),
  ...["Hello, 世界", "line1\nline2", "=?base64?literal?="].map((value): Case => ({
    rule: "M45",
    slips: ["escapes header values"],
    ...having(tool("query", { region: { ...marked, default: value } })),
  })),
  { rule: "M46", slips: ["sends no argument headers", "writes numbers as it likes"], ...having(plain) },
  { rule: "M47", slips: ["sends headers for nothing"], ...having(tool("query", { region: marked }, [])) },
  {
    rule: "M47",
    slips: ["sends headers for nothing"],
    ...having(tool("query", { region: { ...marked, default: null } })),
  },
  ...[
    { ...marked, "x-mcp-header": "" },
    { ...marked, "x-mcp-header": "two words" },
    { ...marked, type: "number" },
    { type: "array", items: marked },
  ].map((region): Case => ({
    rule: "M48",
    slips: ["calls tools with invalid marks"],
    ...having(tool("bad", { region }), tool("good", { region: marked })),
  })),
  {
    rule: "M48",
    slips: ["calls tools with invalid marks"],
    ...having(tool("bad", { one: marked, two: { ...marked, "x-mcp-header": "region" } }), tool("good", {})),
  },
  {
    rule: "M49",
    slips: ["repeats a call without listing"],
    app: { scenario: "argument-header-changed" },
    client: { tools: ["query", "mock_echo"] },
    isRecommended: true,
  },
];
