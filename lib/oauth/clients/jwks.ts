// The public keys of clients: those they registered, or those at their `jwks_uri`.
import { OAuthError } from "../../http/errors.ts";
import { parseJson, problemOf } from "../../http/json.ts";
import { MAX_REDIRECTS, type Outbound } from "../../outbound/outbound.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { ClientMetadata } from "./client_metadata.ts";
import { createFetched } from "./fetched.ts";

/** Public keys (RFC 7517 5). */
export interface KeySet {
  /** The keys, each with its type; no secret among them. */
  readonly keys: { readonly kty: string }[];
}

/** Finds a client's keys; `renew` fetches them again, for a key that was not among those at hand. */
export type ClientKeys = (sandbox: Sandbox, metadata: ClientMetadata, renew?: boolean) => Promise<KeySet>;

/** Keys are fetched again no sooner than this, in milliseconds, so that invented key ids cannot turn this server on another. */
const RENEWAL_MS = 10_000;

/**
 * Makes the function that finds keys.
 *
 * @returns A function that throws OAuthError `invalid_client` if the keys cannot be used.
 */
export function createClientKeys(outbound: Outbound): ClientKeys {
  const fetched = createFetched<KeySet>(outbound);

  return async (sandbox, { jwks, jwks_uri: url }, renew = false) => {
    if (jwks) return { keys: jwks.keys.filter(hasType) };
    if (url === undefined) return { keys: [] };
    return await fetched(sandbox, {
      url,
      redirects: MAX_REDIRECTS,
      renewAfterMs: renew ? RENEWAL_MS : undefined,
      read: (text) => parseKeySet(text, url),
      refuse: (problem) => refuse(problem, url),
    });
  };
}

function parseKeySet(text: string, uri: string): KeySet {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (error) {
    throw refuse(`it ${problemOf(error)}`, uri);
  }
  if (isKeySet(parsed)) return { keys: parsed.keys.filter(hasType) };
  throw refuse("it is not a JWK Set", uri);
}

function isKeySet(value: unknown): value is { readonly keys: readonly object[] } {
  return typeof value === "object" && value !== null && "keys" in value && Array.isArray(value.keys) &&
    value.keys.every((key) => typeof key === "object" && key !== null);
}

/** Secret keys do not belong among public ones, and would allow key confusion. */
function hasType(key: object): key is { readonly kty: string } {
  return "kty" in key && typeof key.kty === "string" && key.kty !== "oct";
}

function refuse(message: string, uri: string): OAuthError {
  return new OAuthError("invalid_client", `The client's keys cannot be used: ${message}`, {
    parameter: "jwks_uri",
    received: uri,
    expected: "the https URL of a JWK Set",
    reference: "RFC 7517 5",
  });
}
