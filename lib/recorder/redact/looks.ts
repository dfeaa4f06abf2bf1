// Secrets that are recognised by what they look like, wherever they stand: signed tokens, what this server and others generate,
// credentials behind the name of their scheme, passwords in URLs, and what stands behind a telling name.
import { secretPrefixes } from "../../http/secret_prefixes.ts";
import { mayHaveKnownShape, redactKnownShapes } from "./known_shapes.ts";
import { secretKindOf, secretKindOfParameter, tellingNames } from "./secret_names.ts";
import type { Secrets } from "./secrets.ts";

/** Without any of these there is nothing to be found. */
const SUSPICIOUS =
  /eyJ|[?&#;]|:\/\/|\/\/[^/]*@|%[0-9a-f]{2}|_[\w-]{20}|request_uri:|\b(?:bearer|basic|dpop|token)\s|[:=]/i;

/** What may be a JWT, which is three parts of base64url of which the first is a JSON object. */
const DOTTED = /(?<![\w.-])[\w.-]{10,}/g;
/** What this server has generated; names of members, such as `code_challenge_methods_supported`, have small letters alone. */
const OWN = new RegExp(
  `(?<![A-Za-z0-9])(?:${secretPrefixes.join("|")})_(?=[\\w-]{0,100}[A-Z0-9])[\\w-]{20,}(?:\\.[\\w-]{20,})?`,
  "g",
);
/** RFC 9126 2.2. */
const REQUEST_URI = /\burn:ietf:params:oauth:request_uri:[\w.~-]{8,}/g;
/** Behind the name of a scheme, but for a parameter of a challenge (RFC 6750 3) and what is already redacted. */
const CREDENTIALS = /(?<![\w:.-])(bearer|basic|dpop|token)([ \t]+)([\w.~+/-]+=*)(?![\w"'=…])/gi;
/** `authorization` as a name tells that what is behind it is a secret, but for the name of the scheme. */
const AUTHORIZATION =
  /\b((?:proxy-)?authorization\\*["']?\s*[:=]\s*\\*["']?(?:(?:bearer|basic|dpop|token)[ \t]+)?)([^\s"'<>,;\\…]+)(?!…)/gi;
/** User information of a URL, also of one without a scheme (RFC 3986 3.2.1). */
const USER_INFO = /((?:\b[a-z][\w+.-]{0,30}:)?\/\/)([^\s/?#@"'<>:]*)(?::([^\s/?#"'<>]*))?@(?=[^\s/?#"'<>@])/gi;
/** A parameter in a URL, or behind a `;` in a path. */
const PARAMETER = new RegExp(`([?&#;])(${tellingNames.parameter})=([^&\\s"'<>#;]*)`, "gi");
/** A telling name, and what it is said to be. */
const TOLD = new RegExp(
  `\\b(${tellingNames.word})(\\\\*["'\`]?\\s*(?:[:=]|=>)\\s*)(?:"([^"\\\\]*)"|'([^'\\\\]*)'|(\\\\*["'\`]?)([^\\s"'&<>,;\\\\]{4,}))`,
  "gi",
);
/** Every telling name has one of these in it. */
const MAY_TELL = /token|secret|key|session|credential|assertion|cookie|pass|pwd|verifier|code/i;
/** A word is shorter than this. */
const MIN_OPAQUE_LENGTH = 20;

/**
 * Replaces all that looks like a secret.
 *
 * @param text Any text, not encoded.
 */
export function redactLooks(text: string, { secret, onlyHere }: Pick<Secrets, "secret" | "onlyHere">): string {
  const mayBeKnown = mayHaveKnownShape(text);
  if (!mayBeKnown && !SUSPICIOUS.test(text)) return text;
  let clean = mayBeKnown ? redactKnownShapes(text, (value) => secret(value, "protocol")) : text;
  if (clean.includes("//")) {
    clean = clean.replace(USER_INFO, (whole: string, slashes: string, user: string, password: string | undefined) => {
      if (password) return `${slashes}${user}:${secret(password, "personal")}@`;
      return isOpaque(user) ? `${slashes}${secret(user, "protocol")}@` : whole;
    });
  }
  if (clean.includes("eyJ")) clean = clean.replace(DOTTED, (run) => redactJwts(run, secret));
  if (clean.includes("_")) clean = clean.replace(OWN, (own) => secret(own, "protocol"));
  if (clean.includes("request_uri:")) clean = clean.replace(REQUEST_URI, (uri) => secret(uri, "protocol"));
  if (clean.includes("=") && /[?&#;]/.test(clean)) {
    clean = clean.replace(PARAMETER, (whole: string, before: string, name: string, value: string) => {
      const kind = before === ";" ? secretKindOf(name) : secretKindOfParameter(name);
      return kind === undefined || value === "" ? whole : `${before}${name}=${secret(value, kind)}`;
    });
  }
  if (/uthorization/i.test(clean)) {
    clean = clean.replace(
      AUTHORIZATION,
      (whole: string, name: string, value: string) =>
        isScheme(value) || !isOpaque(value) ? whole : name + secret(value, "protocol"),
    );
  }
  if (/\s/.test(clean)) {
    clean = clean.replace(CREDENTIALS, (whole: string, scheme: string, between: string, value: string) => {
      if (!isOpaque(value)) return whole;
      noteBasic(scheme, value, secret);
      return scheme + between + secret(value, "protocol");
    });
  }
  if (!/[:=]/.test(clean) || !MAY_TELL.test(clean)) return clean;
  return clean.replace(
    TOLD,
    (whole: string, name: string, between: string, double?: string, single?: string, open = "", bare = "") => {
      const kind = secretKindOf(name);
      const value = double ?? single ?? bare;
      if (kind === undefined || value === "" || isScheme(value)) return whole;
      const isPerhapsWord = bare !== "" && !isOpaque(bare);
      if (isPerhapsWord && kind !== "personal") return whole;
      const shown = isPerhapsWord ? onlyHere(value, kind) : secret(value, kind);
      const quote = double !== undefined ? '"' : single !== undefined ? "'" : "";
      return `${name}${between}${open}${quote}${shown}${quote}`;
    },
  );
}

/** In one go, for a text can be full of beginnings. */
function redactJwts(run: string, secret: Secrets["secret"]): string {
  if (!run.includes("eyJ")) return run;
  const parts = run.split(".");
  for (let at = 0; at < parts.length - 2; at++) {
    const [header = "", payload = "", signature = ""] = parts.slice(at, at + 3);
    const start = header.search(/(?<![A-Za-z0-9])eyJ[\w-]{5,}$/);
    if (start < 0 || payload === "") continue;
    const shown = secret(`${header.slice(start)}.${payload}.${signature}`, "protocol");
    parts.splice(at, 3, header.slice(0, start) + shown);
  }
  return parts.join(".");
}

/** Whether a text is neither a word nor the name of anything, such as `offline_access`: those have small letters alone. */
function isOpaque(text: string): boolean {
  if (/^[A-Za-z]?[a-z]*(?:[_.:/-][a-z]+)*$/.test(text)) {
    return text.length >= MIN_OPAQUE_LENGTH && !/[_.:/-]/.test(text);
  }
  return text.length >= 4;
}

function isScheme(text: string): boolean {
  return /^(?:bearer|basic|dpop|token)$/i.test(text);
}

/** Of HTTP Basic the password is looked for elsewhere, too (RFC 7617 2). */
function noteBasic(scheme: string, value: string, secret: Secrets["secret"]): void {
  if (scheme.toLowerCase() !== "basic") return;
  try {
    const [, password] = /^[^:]*:(.*)$/s.exec(atob(value)) ?? [];
    if (password) secret(password, "protocol");
  } catch {
    // It is not base64.
  }
}
