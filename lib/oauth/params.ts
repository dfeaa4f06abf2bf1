// Parameters as they arrive, in a query or a form, made into something that can be asked by name.
import { excerpt, OAuthError, type OAuthErrorCode } from "../http/errors.ts";
import type { FormFields } from "../http/form.ts";

/** Parameters of one request. */
export interface Params {
  /** The value, or undefined if it was not sent or sent empty (RFC 6749 3.1). */
  readonly get: (name: string) => string | undefined;
  /** All values of a parameter that may come more than once. */
  readonly all: (name: string) => readonly string[];
  /** What is wrong with single parameters, in the order they came. */
  readonly faults: readonly OAuthError[];
}

/** RFC 8707 2 lets a client name several resources; everything else comes once. */
const REPEATABLE: ReadonlySet<string> = new Set(["resource"]);
const MAX_VALUE_LENGTH = 16 * 1024;

/**
 * Reads parameters. It does not throw, because an authorization request with a fault in one parameter may still say
 * where the error belongs; see {@link requireFaultless}.
 *
 * @param sources Query and form, in the order of reading; a name may stand in one of them only.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1}
 */
export function parseParams(...sources: readonly FormFields[]): Params {
  const values = new Map<string, string[]>();
  const faults: OAuthError[] = [];
  for (const source of sources) {
    for (const [name, value] of source) {
      if (value === "") continue;
      const earlier = values.get(name);
      const fault = faultOf(name, value) ?? (earlier && !REPEATABLE.has(name) ? repeated(name) : undefined);
      if (fault) faults.push(fault);
      if (earlier) earlier.push(value);
      else values.set(name, [value]);
    }
  }
  return { get: (name) => values.get(name)?.[0], all: (name) => values.get(name) ?? [], faults };
}

function faultOf(name: string, value: string): OAuthError | undefined {
  if (value.includes("\0") || name.includes("\0")) {
    return new OAuthError("invalid_request", `${excerpt(name)} contains a NUL character`, {
      parameter: name,
      reference: "RFC 6749 A",
    });
  }
  if (value.length <= MAX_VALUE_LENGTH) return undefined;
  return new OAuthError("invalid_request", `${excerpt(name)} is too long`, {
    parameter: name,
    received: `${value.length} characters`,
    expected: `at most ${MAX_VALUE_LENGTH} characters`,
  });
}

function repeated(name: string): OAuthError {
  return new OAuthError("invalid_request", `${excerpt(name)} is sent more than once`, {
    parameter: name,
    expected: "each parameter once",
    reference: "RFC 6749 3.1",
  });
}

/**
 * Requires that parameters are well formed.
 *
 * @param names The parameters that matter now; all of them if not given.
 * @throws OAuthError `invalid_request` for one that came twice, holds a NUL, or is longer than 16,384 characters.
 */
export function requireFaultless(params: Params, names?: readonly string[]): void {
  const fault = params.faults.find(({ detail }) => !names || names.includes(detail.parameter ?? ""));
  if (fault) throw fault;
}

/** Where somebody who has left out a parameter gets it. */
const whatIs: Readonly<Record<string, string>> = {
  assertion: "a signed JWT",
  audience: "the issuer of the authorization server that it is for",
  client_id: "the client_id that a registration returned, that of a known client, or the URL of a metadata document",
  code: "the code of an authorization response",
  device_code: "the device_code of a device authorization response",
  refresh_token: "the refresh_token of a token response",
  state: "a value that nobody can guess, such as 32 random hexadecimal digits",
  subject_token: "an id_token, or another token to exchange",
  token: "an access token or a refresh token",
};

/**
 * Requires a parameter.
 *
 * @param expected What it is, where that is not known by its name.
 * @throws OAuthError `invalid_request` if it is missing or empty.
 */
export function requireParam(params: Params, name: string, reference: string, expected = whatIs[name]): string {
  const value = params.get(name);
  if (value !== undefined) return value;
  throw new OAuthError("invalid_request", `${name} is missing`, { parameter: name, expected, reference });
}

/**
 * Requires a parameter that has one of a few values.
 *
 * @throws OAuthError `invalid_request` if it is missing or empty, and with the code given for another value.
 */
export function requireOneOf<T extends string>(
  params: Params,
  name: string,
  allowed: readonly T[],
  reference: string,
  code: OAuthErrorCode = "invalid_request",
): T {
  const sent = params.get(name);
  const known = allowed.find((value) => value === sent);
  if (known !== undefined) return known;
  const expected = allowed.join(" or ");
  const received = requireParam(params, name, reference, expected);
  throw new OAuthError(code, `${name} is not supported`, { parameter: name, received, expected, reference });
}

/** The longest life of a token, in seconds: a hundred years. */
export const MAX_LIFETIME_SECONDS: number = 100 * 365 * 24 * 60 * 60;

/**
 * Parses a token lifetime.
 *
 * @returns Seconds, or undefined for a token that does not expire.
 * @throws OAuthError `invalid_request` for anything but a whole number of seconds from 1 to a hundred years.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseExpiresIn("60"), 60);
 * assert.equal(parseExpiresIn(undefined), undefined);
 * assert.throws(() => parseExpiresIn("-1"), /expires_in is not a token lifetime/);
 * ```
 */
export function parseExpiresIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
  if (seconds >= 1 && seconds <= MAX_LIFETIME_SECONDS) return seconds;
  throw new OAuthError("invalid_request", "expires_in is not a token lifetime", {
    parameter: "expires_in",
    received: text,
    expected: `a whole number of seconds from 1 to ${MAX_LIFETIME_SECONDS}, or none for a token that does not expire`,
  });
}

/**
 * Parses a scope into its tokens.
 *
 * @throws OAuthError `invalid_scope` for characters a scope token cannot have.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3}
 */
export function parseScope(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const tokens = text.split(" ").filter((token) => token !== "");
  if (tokens.every((token) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(token))) return [...new Set(tokens)];
  throw new OAuthError("invalid_scope", "scope contains characters that are not allowed in a scope", {
    parameter: "scope",
    received: text,
    expected: "tokens of printable ASCII without double quote and backslash, separated by single spaces",
    reference: "RFC 6749 3.3",
  });
}

/**
 * Parses resource indicators.
 *
 * @throws OAuthError `invalid_target` for anything but an absolute URI without a fragment.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8707.html#section-2}
 */
export function parseResources(values: readonly string[]): readonly string[] {
  for (const value of values) {
    if (URL.canParse(value) && !value.includes("#")) continue;
    throw new OAuthError("invalid_target", "resource does not name a resource", {
      parameter: "resource",
      received: value,
      expected: "an absolute URI without a fragment",
      reference: "RFC 8707 2",
    });
  }
  return [...new Set(values)];
}
