/**
 * A request as data. Its text may hold macros, which become what they stand for when it is sent: `<<client>>` is the last
 * client_id that the server gave, `<<rep:n:text>>` a long text, `<<deep:kind:n>>` deep JSON. So a request stays small, can be
 * made before the answers it depends on are there, and can be sent again to another server.
 */

/** A name and a value. */
export type Pair = readonly [name: string, value: string];

/** Any JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** A body before it is written down. */
export type Body =
  | { readonly kind: "json"; readonly value: Json }
  | { readonly kind: "form"; readonly fields: readonly Pair[] }
  | { readonly kind: "text"; readonly text: string };

/** Where something stands in an answer that later requests need, and what it is called there. */
export interface Gift {
  /** The pool it goes into. */
  readonly pool: string;
  /** Way to a member of the JSON body, with dots between. */
  readonly member?: string;
  /** A parameter of the URL that a redirect goes to. */
  readonly location?: string;
  /** A header. */
  readonly header?: string;
  /** What stands there is a URL, of which this parameter is meant. */
  readonly parameter?: string;
}

/** How the bytes of a request are sent. */
export interface Framing {
  /** How the end of the body is told. */
  readonly length?: "chunked" | "short" | "long" | "both" | "none";
  /** The client leaves after so many bytes of the body. */
  readonly leaveAfter?: number;
  /** Bytes come in pieces, with a pause between them. */
  readonly pauseMs?: number;
  /** How the target is written. */
  readonly target?: "absolute" | "authority" | "asterisk";
  /** The same request again on the same connection before its answer is there. */
  readonly pipelined?: number;
  /** The text's encoding. */
  readonly charset?: "latin1" | "utf-16le";
  /** Another name and version than HTTP/1.1. */
  readonly version?: string;
}

/** A request. */
export interface Message {
  /** The name of the route that serves it. */
  readonly name: string;
  readonly method: string;
  /** Below the sandbox's prefix; at the origin's root with the prefix inserted behind it if {@link isWellKnown}. */
  readonly path: string;
  readonly isWellKnown?: boolean;
  readonly query: readonly Pair[];
  readonly headers: readonly Pair[];
  readonly body?: Body;
  readonly framing?: Framing;
  /** What its answer gives. */
  readonly gives: readonly Gift[];
  /** Only one of several that are sent at the same time may succeed. */
  readonly isSingleUse?: boolean;
  /** It may take its time: a stream, or a wait that was asked for. */
  readonly isLasting?: boolean;
  /** It changes what others find: that is all it is for. */
  readonly changes?: boolean;
}

const MACRO = /<<([\w-]+)(?::([^<>]*))?>>/g;

/** The names of the pools that a request draws from. */
export function needsOf(message: Message): readonly string[] {
  const text = JSON.stringify(message);
  return [...new Set([...text.matchAll(MACRO)].map(([, name = ""]) => name))].filter((name) => !computed.has(name));
}

/** Macros that stand for no pool. */
export const computed: ReadonlySet<string> = new Set([
  "rep",
  "deep",
  "base",
  "origin",
  "prefix",
  "dpop",
  "assertion",
  "jwk",
  "listener",
  "secret-marker",
  "number",
  "count",
  "padding",
]);

/** What macros are replaced with. */
export type Expander = (name: string, argument: string) => string;

/** Replaces the macros in a text. */
export function expand(text: string, expander: Expander): string {
  if (!text.includes("<<")) return text;
  return text.replace(MACRO, (_, name: string, argument: string | undefined) => {
    if (name !== "rep") return expander(name, argument ?? "");
    const [count = "0", unit = ""] = [argument?.split(":", 1)[0], argument?.slice(argument.indexOf(":") + 1)];
    return unit.repeat(Number(count));
  });
}

/** JSON as text, its macros replaced. */
export function writeJson(value: Json, expander: Expander): string {
  const text = JSON.stringify(expandJson(value, expander)) ?? "null";
  return text.replace(/"<<deep:(\w+):(\d+)>>"/g, (_, kind: string, levels: string) => deepJson(kind, Number(levels)))
    .replace(/"<<number:([^<>]*)>>"/g, (_, number: string) => number);
}

function expandJson(value: Json, expander: Expander): Json {
  if (typeof value === "string") return isOwnText(value) ? value : expand(value, expander);
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map((item) => expandJson(item, expander));
  const members = Object.entries(value).map(([name, member]): readonly [string, Json] => [
    expand(name, expander),
    expandJson(member, expander),
  ]);
  return Object.fromEntries(members);
}

/** What stands for JSON that is not a text. */
function isOwnText(value: string): boolean {
  return /^<<(deep|number):[^<>]*>>$/.test(value);
}

/** Whether a value is a list, in words that the compiler believes of readonly lists. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether a value is an object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value);
}

/** Text of deep JSON; written as text since a value so deep cannot be. */
export function deepJson(kind: string, levels: number): string {
  switch (kind) {
    case "list":
      return "[".repeat(levels) + "1" + "]".repeat(levels);
    case "mixed":
      return '[{"a":'.repeat(levels / 2) + "1" + "}]".repeat(levels / 2);
    default:
      return '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
  }
}
