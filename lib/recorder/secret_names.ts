/**
 * Which parameters, members and headers carry a secret, by their names: one table for queries, forms and JSON.
 *
 * @module
 */

/**
 * How a secret is redacted: what software has made up is recognised by its digest, and a PKCE verifier by the very digest
 * that is its challenge; of what a person chose nothing is shown that could be guessed at elsewhere.
 */
export type SecretKind = "protocol" | "verifier" | "personal";

const protocolNames = [
  "access_token",
  "refresh_token",
  "id_token",
  "id_token_hint",
  "logout_token",
  "login_hint_token",
  "initial_access_token",
  "registration_access_token",
  "subject_token",
  "actor_token",
  "bearer_token",
  "token",
  "code",
  "authorization_code",
  "device_code",
  "auth_req_id",
  "assertion",
  "client_assertion",
  "client_secret",
  "secret",
  "request",
  "request_uri",
  "software_statement",
  "api_key",
  "private_key",
  "session_id",
  "authorization",
  "cookie",
  // What the plain bearer endpoint is told to insist on.
  "expected",
  // The private part of a JSON Web Key.
  "d",
] as const;

const personalNames = [
  "password",
  "auto_approve_password",
  "passcode",
  "passphrase",
  "pin",
  "otp",
  "user_code",
] as const;

/** The names, in lower case and without `_` and `-`, so that `accessToken` and `access_token` are one. */
const kinds: ReadonlyMap<string, SecretKind> = new Map<string, SecretKind>([
  ...protocolNames.map((name): [string, SecretKind] => [normalise(name), "protocol"]),
  [normalise("code_verifier"), "verifier"],
  ...personalNames.map((name): [string, SecretKind] => [normalise(name), "personal"]),
]);

/** A member of a secret name in JSON, also in JSON that stands in a string. */
const MEMBER = new RegExp(
  `"(?:${
    [...protocolNames, "code_verifier", ...personalNames].map((name) => name.replaceAll("_", "[_-]?")).join("|")
  })\\\\*"`,
  "i",
);

/** Names that say what follows even in the middle of a sentence. */
const TELLING =
  /\b((?:access|refresh|id|registration_access|subject)_token|client_secret|client_assertion|code_verifier|device_code|(?:auto_approve_)?password|user_code)(["']?\s*[:=]\s*["']?)([^\s"'&<>,;]{4,})/gi;

/** Headers that are a secret as a whole. */
const secretHeaders: ReadonlySet<string> = new Set([
  "mcp-session-id",
  "x-api-key",
  "api-key",
  "x-auth-token",
  "x-access-token",
  "x-csrf-token",
]);

/** What kind of secret a parameter or member of this name carries, if any. */
export function secretKindOf(name: string): SecretKind | undefined {
  return kinds.get(normalise(name));
}

/**
 * Whether JSON can hold anything that must be redacted: a member with a telling name, a signed token, an address with
 * parameters, or characters written in a way that hides such a thing. Most messages cannot, and need not be parsed.
 */
export function isSuspicious(json: string): boolean {
  return /eyJ|\\[uU]|[?#@=]/.test(json) || MEMBER.test(json);
}

/** Headers in which there is never anything to redact. */
const plainHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-max-age",
  "access-control-request-headers",
  "access-control-request-method",
  "allow",
  "cache-control",
  "connection",
  "content-length",
  "content-security-policy",
  "content-type",
  "date",
  "host",
  "mcp-method",
  "mcp-protocol-version",
  "pragma",
  "vary",
]);

/** Whether there is never anything to redact in a header. */
export function isPlainHeader(name: string): boolean {
  return plainHeaders.has(name);
}

/** Whether the value of a header is a secret as a whole. */
export function isSecretHeader(name: string): boolean {
  return secretHeaders.has(name);
}

/**
 * Replaces what stands behind a telling name in free text.
 *
 * @param text Any text.
 * @param redact Gives what to put in place of a value.
 */
export function replaceTold(text: string, redact: (value: string, kind: SecretKind) => string): string {
  if (!/[:=]/.test(text) || !/token|secret|assertion|verifier|_code|password/i.test(text)) return text;
  return text.replace(
    TELLING,
    (_, name: string, between: string, value: string) =>
      `${name}${between}${redact(value, secretKindOf(name) ?? "protocol")}`,
  );
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, "");
}
