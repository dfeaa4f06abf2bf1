// Headers in which requests of MCP 2026-07-28 repeat parts of their body: how values are written there, and which arguments
// a tool's schema marks for it.
import { isObject, type JsonObject } from "./json.ts";

/** An argument that a tool's schema marks with `x-mcp-header`. */
export interface MarkedArgument {
  /** Names of the properties that lead to it. */
  readonly path: readonly string[];
  /** The header it is repeated in. */
  readonly header: string;
  /** Whether values are compared as numbers: `42.0` is `42`. */
  readonly numeric: boolean;
}

/** What a schema marks. */
interface Marks {
  readonly marked: readonly MarkedArgument[];
  /** Why the tool cannot be used over HTTP; undefined where nothing forbids it. */
  readonly problem: string | undefined;
}

const MARK = "x-mcp-header";

/** Types that a marked property must not have; one that says none of these may be any. */
const unmarkable: ReadonlySet<unknown> = new Set(["number", "object", "array", "null"]);

/** Keywords that hold schemas by name, and those that hold data, in which a mark is none. */
const bySchemaName: ReadonlySet<string> = new Set(["$defs", "definitions", "patternProperties", "dependentSchemas"]);
const data: ReadonlySet<string> = new Set(["const", "default", "enum", "example", "examples"]);

/**
 * Reads which arguments a schema marks.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#schema-extension}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const region = { type: "string", "x-mcp-header": "Region" };
 * assert.deepEqual(marksOf({ type: "object", properties: { region } }), {
 *   marked: [{ path: ["region"], header: "Mcp-Param-Region", numeric: false }],
 *   problem: undefined,
 * });
 * assert.match(marksOf({ properties: { tags: { type: "array", items: region } } }).problem ?? "", /tags\.items/);
 * ```
 */
export function marksOf(inputSchema: unknown): Marks {
  const marked: MarkedArgument[] = [];
  const problems: string[] = [];
  if (isObject(inputSchema)) readSchema(inputSchema, [], { marked, problems });
  const names = marked.map(({ header }) => header.toLowerCase());
  const twice = marked.find((_, index) => names.indexOf(names[index] ?? "") !== index);
  if (twice) problems.push(`two properties have the header ${twice.header}`);
  return { marked, problem: problems[0] };
}

function readSchema(
  schema: JsonObject,
  path: readonly string[],
  found: { readonly marked: MarkedArgument[]; readonly problems: string[] },
): void {
  if (MARK in schema) readMark(schema, path, found);
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "properties" && isObject(value)) {
      for (const [name, property] of Object.entries(value)) {
        if (isObject(property)) readSchema(property, [...path, name], found);
      }
    } else if (!data.has(keyword) && holdsMark(value, bySchemaName.has(keyword))) {
      found.problems.push(`${[...path, keyword].join(".")} has ${MARK} where only properties lead`);
    }
  }
}

function readMark(
  schema: JsonObject,
  path: readonly string[],
  { marked, problems }: { readonly marked: MarkedArgument[]; readonly problems: string[] },
): void {
  const name = schema[MARK];
  const place = path.join(".");
  if (path.length === 0) problems.push(`the schema itself has ${MARK}`);
  else if (typeof name !== "string" || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    problems.push(`${MARK} of ${place} is not the name of a header`);
  } else if (unmarkable.has(schema.type)) problems.push(`${place} has ${MARK}, and the type ${schema.type}`);
  else marked.push({ path, header: `Mcp-Param-${name}`, numeric: schema.type === "integer" });
}

/** Whether there is a mark anywhere in a schema, a list of schemas, or schemas by their names. */
function holdsMark(value: unknown, areNames: boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsMark(item, false));
  if (!isObject(value)) return false;
  if (areNames) return Object.values(value).some((schema) => holdsMark(schema, false));
  return MARK in value ||
    Object.entries(value).some(([keyword, inner]) =>
      !data.has(keyword) && holdsMark(inner, keyword === "properties" || bySchemaName.has(keyword))
    );
}

/** The value that arguments have at a path; undefined where there is none. */
export function argumentAt(args: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined,
    args,
  );
}

/** Whether a header must carry a value in Base64: it would not arrive as it is, or would be taken for Base64. */
export function needsBase64(value: string): boolean {
  return !/^[\t\x20-\x7e]*$/.test(value) || /^[\t ]|[\t ]$/.test(value) || /^=\?base64\?.*\?=$/.test(value);
}

/**
 * A value as a header carries it.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(encodeHeader("us-west1"), "us-west1");
 * assert.equal(encodeHeader("Hello, 世界"), "=?base64?SGVsbG8sIOS4lueVjA==?=");
 * assert.equal(encodeHeader("=?base64?literal?="), "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
 * ```
 */
export function encodeHeader(value: string): string {
  return needsBase64(value) ? `=?base64?${Buffer.from(value).toString("base64")}?=` : value;
}

/** What a header says: `=?base64?…?=` holds Base64 in its canonical form, and anything else is taken literally. */
export function decodeHeader(value: string): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return undefined;
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}
