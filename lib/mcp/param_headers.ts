// Arguments that 2026-07-28 repeats in a header, so that proxies between client and server can route by them:
// a property marked `x-mcp-header` in a tool's schema must arrive in `Mcp-Param-*` with the same value.
import { argumentAt, decodeHeader, type MarkedArgument, marksOf } from "../http/mcp_headers.ts";

/** Where headers and arguments disagree. */
interface ParamMismatch {
  readonly header: string;
  readonly problem: string;
}

/** Finds the marked properties of a tool; none where a mark is invalid, as no client may use such a tool. */
export function findParamHeaders(inputSchema: unknown): readonly MarkedArgument[] {
  const { marked, problem } = marksOf(inputSchema);
  return problem === undefined ? marked : [];
}

/**
 * Compares headers with arguments; an argument that is absent needs no header.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters}
 */
export function findParamMismatch(
  declared: readonly MarkedArgument[],
  args: unknown,
  headers: Headers,
): ParamMismatch | undefined {
  for (const { path, header, numeric } of declared) {
    const value = argumentAt(args, path);
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
    const received = headers.get(header);
    const property = path.join(".");
    if (received === null) return { header, problem: `${property} is in the body, but the header is missing` };
    const decoded = decodeHeader(received);
    if (decoded === undefined) return { header, problem: "the header is not valid Base64 of UTF-8" };
    const agrees = numeric && /^-?\d+(\.\d+)?$/.test(decoded) ? Number(decoded) === value : decoded === String(value);
    if (!agrees) return { header, problem: `the header and ${property} in the body differ` };
  }
  return undefined;
}
