// Cutting an exchange to what there is room for, in bytes as the database counts them, so that one that is too large
// costs nothing but its own end.
import { compact } from "../runtime/own_text.ts";
import { fitsInto } from "../store/stored_value.ts";
import { type Exchange, MAX_BODY_LENGTH, type Message } from "./exchange.ts";

/** What an exchange may take, in bytes as stored: `Deno.Kv` takes 65,536 a value. */
export const MAX_EXCHANGE_BYTES = 60_000;
/** A text cut shorter than this is useless, in characters. */
const MIN_CUT = 256;
/** Names of faults that are kept of an exchange of which nothing else is. */
const MAX_NAMES = 16;
const NOTHING: Message = { headers: [], truncated: true };

/**
 * Cuts an exchange to what there is room for, and marks it; nearly all are left as they are.
 *
 * @param maxBytes What it may take, in bytes as stored.
 */
export function fitExchange(exchange: Exchange, maxBytes: number = MAX_EXCHANGE_BYTES): Exchange {
  if (fitsInto(exchange, maxBytes)) return exchange;
  for (let limit = MAX_BODY_LENGTH / 2; limit >= MIN_CUT; limit /= 2) {
    const cut = cutTo(exchange, limit);
    if (fitsInto(cut, maxBytes)) return cut;
  }
  const { url, method, peer, shapedBy } = exchange;
  return {
    ...exchange,
    url: compact(url.slice(0, MIN_CUT)),
    method: compact(method.slice(0, MIN_CUT)),
    peer: compact(peer.slice(0, MIN_CUT)),
    shapedBy: shapedBy.slice(0, MAX_NAMES).map((name) => compact(name.slice(0, MIN_CUT))),
    request: NOTHING,
    response: NOTHING,
    isCut: true,
  };
}

function cutTo(exchange: Exchange, limit: number): Exchange {
  const text = (value: string): string => compact(value.slice(0, limit));
  const message = ({ headers, body, truncated }: Message): Message => ({
    headers: headers.map(([name, value]) => [text(name), text(value)]),
    ...(body === undefined ? {} : { body: text(body) }),
    truncated: truncated || (body?.length ?? 0) > limit,
  });
  return {
    ...exchange,
    url: text(exchange.url),
    request: message(exchange.request),
    response: message(exchange.response),
    isCut: true,
  };
}
