// Which parameters, members and headers carry a secret, by their names: one table for queries, forms and JSON.
import { mayHaveKnownShape } from "./known_shapes.ts";

/**
 * How a secret is redacted: what software has generated is recognised by its digest, and a PKCE verifier by the very digest
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
  // Whatever a server has sealed in it; whether it comes back as it was, its digest tells.
  "request_state",
  // What the plain bearer endpoint is told to insist on.
  "expected",
  // The private part of a JSON Web Key, also where nothing else tells that it is one.
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

/** Names that end with one of these, as `newPassword`, `x-secret` and `token_value` do, in lower case with nothing between. */
const protocolEndings = [
  "token",
  "secret",
  "apikey",
  "accesskey",
  "secretkey",
  "privatekey",
  "sessionid",
  "sessionkey",
  "credential",
  "credentials",
  "assertion",
  "authorization",
  "cookie",
] as const;
const personalEndings = ["password", "passwd", "passphrase", "passcode", "pwd"] as const;

/** What ends like a secret but is not one: it is a position in a list or a task. */
const harmless: ReadonlySet<string> = new Set(["progresstoken", "pagetoken", "nextpagetoken", "continuationtoken"]);

/** The names as they are looked up: in lower case, and letters and digits alone, so that `accessToken` and `access_token` are one. */
const kinds: ReadonlyMap<string, SecretKind> = new Map<string, SecretKind>([
  ...protocolNames.map((name): [string, SecretKind] => [normalise(name), "protocol"]),
  [normalise("code_verifier"), "verifier"],
  ...personalNames.map((name): [string, SecretKind] => [normalise(name), "personal"]),
]);

const ENDING = new RegExp(`(?:(${personalEndings.join("|")})|${protocolEndings.join("|")})(?:value)?$`);

/** Names that carry a secret in the query of a URL, and anything in a message: keys of an API, signatures of links. */
const inQueries = /^(?:key|sig|auth|jwt|.*signature|subscriptionkey)$/;

/** The private members of a JSON Web Key (RFC 7518 6.2.2, 6.3.2, 6.4.1). */
const privateMembers: ReadonlySet<string> = new Set(["d", "p", "q", "dp", "dq", "qi", "oth", "k"]);

/** Headers that are a secret as a whole, beside those that are called like one. */
const secretHeaders: ReadonlySet<string> = new Set(["mcp-session-id"]);

/** What kind of secret a parameter or member of this name carries, if any. */
export function secretKindOf(name: string): SecretKind | undefined {
  const plain = normalise(name);
  const known = kinds.get(plain);
  if (known !== undefined || harmless.has(plain)) return known;
  const [ending, personal] = ENDING.exec(plain) ?? [];
  return ending === undefined ? undefined : personal === undefined ? "protocol" : "personal";
}

/** The same of a parameter in a query. */
export function secretKindOfParameter(name: string): SecretKind | undefined {
  return secretKindOf(name) ?? (inQueries.test(normalise(name)) ? "protocol" : undefined);
}

/** Whether a member of a JSON Web Key is private. */
export function isPrivateMember(name: string): boolean {
  return privateMembers.has(name);
}

/**
 * Whether JSON can hold anything that must be redacted: a name that may tell, what may look like a secret, or characters
 * written in a way that hides such a thing. Most messages cannot, and need not be parsed.
 */
export function isSuspicious(json: string): boolean {
  return MAY_TELL.test(json) || /eyJ|\\[uU]|[?#@=%]|_[\w-]{20}|"kty\\*"|\b(?:bearer|basic|dpop)\s/i.test(json) ||
    mayHaveKnownShape(json);
}

/** Matches everything with a telling name in it, and much without. */
const MAY_TELL = new RegExp(
  [
    "token|secret|pass|pwd|key|credential|assertion|authorization|cookie|verifier|session|request|statement|auth_?req",
    `"(?:${["code", "expected", "d", "pin", "otp"].join("|")})\\\\*"|[_-]?code`,
  ].join("|"),
  "i",
);

/** Sources of regular expressions for names in the middle of a text; what they find is looked up with {@link secretKindOf}. */
export const tellingNames = {
  /** A parameter of a query, where only names stand. */
  parameter: "[\\w.%~-]{1,64}",
  /** A word that tells of itself what comes behind it. */
  word:
    `(?:[\\w-]{0,40}?(?:token|secret|api[_-]?key|access[_-]?key|private[_-]?key|session[_-]?id|credentials?|assertion|cookie|` +
    `pass(?:word|wd|phrase|code)|pwd)(?:[_-]?value)?|code[_-]?verifier|(?:device|user|authorization)[_-]code)`,
} as const;

/** Whether the value of a header is a secret as a whole. */
export function isSecretHeader(name: string): boolean {
  return secretHeaders.has(name) || secretKindOf(name) !== undefined;
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
