// Arguments that 2026-07-28 repeats in a header, so that proxies between client and server can route by them:
// a property marked `x-mcp-header` in a tool's schema must arrive in `Mcp-Param-*` with the same value.
import { Buffer } from "node:buffer";
import { isPlainObject } from "./rpc.ts";

/** One marked property. */
export interface ParamHeader {
  readonly property: string;
  readonly header: string;
  /** Whether values are compared as numbers: `42.0` is `42`. */
  readonly numeric: boolean;
}

/** Where headers and arguments disagree. */
interface ParamMismatch {
  readonly header: string;
  readonly problem: string;
}

/** Finds the marked properties of a tool. */
export function findParamHeaders(inputSchema: unknown): readonly ParamHeader[] {
  if (!isPlainObject(inputSchema) || !isPlainObject(inputSchema.properties)) return [];
  return Object.entries(inputSchema.properties).flatMap(([property, schema]) => {
    const name = isPlainObject(schema) ? schema["x-mcp-header"] : undefined;
    if (!isPlainObject(schema) || typeof name !== "string") return [];
    return [{ property, header: `Mcp-Param-${name}`, numeric: schema.type === "integer" }];
  });
}

/**
 * Compares headers with arguments; an argument that is absent needs no header.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters}
 */
export function findParamMismatch(
  declared: readonly ParamHeader[],
  args: unknown,
  headers: Headers,
): ParamMismatch | undefined {
  if (!isPlainObject(args)) return undefined;
  for (const { property, header, numeric } of declared) {
    const value = args[property];
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
    const received = headers.get(header);
    if (received === null) return { header, problem: `${property} is in the body, but the header is missing` };
    const decoded = decodeHeader(received);
    if (decoded === undefined) return { header, problem: "the header is not valid Base64 of UTF-8" };
    const agrees = numeric && /^-?\d+(\.\d+)?$/.test(decoded) ? Number(decoded) === value : decoded === String(value);
    if (!agrees) return { header, problem: `the header and ${property} in the body differ` };
  }
  return undefined;
}

/** `=?base64?…?=` holds Base64 in its canonical form; anything else is taken literally. */
function decodeHeader(value: string): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return undefined;
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}
