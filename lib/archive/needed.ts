/**
 * Which bodies of an archive are worth keeping. A browser loads pages, pictures and data of many sites meanwhile, hundreds of
 * megabytes of them, and what an MCP client reads or sends is small, or tells what it is.
 *
 * @module
 */
import type { RawBody } from "../recorder/redact/redact_body.ts";
import type { Seen } from "../recorder/seen_exchange.ts";
import { isWellKnown } from "./servers.ts";

/** What nobody needs to be told of is kept up to here, in characters: an error page, a form that carries an answer. */
const MAX_ASIDE_LENGTH = 64 * 1024;
/** What is neither JSON, nor a page, nor a stream. */
const MEDIA =
  /^(?:(?:image|audio|video|font|model)\/|application\/(?:octet-stream|pdf|zip|gzip|wasm|vnd\.)(?!.*\+json))/i;
/** What metadata, tokens and messages have in them. */
const TELLING = /"(?:jsonrpc|issuer|authorization_servers|access_token)"/;
const LEFT_OUT: RawBody = { text: "", isComplete: false };

/** An exchange without bodies that no rule and no clone has a use for. */
export function withoutIdleBodies(seen: Seen): Seen {
  const { sent, answered } = seen;
  if (isNeeded(seen)) return seen;
  const isMedia = MEDIA.test(seen.response.headers.get("content-type") ?? "");
  return {
    ...seen,
    sent: sent && isLong(sent) ? LEFT_OUT : sent,
    answered: answered && (isMedia || isLong(answered)) && answered.text !== "" ? LEFT_OUT : answered,
  };
}

function isNeeded({ url, sent, response, answered }: Seen): boolean {
  return (response.headers.get("content-type") ?? "").toLowerCase().startsWith("text/event-stream") ||
    isWellKnown(url) || TELLING.test(sent?.text ?? "") || TELLING.test(answered?.text ?? "");
}

function isLong({ text }: RawBody): boolean {
  return text.length > MAX_ASIDE_LENGTH;
}
