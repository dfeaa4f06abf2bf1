// What an access token must say, and of which type: a signature proves who wrote the claims, not that they make sense. A
// scenario or a test can have any claim minted, so they are read here like anything that comes from outside.
import { describeValue, OAuthError } from "../../http/errors.ts";
import type { AccessTokenClaims } from "./tokens.ts";

/** What a claim must be: a test, and the words for it. */
interface Shape {
  readonly is: (value: unknown) => boolean;
  readonly words: string;
}

/** The last second that a `Date` can hold (ECMA-262 21.4.1.1). */
const LAST_SECOND = 8.64e12;

/** The longest id that a token has: it becomes a part of a key, and a key holds 2,048 bytes. */
const MAX_ID_LENGTH = 500;

const isText = (value: unknown): boolean => typeof value === "string";
const text: Shape = { is: isText, words: "a string" };
const id: Shape = {
  is: (value) => typeof value === "string" && value.length <= MAX_ID_LENGTH,
  words: `a string of at most ${MAX_ID_LENGTH} characters`,
};
const time: Shape = {
  is: (value) => typeof value === "number" && Math.abs(value) <= LAST_SECOND,
  words: "a time in seconds since 1970 (RFC 7519 2)",
};
const audience: Shape = {
  is: (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
  words: "a string or a list of strings",
};
const confirmation: Shape = {
  is: (value) => typeof value === "object" && value !== null && "jkt" in value && isText(value.jkt),
  words: "an object with a jkt (RFC 9449 6.1)",
};

function optional({ is, words }: Shape): Shape {
  return { is: (value) => value === undefined || is(value), words: `${words}, or absent` };
}

const shapes: Readonly<Record<keyof AccessTokenClaims, Shape>> = {
  iss: text,
  sub: text,
  aud: audience,
  client_id: text,
  scope: text,
  iat: time,
  exp: optional(time),
  nbf: optional(time),
  jti: id,
  sid: id,
  email: optional(text),
  name: text,
  cnf: optional(confirmation),
};

/**
 * Reads the claims of an access token; what the server knows nothing of stays as it is.
 *
 * @param payload The payload of a token whose signature is good.
 * @throws OAuthError `invalid_token`, naming the first claim that is not of its type.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => parseAccessTokenClaims({ iss: 0 }), /claim iss is malformed/);
 * ```
 */
export function parseAccessTokenClaims(payload: object): AccessTokenClaims {
  if (areClaims(payload)) return payload;
  const { name, value, words } = firstMalformed(payload) ?? { name: "payload", value: payload, words: "an object" };
  throw new OAuthError("invalid_token", `The access token's claim ${name} is malformed`, {
    parameter: "authorization",
    received: describeValue(value),
    expected: words,
    reference: "RFC 9068 2.2",
  });
}

function areClaims(payload: object): payload is AccessTokenClaims {
  return firstMalformed(payload) === undefined;
}

function firstMalformed(
  payload: object,
): { readonly name: string; readonly value: unknown; readonly words: string } | undefined {
  const claims = new Map<string, unknown>(Object.entries(payload));
  for (const [name, { is, words }] of Object.entries(shapes)) {
    const value = claims.get(name);
    if (!is(value)) return { name, value, words };
  }
  return undefined;
}
