/**
 * Takes the secrets out of a body, by what its media type says it is.
 *
 * @module
 */
import { MAX_BODY_LENGTH } from "./exchange.ts";
import type { Redactor } from "./redact.ts";
import { isSuspicious, secretKindOf } from "./secret_names.ts";

/** A body as it went by. */
export interface RawBody {
  /** As much of it as was read. */
  readonly text: string;
  /** Whether that is all. */
  readonly isComplete: boolean;
}

/** A body that can be kept. */
export interface CleanBody {
  /** Absent if nothing of it can be shown. */
  readonly body?: string;
  /** Whether something is missing. */
  readonly truncated: boolean;
}

/** A function that redacts a body as far as it was read; undefined means that it cannot be read. */
type Clean = (raw: RawBody, redactor: Redactor) => string | undefined;

/** Nothing else is kept: what is not text has no place here, and a form in parts can hold anything. */
const readers: readonly { readonly type: RegExp; readonly clean: Clean }[] = [
  { type: /^application\/(?:[\w.-]+\+)?json$/, clean: cleanJson },
  { type: /^application\/x-www-form-urlencoded$/, clean: cleanForm },
  { type: /^text\/event-stream$/, clean: ({ text }, redactor) => cleanEvents(text, redactor) },
  { type: /^text\/html$/, clean: cleanHtml },
  { type: /^text\/plain$/, clean: cleanPlain },
];

/**
 * Whether bodies of a media type are kept at all.
 *
 * @param contentType The header, if it was sent.
 */
export function isKept(contentType: string): boolean {
  return readerOf(contentType) !== undefined;
}

/**
 * Redacts a body, and cuts it to what is kept.
 *
 * @param raw What went by.
 * @param contentType The header, if it was sent.
 * @param redactor The exchange's.
 */
export function redactBody(raw: RawBody, contentType: string | null, redactor: Redactor): CleanBody {
  if (raw.text === "") return { truncated: !raw.isComplete };
  const clean = readerOf(contentType)?.(raw, redactor);
  if (clean === undefined) return { truncated: true };
  if (clean.length <= MAX_BODY_LENGTH) return { body: clean, truncated: !raw.isComplete };
  return { body: clean.slice(0, MAX_BODY_LENGTH), truncated: true };
}

/**
 * Redacts the whole events at the beginning of a text.
 *
 * @param text A part of an event stream.
 * @param redactor The exchange's.
 */
export function cleanEvents(text: string, redactor: Redactor): string {
  return text.split("\n").map((line) => {
    const [, data] = /^data: ?(.*?)\r?$/.exec(line) ?? [];
    if (data === undefined || data === "") return redactor.text(line);
    return `data: ${cleanJson({ text: data, isComplete: true }, redactor) ?? redactor.text(data)}`;
  }).join("\n");
}

function readerOf(contentType: string | null): Clean | undefined {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return readers.find((reader) => reader.type.test(type))?.clean;
}

function cleanJson({ text }: RawBody, redactor: Redactor): string | undefined {
  if (!isSuspicious(text)) return text;
  const value = parseJson(text);
  try {
    return value === undefined ? undefined : JSON.stringify(cleanValue(value, redactor));
  } catch {
    // Nested deeper than the stack.
    return undefined;
  }
}

/** Every string of a JSON value, at any depth, and inside strings that are JSON themselves. */
function cleanValue(value: unknown, redactor: Redactor, name = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, redactor, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]) => [member, cleanValue(inner, redactor, member)]),
    );
  }
  const kind = name === "" ? undefined : secretKindOf(name);
  if (typeof value === "number" && kind === "personal") return redactor.secret(String(value), kind);
  if (typeof value !== "string") return value;
  if (kind !== undefined) return redactor.secret(value, kind);
  if (/^\s*[{[]/.test(value)) {
    const inner = parseJson(value);
    if (inner !== undefined) return JSON.stringify(cleanValue(inner, redactor));
  }
  return /^[a-z][\w+.-]*:[^\s]*[?#@]/i.test(value) ? redactor.url(value) : redactor.text(value);
}

/** A pair that was cut through is left out: what is left of it has perhaps another name. */
function cleanForm({ text, isComplete }: RawBody, redactor: Redactor): string | undefined {
  const whole = isComplete ? text : text.slice(0, Math.max(0, text.lastIndexOf("&")));
  // What is no form at all has no names to go by.
  return /^[^=&\s{}<>"]{1,100}=/.test(whole) ? redactor.form(whole) : undefined;
}

/** Hidden fields and addresses, as a page that carries an authorization response has them. */
function cleanHtml({ text, isComplete }: RawBody, redactor: Redactor): string {
  const whole = isComplete ? text : text.slice(0, Math.max(0, text.lastIndexOf("<")));
  const fields = whole.replace(/<input\b[^>]*>/gi, (tag) => {
    const kind = secretKindOf(/\bname="([^"]*)"/i.exec(tag)?.[1] ?? "");
    if (kind === undefined) return tag;
    return tag.replace(/\bvalue="([^"]*)"/i, (_, value: string) => `value="${redactor.secret(unescape(value), kind)}"`);
  });
  const addresses = fields.replace(/\b(href|src|action)="([^"]*)"/gi, (attribute, name: string, value: string) => {
    const address = unescape(value);
    const clean = redactor.url(address);
    return clean === address ? attribute : `${name}="${clean.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"`;
  });
  return redactor.text(addresses);
}

/** Text that is really JSON or a form is read as that: a wrong media type must not show what the right one hides. */
function cleanPlain(raw: RawBody, redactor: Redactor): string {
  return cleanJson(raw, redactor) ?? cleanForm(raw, redactor) ?? redactor.text(raw.text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unescape(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
