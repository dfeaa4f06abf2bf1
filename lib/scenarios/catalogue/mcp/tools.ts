// Scenarios of lists of tools and of what tools return: many, large, of any kind, failed, and not there.
import type { CatalogueTool, ToolGives } from "../../mcp_catalogue.ts";
import { REPORT_TOOL } from "../../reporting_tools.ts";
import type { Scenario } from "../../scenario.ts";
import { reports, section } from "../links.ts";
import { since2025_06, since2025_11, since2026_07 } from "../since.ts";
import { plainTool } from "./schemas.ts";

const TOOLS = "server/tools";
const results = section("2025-06-18", `${TOOLS}#tool-result`);
const output = section("2025-06-18", `${TOOLS}#output-schema`);
const structured = section("2026-07-28", `${TOOLS}#structured-content`);
const links = section("2025-11-25", `${TOOLS}#resource-links`);
const errors = section("2025-11-25", `${TOOLS}#error-handling`);
const missing = section("2026-07-28", "server/resources#error-handling");
const pages = section("2025-11-25", "server/utilities/pagination#pagination-flow");

/** Takes what became of a call. */
const report: CatalogueTool = {
  name: REPORT_TOOL,
  description: 'Takes what became of the last call of a tool: "result" if its answer was taken for good, else "error".',
  inputSchema: {
    type: "object",
    properties: { tool: { type: "string" }, outcome: { type: "string", enum: ["result", "error"] } },
    required: ["tool", "outcome"],
  },
};

function saying(text: string): NonNullable<ToolGives["content"]> {
  return [{ type: "text", text }];
}

/** Scenarios of what tools return. */
export const toolScenarios: readonly Scenario[] = [
  {
    name: "tools-20000",
    group: "Tools and schemas",
    story: "The server has twenty thousand tools, on a hundred pages",
    client: "Reads all pages, or stops to read at a bound of its own and says so, and calls a tool",
    plan: {},
    catalogue: { tools: [{ ...plainTool("tool"), copies: 20_000 }], page_size: 200 },
    revisions: since2025_11,
    expects: ["M107"],
    links: [pages],
  },
  {
    name: "result-10-mib",
    group: "Tools and schemas",
    story: "A tool returns a text of ten mebibytes",
    client: "Takes it, or refuses it at a bound of its own, and goes on to call another tool",
    plan: {},
    catalogue: {
      tools: [
        { ...plainTool("dump"), answer: { content: saying(`{long_text.${10 * 1024 ** 2}}`) } },
        plainTool("small_talk"),
      ],
    },
    expects: ["M119"],
    links: [results],
  },
  {
    name: "structured-content-misfit",
    group: "Tools and schemas",
    story: "A tool says that it returns a number of degrees, and returns the word warm",
    client: "Takes the answer for an error, and reports it as one",
    plan: {},
    catalogue: {
      tools: [
        {
          ...plainTool("read_thermometer"),
          outputSchema: { type: "object", properties: { celsius: { type: "number" } }, required: ["celsius"] },
          answer: { content: saying('{"celsius":"warm"}'), structuredContent: { celsius: "warm" } },
        },
        report,
      ],
    },
    revisions: since2025_06,
    expects: ["M121"],
    links: [output],
  },
  {
    name: "structured-content-any",
    group: "Tools and schemas",
    story: "Tools return structured content that is a list, a text, and null, as their outputSchema says",
    client: "Takes each for a result, as of 2026-07-28 it need not be an object, and reports it as one",
    plan: {},
    catalogue: {
      tools: [
        ...([
          ["list_days", { type: "array", items: { type: "string" } }, ["Monday", "Tuesday"]],
          ["name_day", { type: "string" }, "Monday"],
          ["find_nothing", { type: "null" }, null],
        ] as const).map(([name, outputSchema, structuredContent]): CatalogueTool => ({
          ...plainTool(name),
          outputSchema,
          answer: { content: saying(JSON.stringify(structuredContent)), structuredContent },
        })),
        report,
      ],
    },
    revisions: since2026_07,
    expects: ["M122"],
    links: [structured],
  },
  {
    name: "content-of-any-type",
    group: "Tools and schemas",
    story: "A tool returns sound, a resource and a link to an unlisted one; another, content of a type nobody knows",
    client: "Takes the results, leaves out what it cannot show, and reads the link by the URI that it was given",
    plan: {
      faults: [{
        name: "adds-content-of-no-known-type",
        match: { endpoint: ["mcp", "open_mcp"], rpc_method: "tools/call", message: { "params.name": "project" } },
        edit: { json: { set: { "result.content": [{ type: "hologram", data: "AAAA", depth: 3 }] } } },
      }],
    },
    catalogue: {
      tools: [
        {
          ...plainTool("gather"),
          answer: {
            content: [
              { type: "audio", data: "UklGRiQAAABXQVZF", mimeType: "audio/wav" },
              { type: "resource", resource: { uri: "note:///inline", mimeType: "text/plain", text: "Inline" } },
              { type: "resource_link", uri: "note:///Gr%C3%B6%C3%9Fe%20A.txt", name: "unlisted" },
            ],
          },
        },
        plainTool("project"),
        report,
      ],
      resourceTemplates: [{ uriTemplate: "note:///{name}", name: "notes" }],
    },
    revisions: since2025_06,
    expects: ["M123"],
    links: [links, ...reports("run-llama/llama_index#21270")],
  },
  {
    name: "tool-error-with-hint",
    group: "Tools and schemas",
    story: "A tool fails, as a result and not as an error of the protocol, and says how to call it so that it does not",
    client: "Passes on that it has failed, and what it says, to whoever called it; reports it as an error",
    plan: {},
    catalogue: {
      tools: [
        {
          ...plainTool("book_table", { day: { type: "string", default: "2025-08-08" } }),
          answer: { content: saying("Invalid day: it must lie in the future. Try 2099-01-01."), isError: true },
        },
        report,
      ],
    },
    revisions: since2025_11,
    expects: ["M124"],
    links: [errors],
  },
  {
    name: "resource-missing",
    group: "Tools and schemas",
    story: "Resources that are gone are refused with -32602, as 2026-07-28 has it, and with -32002, as it was before",
    client: "Takes both for a resource that does not exist, and goes on in the same way",
    plan: {
      faults: [{
        name: "says-missing-in-the-old-way",
        match: {
          endpoint: ["mcp", "open_mcp"],
          rpc_method: "resources/read",
          message: { "params.uri": "note:///gone-before" },
        },
        edit: { json: { set: { "error.code": -32002 } } },
      }],
    },
    catalogue: {
      tools: [plainTool("count_notes")],
      resources: [{ uri: "note:///here", name: "here" }],
    },
    driver: [
      { do: "connect" },
      { do: "list_tools" },
      { do: "read", uri: "note:///gone" },
      { do: "read", uri: "note:///gone-before" },
      { do: "call", tool: "count_notes" },
      { do: "end" },
    ],
    revisions: since2026_07,
    expects: ["M130"],
    links: [missing],
  },
];
