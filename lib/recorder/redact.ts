/**
 * Takes the secrets out of an exchange before it is kept. What has a telling name is replaced by its first four
 * characters, its length and a digest, so that a person can still see which token is which and a rule whether a verifier
 * fits its challenge; a secret found once is then replaced wherever else it stands in the same exchange, and so is
 * whatever looks like a signed token. What cannot be parsed is left out.
 *
 * @module
 */
import type { Digests } from "./digests.ts";
import type { HeaderPair } from "./exchange.ts";
import { isPlainHeader, isSecretHeader, replaceTold, type SecretKind, secretKindOf } from "./secret_names.ts";

/** Redacts the parts of one exchange; what it has learnt from one part it knows in the next. */
export interface Redactor {
  /** A secret of a known kind. */
  readonly secret: (value: string, kind: SecretKind) => string;
  /** A URL, absolute or not, with its query and fragment. */
  readonly url: (url: string) => string;
  /** A query or a form. */
  readonly form: (text: string) => string;
  /** Any text in which a secret might stand. */
  readonly text: (text: string) => string;
  /** The value of a header. */
  readonly header: (name: string, value: string) => string;
  /** Replaces the secrets that were found so far; the last step for every part. */
  readonly scrub: (text: string) => string;
}

/** Three parts of base64url of which the first is a JSON object: a JWT, whatever it is called. */
const JWT = /\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g;
/** Shorter secrets are only replaced where they stand alone: they are also parts of words. */
const MIN_SCRUBBED_LENGTH = 8;

/**
 * Makes a redactor for one exchange.
 *
 * @param digests What is shown in the place of secrets.
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
  const found = new Map<string, string>();
  const shown = new Set<string>();

  const secret = (value: string, kind: SecretKind): string => {
    if (value === "" || shown.has(value)) return value;
    let redacted = found.get(value);
    if (redacted === undefined) {
      redacted = digests(value, kind);
      found.set(value, redacted);
      shown.add(redacted);
    }
    return redacted;
  };

  const text = (value: string): string => {
    const unsigned = value.includes("eyJ") ? value.replace(JWT, (token) => secret(token, "protocol")) : value;
    return replaceTold(unsigned, secret);
  };

  function form(value: string): string {
    // Without S256 the challenge is the verifier itself (RFC 7636 4.2).
    const isPlain = !/(?:^|&)code_challenge_method=S256(?:&|$)/.test(value);
    return value.split("&").map((item) => pair(item, isPlain)).join("&");
  }

  function pair(value: string, isPlain: boolean): string {
    const at = value.indexOf("=");
    if (at < 0) return text(value);
    const name = value.slice(0, at);
    const sent = decode(value.slice(at + 1));
    const kind = isPlain && name === "code_challenge" ? "verifier" : secretKindOf(decode(name));
    if (kind !== undefined) return `${name}=${secret(sent, kind)}`;
    const clean = /[?#]/.test(sent) ? url(sent) : text(sent);
    return clean === sent ? value : `${name}=${encodeURIComponent(clean).replaceAll("%E2%80%A6", "…")}`;
  }

  function url(value: string): string {
    const [, head = "", query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(value) ?? [];
    const clean = text(head).replace(
      /^([a-z][\w+.-]*:\/\/[^/@]*?):([^/@]+)@/i,
      (_, user: string, password: string) => `${user}:${secret(password, "personal")}@`,
    );
    return clean + (query === undefined ? "" : `?${form(query)}`) +
      (fragment === undefined ? "" : `#${form(fragment)}`);
  }

  const header = (name: string, value: string): string => {
    if (name === "authorization" || name === "proxy-authorization") return credentials(value, secret);
    if (name === "cookie" || name === "set-cookie") {
      return value.replace(/^([^=;]*=)?([^;]*)/, (_, before = "", rest: string) => before + secret(rest, "protocol"));
    }
    if (isPlainHeader(name)) return value;
    if (isSecretHeader(name)) return secret(value, "protocol");
    return name === "location" || name === "referer" || name === "content-location" ? url(value) : text(value);
  };

  const scrub = (value: string): string => {
    let clean = value;
    for (const [raw, redacted] of found) clean = replaceAlone(clean, raw, redacted);
    return clean;
  };

  return { secret, url, form, text, header, scrub };
}

/** The headers of a message, each redacted. */
export function redactHeaders(headers: readonly HeaderPair[], redactor: Redactor): readonly HeaderPair[] {
  return headers.map(([name, value]) => [name, redactor.header(name, value)]);
}

/** What equal secrets have in common once they are redacted. */
export function digestOf(redacted: string): string {
  return redacted.slice(redacted.lastIndexOf("…") + 1);
}

/** `Bearer x`, or an id and a secret in Basic, of which the id is public. */
function credentials(value: string, secret: Redactor["secret"]): string {
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

function replaceAlone(text: string, raw: string, redacted: string): string {
  if (raw.length < 4 || raw.length > text.length) return text;
  if (raw.length < MIN_SCRUBBED_LENGTH) {
    if (!text.includes(raw)) return text;
    const escaped = raw.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    return text.replace(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, "gu"), () => redacted);
  }
  const clean = text.includes(raw) ? text.replaceAll(raw, () => redacted) : text;
  return /^[\w.~-]+$/.test(raw) ? clean : clean.replaceAll(encodeURIComponent(raw), () => redacted);
}

function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
