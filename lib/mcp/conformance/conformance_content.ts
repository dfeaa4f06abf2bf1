// The conformance suite's tools that answer at once, each with another kind of content.
import { fromJsonSchema } from "@modelcontextprotocol/server";
import { z } from "zod";
import { findParamHeaders } from "../param_headers.ts";
import { redSquarePng, shortToneWav } from "./media.ts";
import { type DefinedTool, defineTool, failureResult, READS, textResult } from "../tools/tool.ts";

const nothing = z.object({});
const image = { type: "image", data: redSquarePng, mimeType: "image/png" } as const;

/** A schema whose every keyword must reach the client unchanged (SEP-1613, SEP-2106). */
const contactSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
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
} as const;

/** All of them, in the order they are listed. */
export const conformanceContentTools: readonly DefinedTool[] = Object.freeze([
  defineTool({
    name: "test_simple_text",
    title: "Text",
    description: "Returns a text.",
    input: nothing,
    annotations: READS,
    run: () => textResult("This is a simple text response for testing."),
  }),
  defineTool({
    name: "test_image_content",
    title: "Image",
    description: "Returns a PNG image.",
    input: nothing,
    annotations: READS,
    run: () => ({ content: [image] }),
  }),
  defineTool({
    name: "test_audio_content",
    title: "Sound",
    description: "Returns a WAV sound.",
    input: nothing,
    annotations: READS,
    run: () => ({ content: [{ type: "audio", data: shortToneWav, mimeType: "audio/wav" }] }),
  }),
  defineTool({
    name: "test_embedded_resource",
    title: "Embedded resource",
    description: "Returns a resource.",
    input: nothing,
    annotations: READS,
    run: () => {
      const text = "This is an embedded resource content.";
      return {
        content: [{ type: "resource", resource: { uri: "test://embedded-resource", mimeType: "text/plain", text } }],
      };
    },
  }),
  defineTool({
    name: "test_multiple_content_types",
    title: "Several kinds of content",
    description: "Returns a text, an image and a resource.",
    input: nothing,
    annotations: READS,
    run: () => {
      const text = JSON.stringify({ test: "data", value: 123 });
      const resource = { uri: "test://mixed-content-resource", mimeType: "application/json", text };
      return {
        content: [{ type: "text", text: "Multiple content types test:" }, image, { type: "resource", resource }],
      };
    },
  }),
  defineTool({
    name: "test_error_handling",
    title: "Failure",
    description: "Always fails.",
    input: nothing,
    annotations: READS,
    run: () => failureResult("This tool intentionally returns an error for testing"),
  }),
  defineTool({
    name: "test_header_argument",
    title: "Argument in a header",
    description: "Returns its argument, which 2026-07-28 repeats in the header Mcp-Param-Region.",
    input: z.object({ region: z.string().meta({ "x-mcp-header": "Region" }).describe("Any region") }),
    annotations: READS,
    run: ({ region }) => textResult(`Region: ${region}`),
  }),
  defineSchemaTool(),
]);

/** Its schema cannot be written as zod's, so it is listed word by word and checked by the SDK's validator. */
function defineSchemaTool(): DefinedTool {
  const name = "json_schema_2020_12_tool";
  let schema: ReturnType<typeof fromJsonSchema> | undefined;
  return Object.freeze({
    name,
    listing: {
      name,
      title: "JSON Schema 2020-12",
      description: "Has a schema with $defs, $anchor, allOf, anyOf and if/then/else; returns its arguments.",
      inputSchema: JSON.parse(JSON.stringify(contactSchema)),
      annotations: READS,
    },
    lasting: false,
    paramHeaders: findParamHeaders(contactSchema),
    prepare: (args: unknown) => {
      // Compiled with the first call: most processes never see one.
      schema ??= fromJsonSchema(JSON.parse(JSON.stringify(contactSchema)));
      const checked = schema["~standard"].validate(args ?? {});
      if (checked instanceof Promise) throw new Error("The SDK's validator answers at once");
      if (checked.issues) return { problem: checked.issues.map(({ message }) => message).join(", ") };
      return { run: () => textResult(JSON.stringify(args ?? {})) };
    },
  });
}
