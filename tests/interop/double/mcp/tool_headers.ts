/** The headers in which the test client repeats what it calls: the name, and the arguments that a tool has marked (2026-07-28). */
import { Buffer } from "node:buffer";
import type { Document } from "../readings.ts";

/** What it does wrong with tools that mark arguments. */
export type ToolSlip = "calls tools with invalid marks" | "repeats a call without listing";

/** A value as a header carries it. */
export function headerValue(value: string): string {
  const isPlain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value);
  return isPlain || value === "" ? value : `=?base64?${Buffer.from(value).toString("base64")}?=`;
}

function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The headers for marked arguments; undefined where a mark is invalid, so that the tool must not be called. */
export function argumentHeaders(schema: unknown, args: unknown): Readonly<Record<string, string>> | undefined {
  const marks = JSON.stringify(schema ?? {}).split('"x-mcp-header":').length - 1;
  const headers = new Map<string, string | undefined>();
  collect(schema, args, headers);
  const names = [...headers.keys()];
  // A mark that was not reached, or counts twice, is one too many.
  if (names.length !== marks || names.some((name) => !/^mcp-param-[a-z0-9-]+$/.test(name))) return undefined;
  return Object.fromEntries(
    [...headers].flatMap(([name, value]) => value === undefined ? [] : [[name, headerValue(value)]]),
  );
}

function collect(schema: unknown, args: unknown, headers: Map<string, string | undefined>): void {
  if (!isDocument(schema) || !isDocument(schema.properties)) return;
  for (const [name, property] of Object.entries(schema.properties)) {
    if (!isDocument(property)) continue;
    const value = isDocument(args) ? args[name] : undefined;
    const mark = property["x-mcp-header"];
    const isMarkable = ["string", "integer", "boolean"].includes(String(property.type));
    if (typeof mark === "string" && isMarkable) {
      const text = value === undefined || value === null ? undefined : String(value);
      headers.set(`mcp-param-${mark.toLowerCase()}`, text);
    }
    collect(property, value, headers);
  }
}

/** Arguments for a tool, as somebody would choose who has read its schema: what is required, and no more. */
export function argumentsFor(schema: unknown): Document {
  if (!isDocument(schema) || !isDocument(schema.properties)) return {};
  const { properties, required } = schema;
  const names = Array.isArray(required) ? required.map(String) : [];
  return Object.fromEntries(names.map((name) => [name, valueFor(properties[name])]));
}

function valueFor(schema: unknown): unknown {
  if (!isDocument(schema)) return "m";
  if ("default" in schema) return schema.default;
  switch (schema.type) {
    case "object":
      return argumentsFor(schema);
    case "boolean":
      return true;
    case "integer":
    case "number":
      return 42;
    case "array":
      return [];
    case "null":
      return null;
    default:
      return "m";
  }
}
