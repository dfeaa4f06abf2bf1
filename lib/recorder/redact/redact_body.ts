// Takes the secrets out of a body, by what its media type says it is.
import { MAX_BODY_LENGTH } from "../exchange.ts";
import { compact } from "../../runtime/own_text.ts";
import type { Redactor } from "./redact.ts";
import { isPrivateMember, isSuspicious, type SecretKind, secretKindOf } from "./secret_names.ts";
import { isObject } from "../../http/json.ts";

/** A body as it went by. */
export interface RawBody {
  /** As much of it as was read. */
  readonly text: string;
  readonly isComplete: boolean;
}

interface CleanBody {
  /** Absent if nothing of it can be shown. */
  readonly body?: string;
  /** Whether something is missing. */
  readonly truncated: boolean;
}

/** A function that redacts a body as far as it was read; undefined means that it cannot be read. */
type Clean = (raw: RawBody, redactor: Redactor) => string | undefined;

/** Nothing else is kept: what is not text is not shown, and a multipart form can hold anything. */
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

/** Redacts a body, and cuts it to what is kept: to {@link MAX_BODY_LENGTH} characters if not given. */
export function redactBody(
  raw: RawBody,
  contentType: string | null,
  redactor: Redactor,
  maxLength: number = MAX_BODY_LENGTH,
): CleanBody {
  if (raw.text === "") return { truncated: !raw.isComplete };
  const clean = readerOf(contentType)?.(raw, redactor);
  if (clean === undefined) return { truncated: true };
  if (clean.length <= maxLength) return { body: clean, truncated: !raw.isComplete };
  return { body: compact(clean.slice(0, maxLength)), truncated: true };
}

/** Redacts the whole events at the beginning of a text. */
function cleanEvents(text: string, redactor: Redactor): string {
  return text.split(/(\r?\n\r?\n)/).map((event, index) => index % 2 === 1 ? event : cleanEvent(event, redactor)).join(
    "",
  );
}

/** The lines of data of one event are one text (HTML, server-sent events 9.2.6). */
function cleanEvent(event: string, redactor: Redactor): string {
  const lines = event.split(/\r?\n/);
  const data = lines.flatMap((line) => dataOf(line) ?? []);
  const whole = data.length > 1 ? cleanJson({ text: data.join("\n"), isComplete: true }, redactor) : undefined;
  if (whole === undefined || whole === data.join("\n")) {
    return lines.map((line) => cleanLine(line, redactor)).join("\n");
  }
  const first = lines.findIndex((line) => dataOf(line) !== undefined);
  return lines.flatMap((line, index) => {
    if (index === first) return `data: ${whole}`;
    return dataOf(line) === undefined ? cleanLine(line, redactor) : [];
  }).join("\n");
}

function dataOf(line: string): string | undefined {
  return /^data: ?(.*)$/.exec(line)?.[1];
}

function cleanLine(line: string, redactor: Redactor): string {
  const data = dataOf(line);
  if (data === undefined || data === "") return redactor.text(line);
  return `data: ${cleanJson({ text: data, isComplete: true }, redactor) ?? redactor.text(data)}`;
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

/** Nothing that looks like a secret by itself is shorter than this. */
const MIN_SECRET_NAME = 20;

/** Every string of a JSON value, at any depth, and inside strings that are JSON themselves. */
function cleanValue(value: unknown, redactor: Redactor, kind?: SecretKind): unknown {
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, redactor, kind));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map((
        [member, inner],
      ) => [
        member.length < MIN_SECRET_NAME ? member : redactor.text(member),
        cleanValue(inner, redactor, kindOfMember(member, value, kind)),
      ]),
    );
  }
  if (typeof value === "number" && kind === "personal") return redactor.secret(String(value), kind);
  if (typeof value !== "string") return value;
  if (kind !== undefined) return redactor.secret(value, kind);
  if (/^\s*[{[]/.test(value)) {
    const inner = parseJson(value);
    if (inner !== undefined) {
      const clean = JSON.stringify(cleanValue(inner, redactor));
      // What hides nothing stays as it was written.
      return clean === JSON.stringify(inner) ? value : clean;
    }
  }
  return /^[a-z][\w+.-]*:[^\s]*[?#@]/i.test(value) ? redactor.url(value) : redactor.text(value);
}

/** By its name, by what the object is, or by the name that stands beside it: `{"name":"password","value":"x"}`. */
function kindOfMember(
  name: string,
  object: Readonly<Record<string, unknown>>,
  kind: SecretKind | undefined,
): SecretKind | undefined {
  const own = secretKindOf(name);
  if (own !== undefined) return own;
  if (typeof object.kty === "string" && isPrivateMember(name)) return "protocol";
  if (name !== "value") return undefined;
  const beside = [object.name, object.key].find((text) => typeof text === "string");
  return kind ?? (beside === undefined ? undefined : secretKindOf(beside));
}

/** A pair that was cut through is left out: what is left of it has perhaps another name. */
function cleanForm({ text, isComplete }: RawBody, redactor: Redactor): string | undefined {
  const whole = isComplete ? text : text.slice(0, Math.max(0, text.lastIndexOf("&")));
  // What is not a form has no names to go by.
  return /^[^=&\s{}<>"]{1,100}=/.test(whole) ? redactor.form(whole) : undefined;
}

/** A tag with a name and a value, up to its end, or that of the text: then nothing is looked at twice. */
const FIELD = /<(?:input|meta|button|param)\b(?:[^>"']|"[^"]*(?:"|$)|'[^']*(?:'|$))*(?:>|$)/gi;

/** Hidden fields and addresses, as a page that carries an authorization response has them. */
function cleanHtml({ text, isComplete }: RawBody, redactor: Redactor): string {
  const whole = isComplete ? text : text.slice(0, Math.max(0, text.lastIndexOf("<")));
  const fields = whole.replace(FIELD, (tag) => {
    // What has no end can hide anything.
    if (!tag.endsWith(">")) return "";
    const [, , quoted, plain = ""] = /\bname=(?:(["'])(.*?)\1|([^\s"'>]+))/i.exec(tag) ?? [];
    const kind = secretKindOf(quoted ?? plain);
    if (kind === undefined) return tag;
    return tag.replace(
      /\b(value|content)=(?:(["'])(.*?)\2|([^\s"'>]+))/i,
      (_, name: string, quote = "", value?: string, bare = "") =>
        `${name}=${quote}${redactor.secret(unescape(value ?? bare), kind)}${quote}`,
    );
  });
  const addresses = fields.replace(
    /\b(href|src|action)=(["'])(.*?)\2/gi,
    (attribute, name: string, quote, value: string) => {
      const address = unescape(value);
      const clean = redactor.url(address);
      if (clean === address) return attribute;
      return `${name}=${quote}${
        clean.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("'", "&#39;")
      }${quote}`;
    },
  );
  return redactor.text(addresses);
}

/** Text that is really JSON or a form is read as that: a wrong media type must not show what the right one hides. */
function cleanPlain(raw: RawBody, redactor: Redactor): string {
  const whole = cleanJson(raw, redactor) ?? cleanForm(raw, redactor);
  if (whole !== undefined) return whole;
  const lines = raw.text.split("\n").map((line) =>
    /^\s*[{[]/.test(line) ? cleanJson({ text: line, isComplete: true }, redactor) ?? line : line
  );
  return redactor.text(lines.join("\n"));
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
