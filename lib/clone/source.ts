// What a clone is made of: one server of those that were seen, without the secrets that its URL holds.
import { mcpAddressesIn } from "../archive/servers.ts";
import { excerpt, OAuthError } from "../http/errors.ts";
import { addressOf, isEventStream, messagesOf, parseObject, pathOf } from "../judge/reading.ts";
import { headerOf, type Message } from "../recorder/exchange.ts";
import { createRedactor } from "../recorder/redact/redact.ts";
import type { Observed } from "./observed.ts";

/** What was seen, and of which server a clone is wanted. */
export interface Seen {
  readonly observed: readonly Observed[];
  /** URL of the MCP endpoint; if not given, that of the only one that was seen. */
  readonly url?: string | undefined;
}

/** One server, as it was seen. */
export interface OneServer {
  /** URL of its MCP endpoint. */
  readonly mcp: string;
  /** All that was exchanged, but with other MCP servers. */
  readonly observed: readonly Observed[];
}

/** An MCP endpoint that was seen. */
interface Endpoint {
  readonly address: string;
  /** Where its messages go, where that is somewhere else. */
  readonly others: ReadonlySet<string>;
  /** Whether it has answered as an MCP server does. */
  readonly isAnswered: boolean;
}

/**
 * Picks a server.
 *
 * @throws OAuthError `invalid_request` where it was not seen, or is one of several and none is named.
 */
export function pickServer({ observed, url }: Seen): OneServer {
  const endpoints = endpointsIn(observed);
  const mcp = url === undefined ? onlyOne(observed) : named(url, endpoints);
  const elsewhere = new Set(
    endpoints.filter(({ address }) => address !== mcp).flatMap(({ address, others }) => [address, ...others]),
  );
  const { shown, hide } = hidingOf(url === undefined ? mcp : mcp + url.slice(addressOf(url).length));
  const own = observed.filter((one) => !elsewhere.has(addressOf(one.url)));
  return { mcp: shown, observed: own.map((one) => withoutSecrets(one, hide)) };
}

/** The URLs of the MCP endpoints that were seen. */
export function mcpUrlsIn(observed: readonly Observed[]): readonly string[] {
  const endpoints = endpointsIn(observed);
  const answered = endpoints.filter(({ isAnswered }) => isAnswered);
  return (answered.length === 0 ? endpoints : answered).map(({ address }) => address);
}

/** Whether anything at a URL has answered as an MCP server does. */
export function isMcp(url: string, observed: readonly Observed[]): boolean {
  const { href } = new URL(url);
  return observed.some((one) => one.url === href && hasAnswered(one));
}

/**
 * Makes sure that an MCP server is at a URL that was asked.
 *
 * @throws OAuthError `invalid_request` saying what is there.
 */
export function requireMcp(url: string, observed: readonly Observed[]): void {
  if (isMcp(url, observed)) return;
  const { href } = new URL(url);
  const first = observed.find((one) => one.url === href);
  const location = first && headerOf(first.response, "location");
  throw new OAuthError("invalid_request", `There is no MCP server at ${hidingOf(href).shown}`, {
    received: first && answerIn(first),
    expected: location === undefined
      ? "JSON-RPC, a stream of events, or 401 to a POST of initialize, as at the URL that clients are given"
      : "the URL that it redirects to, if that is an MCP server's",
  });
}

function endpointsIn(observed: readonly Observed[]): readonly Endpoint[] {
  const found = new Map<string, { readonly address: string; readonly others: Set<string>; isAnswered: boolean }>();
  for (const one of observed) {
    const [address, messages] = mcpAddressesIn(one);
    if (address === undefined) continue;
    const endpoint = found.get(address) ?? { address, others: new Set(), isAnswered: false };
    found.set(address, endpoint);
    endpoint.isAnswered ||= hasAnswered(one);
    if (messages !== undefined && messages !== address) endpoint.others.add(messages);
  }
  const others = new Set(found.values().flatMap((endpoint) => endpoint.others));
  return [...found.values()].filter(({ address }) => !others.has(address));
}

/** An answer in a few words. */
function answerIn({ status, url, response }: Observed): string {
  const location = headerOf(response, "location");
  if (location !== undefined) return `${status} to ${hidingOf(URL.parse(location, url)?.href ?? location).shown}`;
  const type = `${status} ${headerOf(response, "content-type") ?? "without a media type"}`;
  const encoding = encodingOf(response);
  return encoding === undefined ? type : `${type}, its body in the encoding ${encoding}, for which nobody asked`;
}

/** How a body is encoded that was not read as it is: one of a recording has been decoded. */
export function encodingOf(response: Message): string | undefined {
  const encoding = headerOf(response, "content-encoding");
  return encoding !== undefined && response.body?.includes("\ufffd") ? encoding : undefined;
}

/** Whether an answer is one of an MCP server, or of who guards it. */
function hasAnswered({ method, status, response }: Observed): boolean {
  // A firewall refuses with a page.
  const isRefused = status === 401 || (status === 403 && parseObject(response.body) !== undefined);
  return isRefused || (method === "POST" && status === 202) ||
    messagesOf(response).some(({ jsonrpc }) => jsonrpc !== undefined) || (method === "GET" && isEventStream(response));
}

function onlyOne(observed: readonly Observed[]): string {
  const [url, ...others] = mcpUrlsIn(observed);
  if (url === undefined) {
    throw new OAuthError("invalid_request", "There is no MCP server in it", {
      received: observed.length === 1 ? "1 exchange" : `${observed.length} exchanges`,
      expected: "a POST of a JSON-RPC message, or a challenge with resource_metadata",
    });
  }
  if (others.length === 0) return url;
  throw new OAuthError("invalid_request", `There are ${others.length + 1} MCP servers in it, and none is named`, {
    expected: `the URL of one of them: ${listed([url, ...others])}`,
  });
}

/** The endpoint that somebody means who writes its URL in another way. */
function named(url: string, endpoints: readonly Endpoint[]): string {
  const found = endpoints.find(({ address }) => addressOf(normal(address)) === addressOf(normal(url)));
  if (found) return found.address;
  throw new OAuthError("invalid_request", "There is no MCP server of that URL in it", {
    received: hidingOf(url).shown,
    expected: endpoints.length === 0
      ? "one that was called"
      : `one of ${listed(endpoints.map(({ address }) => address))}`,
  });
}

/** So many URLs of a recording are named at most. */
const MAX_LISTED = 8;

function listed(urls: readonly string[]): string {
  const shown = urls.slice(0, MAX_LISTED).map((url) => excerpt(hidingOf(url).shown));
  return [...shown, ...(urls.length > MAX_LISTED ? [`and ${urls.length - MAX_LISTED} more`] : [])].join(", ");
}

function normal(url: string): string {
  return URL.parse(url)?.href ?? url;
}

/** A longer part of a path may be a key: the URL alone lets its holder call the server. */
const MAX_WORD = 20;

/** What is shown of a URL, and what takes its secrets out of other texts. */
function hidingOf(url: string): { readonly shown: string; readonly hide: (text: string) => string } {
  const redactor = createRedactor(() => "SECRET");
  for (const part of pathOf(url).split("/")) {
    if (part.length >= MAX_WORD && /\d/.test(part) && /[a-z]/i.test(part)) redactor.secret(part, "protocol");
  }
  const shown = redactor.url(url);
  return { shown: redactor.scrub(shown), hide: redactor.scrub };
}

/** A URL as it may be shown. */
export function shownUrl(url: string): string {
  return hidingOf(url).shown;
}

function withoutSecrets(one: Observed, hide: (text: string) => string): Observed {
  const cleaned = ({ headers, body, ...rest }: Message): Message => ({
    ...rest,
    headers: headers.map(([name, value]) => [name, hide(value)]),
    ...(body === undefined ? {} : { body: hide(body) }),
  });
  return { ...one, url: hide(one.url), request: cleaned(one.request), response: cleaned(one.response) };
}
