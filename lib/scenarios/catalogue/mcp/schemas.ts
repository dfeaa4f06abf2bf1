// Scenarios of the JSON Schemas of tools: odd dialects, references to elsewhere, and more work than a client bargained for.
import type { CatalogueTool } from "../../mcp_catalogue.ts";
import { ECHO_TOOL, SCHEMA_TOOL } from "../../reporting_tools.ts";
import type { Scenario } from "../../scenario.ts";
import { section } from "../links.ts";
import { since2025_11, since2026_07 } from "../since.ts";

const dialects = section("2025-11-25", "basic#json-schema-usage");
const references = section("2026-07-28", "basic#ref-resolution");
const bounds = section("2026-07-28", "basic#composition-keyword-resource-use");
const names = section("2026-07-28", "server/tools#tool-names");

type Properties = Readonly<Record<string, unknown>>;

/** A tool that does nothing but say what it was called with. */
export function plainTool(name: string, properties: Properties = {}, more: Properties = {}): CatalogueTool {
  return { name, inputSchema: { type: "object", properties, ...more } };
}

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** A tool that any client can call, and one with a heavy schema on a page of its own. */
function beside(heavy: Properties): NonNullable<Scenario["catalogue"]> {
  return {
    tools: [
      plainTool("plain_tool"),
      plainTool("heavy_tool", { value: { $ref: "#/$defs/heavy" } }, { $defs: { heavy } }),
    ],
    page_sizes: [1],
  };
}

/** Scenarios of schemas. */
export const schemaScenarios: readonly Scenario[] = [
  {
    name: "schema-dialects",
    group: "Tools and schemas",
    story: "One tool's schema is of draft-04, one of a dialect that there is not, and one says nothing of its dialect",
    client: "Calls the third, and the first if it can read that; refuses the second, and loses neither of the others",
    plan: {},
    catalogue: {
      tools: [
        plainTool("of_draft_04", {}, { $schema: "http://json-schema.org/draft-04/schema#" }),
        plainTool("of_own_dialect", {}, { $schema: "https://example.com/dialects/2099/schema" }),
        plainTool("of_default_dialect"),
      ],
    },
    revisions: since2025_11,
    expects: ["M126", "M118"],
    links: [dialects],
  },
  {
    name: "schema-network-ref",
    group: "Tools and schemas",
    story: "A tool's schema has one $ref within itself, and one to a URL of the server, which takes note of visits",
    client: "Lists the tool, may call it with what it knows, and never fetches the URL",
    plan: {},
    catalogue: {
      tools: [{
        name: "lookup_user",
        description: "Look up a user profile by id",
        inputSchema: {
          $schema: DIALECT,
          type: "object",
          $defs: { userId: { type: "string", pattern: "^[a-z0-9-]+$" } },
          properties: { id: { $ref: "#/$defs/userId" }, profile: { $ref: "{canary_url}/profile-schema.json" } },
          required: ["id"],
        },
      }],
    },
    driver: [{ do: "connect" }, { do: "list_tools" }, { do: "call", tool: "lookup_user", arguments: { id: "ada" } }, {
      do: "end",
    }],
    revisions: since2026_07,
    expects: ["M127"],
    official: "json-schema-ref-no-deref",
    links: [references],
  },
  {
    name: "schema-ref-elsewhere",
    group: "Tools and schemas",
    story: "One tool's schema has a $ref to a URL at another name of the server, deep within it and in what it returns",
    client: "Lists the tools, calls the other one, and never fetches the URL",
    plan: {},
    catalogue: {
      tools: [
        {
          ...plainTool("refers", { of: { $ref: "#/$defs/here" } }, {
            $defs: { here: { allOf: [{ anyOf: [{ $ref: "{other_canary_url}/part.json#/$defs/a" }] }] } },
          }),
          outputSchema: { type: "object", properties: { of: { $ref: "{canary_url}/output.json" } } },
        },
        plainTool("refers_to_nothing"),
      ],
    },
    driver: [{ do: "connect" }, { do: "list_tools" }, { do: "call", tool: "refers_to_nothing" }, { do: "end" }],
    revisions: since2026_07,
    expects: ["M127", "M118"],
    links: [references],
  },
  {
    name: "schema-unresolved-ref",
    group: "Tools and schemas",
    story:
      "One tool requires an argument whose schema is a $ref to a document that is nowhere; another tool is as usual",
    client: "Does not send that argument as if it might be anything, and calls the other tool",
    plan: {},
    catalogue: {
      tools: [
        plainTool("needs_common", { of: { $ref: "common.json#/$defs/of" } }, { required: ["of"] }),
        plainTool("needs_nothing"),
      ],
    },
    driver: [
      { do: "connect" },
      { do: "list_tools" },
      { do: "call", tool: "needs_common", arguments: { of: "junk" } },
      { do: "call", tool: "needs_nothing" },
      { do: "end" },
    ],
    revisions: since2026_07,
    expects: ["M128", "M118"],
    links: [references],
  },
  {
    name: "schema-keywords",
    group: "Tools and schemas",
    story: "A tool's schema has much of the vocabulary of JSON Schema 2020-12, and another tool takes schemas back",
    client: "Hands the schema back as it was given it: with $schema, $defs, $anchor, allOf, anyOf, if, then and else",
    plan: {},
    catalogue: {
      tools: [
        {
          name: SCHEMA_TOOL,
          description: "Tool with JSON Schema 2020-12 features",
          inputSchema: {
            $schema: DIALECT,
            type: "object",
            $defs: {
              address: {
                $anchor: "addressDef",
                type: "object",
                properties: { street: { type: "string" }, city: { type: "string" } },
              },
            },
            properties: {
              name: { type: "string" },
              address: { $ref: "#/$defs/address" },
              contactMethod: { type: "string", enum: ["phone", "email"] },
              phone: { type: "string" },
              email: { type: "string" },
            },
            allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
            if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
            then: { required: ["phone"] },
            else: { required: ["email"] },
            additionalProperties: false,
          },
        },
        {
          name: ECHO_TOOL,
          description: "Takes a JSON Schema as the client has it.",
          inputSchema: { type: "object", properties: { schema: { type: "object" } }, required: ["schema"] },
        },
      ],
    },
    driver: [
      { do: "connect" },
      { do: "list_tools" },
      { do: "hand_back_schema", tool: SCHEMA_TOOL },
      { do: "end" },
    ],
    revisions: since2025_11,
    expects: ["M125"],
    official: "json-schema-2020-12-preservation",
    links: [dialects],
  },
  {
    name: "schema-deep",
    group: "Tools and schemas",
    story: "The schema of a tool is five hundred levels deep",
    client: "Goes on, with that tool or without it, and calls the other one",
    plan: {},
    catalogue: beside({ items: "{nested_schema.500}" }),
    revisions: since2025_11,
    expects: ["M118"],
    links: [bounds, names],
  },
  {
    name: "schema-wide",
    group: "Tools and schemas",
    story: "The schema of a tool has twenty thousand subschemas to choose from",
    client: "Goes on, with that tool or without it, and calls the other one",
    plan: {},
    catalogue: beside({ items: "{wide_schema.20000}" }),
    revisions: since2025_11,
    expects: ["M118"],
    links: [bounds, names],
  },
  {
    name: "schema-hostile-pattern",
    group: "Tools and schemas",
    story: "The schema of a tool has a pattern that takes some engines for ever, and a default that does not match it",
    client: "Does not match it without a bound, and goes on to call the other tool",
    plan: {},
    catalogue: beside({ type: "string", pattern: "^(a+)+$", default: `${"a".repeat(64)}!` }),
    revisions: since2025_11,
    expects: ["M118"],
    links: [bounds, names],
  },
];
