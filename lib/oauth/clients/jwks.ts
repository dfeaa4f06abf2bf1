/**
 * The public keys of clients: those they registered, or those that lie at their `jwks_uri`, fetched through the guarded
 * way out and remembered as long as their HTTP headers allow.
 *
 * @module
 */
import { OAuthError } from "../../http/errors.ts";
import { parseFreshness } from "../../outbound/freshness.ts";
import { parseJson, problemOf } from "../../http/json.ts";
import { MAX_REDIRECTS, type Outbound, OutboundError } from "../../outbound/outbound.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { ClientMetadata } from "./client_metadata.ts";
import { boundedMap } from "../../runtime/bounded_map.ts";

/** Public keys (RFC 7517 5). */
export interface KeySet {
  /** The keys, each with its type; no secret among them. */
  readonly keys: { readonly kty: string }[];
}

/** Finds a client's keys; `renew` fetches them anew, for a key that was not among those at hand. */
export type ClientKeys = (sandbox: Sandbox, metadata: ClientMetadata, renew?: boolean) => Promise<KeySet>;

interface Remembered {
  readonly set: KeySet;
  readonly fetchedAtMs: number;
  readonly freshUntilMs: number;
}

const MAX_REMEMBERED = 500;
/** Keys are not fetched anew sooner, so that made-up key ids do not make this server a hammer. */
const RENEWAL_MS = 10_000;

/**
 * Makes the function that finds keys.
 *
 * @param outbound The way out.
 * @returns A function that throws OAuthError `invalid_client` if the keys cannot be had.
 */
export function createClientKeys(outbound: Outbound): ClientKeys {
  const remembered = boundedMap<string, Remembered>(MAX_REMEMBERED);

  async function fetchKeys(sandbox: Sandbox, uri: string, renew: boolean): Promise<KeySet> {
    const name = `${sandbox.id} ${uri}`;
    const known = remembered.get(name);
    const nowMs = sandbox.nowMs;
    if (known && (renew ? nowMs < known.fetchedAtMs + RENEWAL_MS : nowMs < known.freshUntilMs)) return known.set;
    const { text, headers } = await outbound({
      url: uri,
      redirects: MAX_REDIRECTS,
      isForForeignPage: sandbox.isAskedByForeignPage,
    }).catch((error) => {
      throw error instanceof OutboundError ? refuse(error.message, uri) : error;
    });
    const set = parseKeySet(text, uri);
    const freshSeconds = parseFreshness(headers);
    if (freshSeconds === undefined) remembered.delete(name);
    else remembered.set(name, { set, fetchedAtMs: nowMs, freshUntilMs: nowMs + freshSeconds * 1000 });
    return set;
  }

  return async (sandbox, { jwks, jwks_uri }, renew = false) => {
    if (jwks) return { keys: jwks.keys.filter(hasType) };
    return jwks_uri === undefined ? { keys: [] } : await fetchKeys(sandbox, jwks_uri, renew);
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
  throw refuse("it is no JWK Set", uri);
}

function isKeySet(value: unknown): value is { readonly keys: readonly object[] } {
  return typeof value === "object" && value !== null && "keys" in value && Array.isArray(value.keys) &&
    value.keys.every((key) => typeof key === "object" && key !== null);
}

/** Secret keys have no place among public ones, and would be the lever of a key confusion. */
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
