/** What the test client reads responses as, and what it builds requests from. */
import { startMs } from "../../helpers.ts";

/** A JSON object. */
export type Document = Readonly<Record<string, unknown>>;
/** The parameters of a challenge. */
export type Challenge = (name: string) => string | undefined;

/** How long a response says to wait, in milliseconds; by the clock that tests begin at. */
export function pauseOf(response: Response): number {
  const value = response.headers.get("retry-after") ?? "1";
  return /^\d+$/.test(value) ? 1000 * Number(value) : Date.parse(value) - startMs;
}

/** The JSON object that a response is; a good client expects to be answered with anything. */
export async function read(response: Response): Promise<Document | undefined> {
  try {
    const value: unknown = JSON.parse(await response.text());
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The parameters of the challenge in a response, by name. */
export function readChallenge(response: Response): Challenge {
  const header = response.headers.get("www-authenticate") ?? "";
  return (name) => new RegExp(`\\b${name}="([^"]*)"`).exec(header)?.[1];
}

/** How a client authenticates that was not told: in the header, unless only the body will do (RFC 8414 2). */
export function methodOf(metadata: Document, secret = ""): string {
  const methods = listOf(metadata, "token_endpoint_auth_methods_supported") ?? [];
  if (secret === "") return "none";
  return methods.includes("client_secret_post") && !methods.includes("client_secret_basic")
    ? "client_secret_post"
    : "client_secret_basic";
}

/** Adds parameters to a URL, which may have some. */
export function withQuery(url: string, query: URLSearchParams): string {
  return url + (url.includes("?") ? "&" : "?") + query;
}

/** The parameter scope, or none for no scopes. */
export function scopeOf(scopes: readonly string[]): Record<string, string> {
  return scopes.length === 0 ? {} : { scope: scopes.join(" ") };
}

/** A member that is a string; empty if it is none. */
export function textOf(document: Document, name: string): string {
  const value = document[name];
  return typeof value === "string" ? value : "";
}

/** A member that is a list, as strings. */
export function listOf(document: Document | undefined, name: string): readonly string[] | undefined {
  const value = document?.[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}
