// What was seen of a server that is to be cloned: requests and what it answered, asked by ourselves or read from a recording.
import type { Exchange, HeaderPair, Message } from "../recorder/exchange.ts";
import { headerOf } from "../recorder/exchange.ts";
import { isEventStream, messagesOf, parseObject } from "../judge/reading.ts";
import { isObject, type JsonObject } from "../http/json.ts";

/** One request and its response, as far as a clone needs them. */
export type Observed = Pick<Exchange, "method" | "url" | "request" | "status" | "response">;

/** Whether a request was sent without a token, with one that is wrong, or with one that the server takes. */
export type Access = "none" | "wrong" | "right";

/** No server has issued it. */
export const WRONG_TOKEN = "mock-oauth-clone.wrong.token";

/** The status of what a clone did not answer in time. */
export const NO_ANSWER = 0;

/** What kind of token a request has; a wrong one that is not ours is known by its answer. */
export function accessOf({ request, status }: Observed): Access {
  const sent = headerOf(request, "authorization");
  if (sent === undefined) return "none";
  return status === 401 || sent.includes(WRONG_TOKEN) ? "wrong" : "right";
}

/** The JSON-RPC message that a request is. */
export function messageOf({ request }: Pick<Observed, "request">): JsonObject | undefined {
  const body = parseObject(request.body);
  return body?.jsonrpc === "2.0" ? body : undefined;
}

/** The method of the JSON-RPC message that a request is. */
export function methodOf(observed: Pick<Observed, "request">): string | undefined {
  const method = messageOf(observed)?.method;
  return typeof method === "string" ? method : undefined;
}

/** The message that answers a request, be it JSON or on a stream of events. */
export function answerOf(observed: Pick<Observed, "request" | "response">): JsonObject | undefined {
  const id = messageOf(observed)?.id;
  const answers = messagesOf(observed.response).filter((message) => "result" in message || "error" in message);
  return answers.find((message) => message.id === id) ?? answers.at(-1);
}

/** The result of a request. */
export function resultOf(observed: Pick<Observed, "request" | "response">): JsonObject | undefined {
  const result = answerOf(observed)?.result;
  return isObject(result) ? result : undefined;
}

/** Headers as pairs, in the order in which the Fetch standard has them. */
export function pairsOf(headers: Headers): readonly HeaderPair[] {
  return [...headers].map(([name, value]) => [name, value]);
}

/** A message of these headers and this body. */
export function messageWith(headers: Headers, body: string | undefined): Message {
  return { headers: pairsOf(headers), ...(body === undefined ? {} : { body }), truncated: false };
}

/** Whether an answer is a stream that goes on: of what comes on it, each client sees as much as it waits for. */
export function isLeftOpen(observed: Pick<Observed, "method" | "request" | "response">): boolean {
  return isEventStream(observed.response) &&
    (observed.method === "GET" || methodOf(observed) === "subscriptions/listen");
}
