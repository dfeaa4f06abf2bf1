/**
 * Reading what exchanges carry: parameters, JSON, challenges, authorization responses. Nothing here throws, because what
 * a client under test sends can be anything.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { eventsOf } from "./events.ts";
import { type Exchange, headerOf, type Message } from "../recorder/exchange.ts";

/** Parameters of a query or form. */
export type Parameters = Pick<URLSearchParams, "get" | "getAll" | "has">;

/** What a `www-authenticate` header asks for (RFC 6750 3, RFC 9728 5.1). */
export interface ParsedChallenge {
  readonly scheme: string;
  readonly get: (name: string) => string | undefined;
}

/** The JSON object that a text is, if it is one. */
export function parseObject(text: string | undefined): JsonObject | undefined {
  const value = parseValue(text);
  return isObject(value) ? value : undefined;
}

/** What bodies hold, so that each is parsed once however many rules look into it; gone with the exchange. */
const known = new WeakMap<Message, readonly JsonObject[]>();

/** The JSON-RPC messages of a body: one, a batch, or those of an event stream. */
export function messagesOf(message: Message): readonly JsonObject[] {
  const read = known.get(message) ?? readMessages(message);
  known.set(message, read);
  return read;
}

function readMessages(message: Message): readonly JsonObject[] {
  const { body } = message;
  if (body === undefined) return [];
  const values = isEventStream(message) ? eventsOf(body).map(({ data }) => parseValue(data)) : [parseValue(body)];
  return values.flat().filter(isObject);
}

/** Whether a body is an event stream. */
export function isEventStream(message: Message): boolean {
  return headerOf(message, "content-type")?.startsWith("text/event-stream") ?? false;
}

/** The code of the error that JSON-RPC answers a request with; undefined if there is none. */
export function rpcErrorOf({ exchange: { response } }: { readonly exchange: Exchange }): number | undefined {
  const error = messagesOf(response).map((message) => message.error).find(isObject);
  return typeof error?.code === "number" ? error.code : undefined;
}

/** A member that is a string. */
export function textOf(object: JsonObject | undefined, name: string): string | undefined {
  const value = object?.[name];
  return typeof value === "string" ? value : undefined;
}

/** The strings of a member that is an array; undefined for anything else. */
export function listOf(object: JsonObject | undefined, name: string): readonly string[] | undefined {
  const value = object?.[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
}

/** Whether a value holds what stands on record instead of a secret, and may have been anything. */
export function isRedacted(value: unknown): boolean {
  return JSON.stringify(value)?.includes("…") ?? false;
}

/** The words of a scope. */
export function scopesOf(scope: string | null | undefined): readonly string[] {
  return scope?.split(" ").filter(Boolean) ?? [];
}

/** The form of a request's body. */
export function formOf({ request }: Exchange): Parameters {
  return new URLSearchParams(request.body ?? "");
}

/** The challenge of a response, if it has one. */
export function challengeOf({ response }: Pick<Exchange, "response">): ParsedChallenge | undefined {
  const header = headerOf(response, "www-authenticate");
  if (header === undefined) return undefined;
  const [, scheme = "", rest = ""] = /^\s*(\S+)\s*(.*)$/s.exec(header) ?? [];
  const parameters = new Map(
    [...rest.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)].map((
      [, name = "", quoted, plain],
    ) => [name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain ?? ""]),
  );
  return { scheme, get: (name) => parameters.get(name) };
}

/** The authorization response that a response sends the browser on with (RFC 6749 4.1.2), in any response mode. */
export function answerOf({ response, status }: Pick<Exchange, "response" | "status">): Parameters | undefined {
  const location = headerOf(response, "location");
  if (location !== undefined && status >= 300 && status < 400) {
    const [, query = "", fragment = ""] = /^[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(location) ?? [];
    return [fragment, query].map((text) => new URLSearchParams(text)).find(isAnswer);
  }
  if (!headerOf(response, "content-type")?.startsWith("text/html")) return undefined;
  const fields = [...response.body?.matchAll(/<input\b[^>]*>/gi) ?? []].map((
    [tag],
  ) => [attribute(tag, "name"), attribute(tag, "value")]);
  const form = new URLSearchParams(fields);
  return isAnswer(form) ? form : undefined;
}

/** The URL without query and fragment; equal for equal places, see {@link plainUrl}. */
export function addressOf(url: string): string {
  return plainUrl(url.replace(/[?#].*$/s, ""));
}

/** Scheme, host and port of an absolute URL; empty for any other. */
export function originOf(url: string): string {
  return /^[a-z][\w+.-]*:\/\/[^/?#]*/i.exec(plainUrl(url))?.[0] ?? "";
}

/** Scheme and authority of a URL of HTTP. */
const AUTHORITY = /^https?:\/\/[^/?#]*/i;

/** A URL with its scheme and host in lower case, without a port that goes without saying (RFC 3986 6.2.3), or a name and password. */
export function plainUrl(url: string): string {
  const [written = ""] = AUTHORITY.exec(url) ?? [];
  if (!/[A-Z@]|:(?:80|443)?$/.test(written)) return url;
  return (URL.parse(written)?.origin ?? written) + url.slice(written.length);
}

/** The path of an absolute URL. */
export function pathOf(url: string): string {
  return addressOf(url).replace(/^[a-z][\w+.-]*:\/\/[^/]*/i, "") || "/";
}

function isAnswer(parameters: URLSearchParams): boolean {
  return parameters.has("code") || parameters.has("error");
}

function attribute(tag: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`, "i").exec(tag)?.[1] ?? "";
  return value.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

/** The value that a text is as JSON; undefined if it is none. */
export function parseValue(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
