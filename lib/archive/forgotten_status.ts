// The status of an answer that a tool has kept without it. Firefox does so with what a page got last before it was left.
import { isObject } from "../http/json.ts";
import { parseValue } from "../judge/reading.ts";
import type { SeenHeaders } from "../recorder/exchange.ts";

/**
 * The status that an answer must have had, by what it brought; 0 if it may have had several, or if there was none.
 *
 * @param text What it said.
 */
export function forgottenStatus(headers: SeenHeaders, text: string | undefined): number {
  const challenge = headers.get("www-authenticate");
  if (challenge !== null) return challenge.includes("insufficient_scope") ? 403 : 401;
  if (headers.get("location") !== null) return 302;
  if (/^text\/event-stream\b/i.test(headers.get("content-type") ?? "")) return 200;
  const said = parseValue(text);
  if (!isObject(said)) return 0;
  // An error of JSON-RPC comes with several; that of OAuth is a word.
  if ("error" in said) return typeof said.error === "string" ? 400 : 0;
  return "client_id" in said ? 201 : 200;
}
