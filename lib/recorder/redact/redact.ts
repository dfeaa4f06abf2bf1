// Takes the secrets out of an exchange before it is kept. What has a telling name is replaced by its first four
// characters, its length and a digest, so that a person can still see which token is which and a rule whether a verifier
// fits its challenge; a secret found once is then replaced wherever else it stands in the same exchange, and so is
// whatever looks like a signed token. What cannot be parsed is left out.
import type { Digests } from "./digests.ts";
import { decode, encode } from "./encoding.ts";
import type { HeaderPair } from "../exchange.ts";
import { mayHaveKnownShape } from "./known_shapes.ts";
import { redactLooks } from "./looks.ts";
import { createSecrets, type Secrets } from "./secrets.ts";
import { isSecretHeader, secretKindOfParameter } from "./secret_names.ts";

/** Redacts the parts of one exchange; what it has learned from one part it knows in the next. */
export interface Redactor extends Pick<Secrets, "secret" | "scrub" | "isOverfull"> {
  readonly url: (url: string) => string;
  readonly form: (text: string) => string;
  /** Any text in which a secret might stand. */
  readonly text: (text: string) => string;
  readonly header: (name: string, value: string) => string;
}

/** How often a text may be percent-encoded over and over. */
const MAX_ENCODED = 4;
/** URLs in URLs in URLs are read so deep; what is deeper is redacted as a whole. */
const MAX_NESTED = 6;
/** What stands between delimiters of texts and URLs. */
const WORD = /[^\s"'<>&=?#,;()]+/g;

/**
 * Makes a redactor for one exchange.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createDigests } from "./digests.ts";
 * const { url } = createRedactor(createDigests(new Uint8Array(32)));
 * // RFC 7636 appendix B: the redacted verifier ends with its challenge
 * assert.equal(
 *   url("?code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
 *   "?code_verifier=dBjf…43…E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
 * );
 * ```
 */
export function createRedactor(digests: Digests): Redactor {
  const secrets = createSecrets(digests);
  return {
    ...secrets,
    url: (value) => redactUrl(value, secrets),
    form: (value) => redactForm(value, secrets),
    text: (value) => redactText(value, secrets),
    header: (name, value) => redactHeader(name, value, secrets),
  };
}

/** Also in what is percent-encoded, as often as that may be. */
function redactText(value: string, secrets: Secrets, encoded = 0): string {
  const clean = encoded < MAX_ENCODED && value.includes("%")
    ? value.replace(WORD, (word) => {
      const decoded = word.includes("%") ? decode(word) : word;
      if (decoded === word) return word;
      const inner = redactText(decoded, secrets, encoded + 1);
      return inner === decoded ? word : encode(inner);
    })
    : value;
  return redactLooks(clean, secrets);
}

function redactUrl(value: string, secrets: Secrets, nested = 0): string {
  if (nested >= MAX_NESTED) return secrets.secret(value, "protocol");
  const [, head = "", query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(value) ?? [];
  return redactText(head, secrets) +
    (query === undefined ? "" : `?${redactForm(query, secrets, nested + 1)}`) +
    (fragment === undefined ? "" : `#${redactForm(fragment, secrets, nested + 1)}`);
}

function redactForm(value: string, secrets: Secrets, nested = 0): string {
  // Without S256 the challenge is the verifier itself (RFC 7636 4.2).
  const isPlain = !/(?:^|&)code_challenge_method=S256(?:&|$)/.test(value);
  return value.split("&").map((pair) => {
    const at = pair.indexOf("=");
    if (at < 0) return redactText(pair, secrets);
    const [name, sent] = [pair.slice(0, at), decode(pair.slice(at + 1))];
    const kind = isPlain && name === "code_challenge" ? "verifier" : secretKindOfParameter(decode(name));
    if (kind !== undefined) return `${name}=${secrets.secret(sent, kind)}`;
    const clean = isAddress(sent) ? redactUrl(sent, secrets, nested) : redactText(sent, secrets);
    return clean === sent ? pair : `${name}=${encode(clean)}`;
  }).join("&");
}

function redactHeader(name: string, value: string, secrets: Secrets): string {
  const { secret } = secrets;
  if (name === "authorization" || name === "proxy-authorization") return redactCredentials(value, secret);
  if (name === "cookie") return value.split(";").map((cookie) => redactCookie(cookie, secret)).join(";");
  if (name === "set-cookie") return value.replace(/^[^;]*/, (cookie) => redactCookie(cookie, secret));
  // A proof of possession is a JWT, and one that is not is perhaps a token in the wrong place (RFC 9449 4.1).
  if (isSecretHeader(name) || name === "dpop") return secret(value, "protocol");
  return isAddress(value) ? redactUrl(value, secrets) : redactText(value, secrets);
}

function redactCookie(pair: string, secret: Secrets["secret"]): string {
  return pair.replace(
    /^([^=]*=)?\s*"?([^"]*)/,
    (_, before = "", value: string) => before + secret(value, "protocol"),
  );
}

/** A path in which nothing can be hidden: most are like that, and a line of a log is written for each. */
const PLAIN_LINE = /^[\w./~ -]*$/;

/**
 * A text for a log, where no secret is told from another.
 *
 * @param text Such as a path, or an error's message.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(redactLine("/oauth/token"), "/oauth/token");
 * assert.equal(redactLine("/oauth;password=hunter22"), "/oauth;password=…");
 * ```
 */
export function redactLine(text: string): string {
  if (PLAIN_LINE.test(text) && !/eyJ|_[\w-]{20}/.test(text) && !mayHaveKnownShape(text)) return text;
  const { text: clean, scrub } = createRedactor(() => "…");
  return scrub(clean(text));
}

/** The headers of a message, each redacted. */
export function redactHeaders(headers: readonly HeaderPair[], redactor: Redactor): readonly HeaderPair[] {
  return headers.map(([name, value]) => [name, redactor.header(name, value)]);
}

/** `Bearer x`, or an id and a secret in Basic, of which the id is public. */
function redactCredentials(value: string, secret: Secrets["secret"]): string {
  const [, scheme, rest = ""] = /^(\S+) +(.*)$/.exec(value) ?? [];
  if (scheme === undefined) return secret(value, "protocol");
  if (scheme.toLowerCase() !== "basic") return `${scheme} ${secret(rest.trim(), "protocol")}`;
  try {
    const [, id, password] = /^([^:]*):(.*)$/s.exec(atob(rest)) ?? [];
    if (id !== undefined && password !== undefined) {
      // The encoded form would give the secret away as well, wherever it is repeated.
      secret(rest, "protocol");
      return `${scheme} ${id}:${secret(decode(password), "protocol")}`;
    }
  } catch {
    // No base64, so no id to show.
  }
  return `${scheme} ${secret(rest, "protocol")}`;
}

/** Whether all of a text is one URL with parameters, or a reference with some. */
function isAddress(text: string): boolean {
  return /^(?:[a-z][\w+.-]*:|[/?#.])[^\s]*$/i.test(text) && /[?#]/.test(text);
}
