// The refusal of a call whose headers do not repeat its arguments, which the SDK compares only for its own `McpServer`.
import type { InboundModernRoute } from "@modelcontextprotocol/server";
import { MODERN_REVISION } from "./revisions.ts";
import { findParamMismatch } from "./param_headers.ts";
import type { Profile } from "./profile.ts";
import { HEADER_MISMATCH, idOf, isPlainObject, rpcErrorResponse } from "./rpc.ts";

/** Refuses a call whose headers do not repeat what its tool has marked. */
export function refuseParamHeaders(
  route: InboundModernRoute,
  headers: Headers,
  { tools }: Profile,
): Response | undefined {
  const { message, classification: { revision } } = route;
  if (revision !== MODERN_REVISION || message.method !== "tools/call" || !isPlainObject(message.params)) {
    return undefined;
  }
  const { name, arguments: args } = message.params;
  const tool = typeof name === "string" ? tools.get(name) : undefined;
  if (!tool || tool.paramHeaders.length === 0) return undefined;
  const mismatch = findParamMismatch(tool.paramHeaders, args, headers);
  if (!mismatch) return undefined;
  const { header, problem } = mismatch;
  return rpcErrorResponse(400, HEADER_MISMATCH, `Bad Request: ${header}: ${problem}`, {
    id: idOf(message),
    data: { mismatch: { header, body: problem } },
  });
}
