/**
 * Takes the secrets out of an exchange before it is kept. What has a telling name is replaced by its first four
 * characters, its length and a digest, so that a person can still see which token is which and a rule whether a verifier
 * fits its challenge; a secret found once is then replaced wherever else it stands in the same exchange, and so is
 * whatever looks like a signed token. What cannot be parsed is left out.
 *
 * @module
 */
import type { Digests } from "./digests.ts";
import type { HeaderPair } from "../exchange.ts";
import { redactLooks } from "./looks.ts";
import { isSecretHeader, type SecretKind, secretKindOf } from "./secret_names.ts";

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
  /** Whether there were more secrets than can be looked for: then what was not redacted by a name is not to be shown. */
  readonly isOverfull: () => boolean;
}

interface Found {
  readonly redacted: string;
  /** How it is written in text, in a URL, in JSON and in a page; undefined where it is only replaced where it stands alone. */
  readonly spellings: readonly string[] | undefined;
}

/** Shorter secrets are only replaced where they stand alone: they are also parts of words. */
const MIN_SCRUBBED_LENGTH = 8;
/** How often a text may be percent-encoded over and over. */
const MAX_ENCODED = 4;
/** URLs in URLs in URLs are read so deep; what is deeper is redacted as a whole. */
const MAX_NESTED = 6;
/** Secrets of one exchange that are looked for everywhere, and told from each other: each costs as much as a small request. */
const MAX_FOUND = 500;
/** What stands between delimiters of texts and URLs. */
const WORD = /[^\s"'<>&=?#,;()]+/g;

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
  const found = new Map<string, Found>();
  const shown = new Set<string>();
  let isOverfull = false;
  let depth = 0;

  const aside = (value: string, kind: SecretKind): string => {
    if (value === "" || shown.has(value)) return value;
    const isNamed = shown.size < MAX_FOUND;
    const redacted = found.get(value)?.redacted ?? (isNamed ? digests(value, kind) : "…");
    shown.add(redacted);
    return redacted;
  };

  const secret = (value: string, kind: SecretKind): string => {
    const redacted = aside(value, kind);
    if (redacted === value || found.has(value)) return redacted;
    if (found.size < MAX_FOUND) found.set(value, { redacted, spellings: spellingsOf(value) });
    else isOverfull = true;
    return redacted;
  };

  const text = (value: string): string => textIn(value, 0);

  /** Also in what is percent-encoded, as often as that may be. */
  function textIn(value: string, encoded: number): string {
    const clean = encoded < MAX_ENCODED && value.includes("%")
      ? value.replace(WORD, (word) => {
        const decoded = word.includes("%") ? decode(word) : word;
        if (decoded === word) return word;
        const inner = textIn(decoded, encoded + 1);
        return inner === decoded ? word : encode(inner);
      })
      : value;
    return redactLooks(clean, { secret, aside });
  }

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
    const clean = isAddress(sent) ? url(sent) : text(sent);
    return clean === sent ? value : `${name}=${encode(clean)}`;
  }

  function url(value: string): string {
    if (depth >= MAX_NESTED) return secret(value, "protocol");
    depth++;
    const [, head = "", query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(value) ?? [];
    const clean = text(head) + (query === undefined ? "" : `?${form(query)}`) +
      (fragment === undefined ? "" : `#${form(fragment)}`);
    depth--;
    return clean;
  }

  const header = (name: string, value: string): string => {
    if (name === "authorization" || name === "proxy-authorization") return credentials(value, secret);
    if (name === "cookie") return value.split(";").map(cookie).join(";");
    if (name === "set-cookie") return value.replace(/^[^;]*/, cookie);
    // A proof of possession is a JWT, and one that is none is perhaps a token in the wrong place (RFC 9449 4.1).
    if (isSecretHeader(name) || name === "dpop") return secret(value, "protocol");
    return isAddress(value) ? url(value) : text(value);
  };

  function cookie(pair: string): string {
    return pair.replace(
      /^([^=]*=)?\s*"?([^"]*)/,
      (_, before = "", value: string) => before + secret(value, "protocol"),
    );
  }

  const scrub = (value: string): string => {
    let clean = value;
    for (const [raw, { redacted, spellings }] of found) clean = replaceAlone(clean, { raw, redacted, spellings });
    return clean;
  };

  return { secret, url, form, text, header, scrub, isOverfull: () => isOverfull };
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
  if (PLAIN_LINE.test(text) && !/eyJ|_[\w-]{20}/.test(text)) return text;
  const { text: clean, scrub } = createRedactor(() => "…");
  return scrub(clean(text));
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

function replaceAlone(text: string, { raw, redacted, spellings }: Found & { readonly raw: string }): string {
  if (raw.length < 4 || raw.length > text.length) return text;
  if (!spellings) {
    if (!text.includes(raw)) return text;
    const escaped = raw.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    return text.replace(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, "gu"), () => redacted);
  }
  let clean = text;
  for (const spelled of spellings) if (clean.includes(spelled)) clean = clean.replaceAll(spelled, () => redacted);
  return clean;
}

function spellingsOf(raw: string): readonly string[] | undefined {
  if (raw.length < MIN_SCRUBBED_LENGTH) return undefined;
  if (/^[\w.~-]+$/.test(raw)) return [raw];
  const html = raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  return [...new Set([raw, encode(raw), JSON.stringify(raw).slice(1, -1), html])];
}

/** Whether all of a text is one URL with parameters, or a reference with some. */
function isAddress(text: string): boolean {
  return /^(?:[a-z][\w+.-]*:|[/?#.])[^\s]*$/i.test(text) && /[?#]/.test(text);
}

/** What is shown in the place of a secret stays readable. */
function encode(text: string): string {
  // Half a character of two cannot be encoded.
  return encodeURIComponent(text.toWellFormed()).replaceAll("%E2%80%A6", "…");
}

/** What is not encoded as it must be stays as it is, and the rest is decoded all the same. */
function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  return text.replaceAll("+", " ").replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
