// Claims that a test gives a user: they go into tokens beside our own and never replace them.
import { OAuthError } from "../../http/errors.ts";
import { isObject, parseJson, problemOf } from "../../http/json.ts";

/** Claims of a user's own. */
export type Claims = Readonly<Record<string, unknown>>;

/** What was declared of a user: what we keep a place for, and the rest. */
export interface UserClaims {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** Everything else, as it stands. */
  readonly claims: Claims;
}

/** What tokens, userinfo and introspection say themselves (RFC 7519 4.1, RFC 9068 2.2, RFC 7662 2.2, OpenID Connect Core 2). */
const reservedClaims: ReadonlySet<string> = new Set([
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope", "sid", "cnf", "act", "may_act"],
  ...["auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash", "active", "username", "token_type"],
]);

/** Codes and refresh tokens carry claims, and a code travels in a URL. */
const MAX_CLAIMS_BYTES = 4096;

/**
 * Checks claims that came from outside.
 *
 * @param parameter What it was sent or declared as, for the error.
 * @throws OAuthError `invalid_request` for anything but an object, for reserved claims, for too many, and for a bad name or
 * e-mail address.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { name, claims } = parseUserClaims({ name: "Ada", roles: ["admin"] }, "claims");
 * assert.deepEqual([name, claims], ["Ada", { roles: ["admin"] }]);
 * assert.throws(() => parseUserClaims({ iss: "https://evil.example" }, "claims"), /iss cannot be overridden/);
 * ```
 */
export function parseUserClaims(value: unknown, parameter: string): UserClaims {
  if (!isObject(value)) throw refuse(parameter, "is not a JSON object", 'an object such as {"roles":["admin"]}');
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > MAX_CLAIMS_BYTES) {
    throw refuse(parameter, `is too long: ${bytes} bytes`, `${MAX_CLAIMS_BYTES} bytes at most`);
  }
  const reserved = Object.keys(value).find((name) => reservedClaims.has(name));
  if (reserved !== undefined) {
    throw refuse(parameter, `cannot be used: ${reserved} cannot be overridden`, "claims that the server does not set");
  }
  const { name, email, ...claims } = value;
  return {
    ...(name === undefined ? {} : { name: requireText(name, parameter, "name") }),
    ...(email === undefined ? {} : { email: parseEmail(requireText(email, parameter, "email"), parameter) }),
    claims,
  };
}

/**
 * Reads claims from JSON text.
 *
 * @throws OAuthError as {@link parseUserClaims}, and for what is not JSON.
 */
export function parseUserClaimsText(text: string | undefined, parameter: string): UserClaims | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw refuse(parameter, problemOf(error), 'an object such as {"roles":["admin"]}');
  }
  return parseUserClaims(value, parameter);
}

/** The claims of a token that are its user's own. */
export function ownClaimsOf(claims: object): Claims {
  return Object.fromEntries(
    Object.entries(claims).filter(([name]) => !reservedClaims.has(name) && name !== "name" && name !== "email"),
  );
}

/**
 * Requires an e-mail address.
 *
 * @throws OAuthError `invalid_request` for anything else.
 */
export function parseEmail(text: string, parameter: string): string {
  const email = text.trim();
  if (isEmail(email)) return email;
  throw new OAuthError("invalid_request", "email is not an e-mail address", {
    parameter,
    received: text,
    expected: "one like ada@example.com, at most 254 characters",
  });
}

function requireText(value: unknown, parameter: string, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw refuse(parameter, `has a ${name} that is not text`, `a ${name} of one character or more`);
}

function refuse(parameter: string, problem: string, expected: string): OAuthError {
  return new OAuthError("invalid_request", `${parameter} ${problem}`, { parameter, expected });
}

/** Whether a text is an e-mail address, by the same rule wherever one comes in: `a@localhost` is one. */
export function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@<>"]+@[^\s@<>"]+$/.test(text);
}
