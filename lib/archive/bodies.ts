// The bodies of an entry of an HTTP archive, in whatever way its tool has written them.
import { isNestedTooDeep, type JsonObject } from "../http/json.ts";
import type { RawBody } from "../recorder/redact/redact_body.ts";
import { cutText } from "../runtime/own_text.ts";
import { parseValue } from "../judge/reading.ts";
import { numberIn, objectIn, objectsIn, textIn } from "./members.ts";
import { hasMask } from "./replaced.ts";

/** The most that is read of a body, in characters. */
export const MAX_TEXT_LENGTH = 1024 ** 2;

const NOTHING: RawBody = { text: "", isComplete: true };
const MISSING: RawBody = { text: "", isComplete: false };
/** Answers without a body (RFC 9110 6.4.1), and those that need none. */
const BODILESS: ReadonlySet<number> = new Set([101, 202, 204, 205, 301, 302, 303, 304, 307, 308]);

interface Sent {
  readonly request: JsonObject | undefined;
  /** How long its headers say that it is. */
  readonly length: number;
  /** Whether it was answered in a way that only a body brings about. */
  readonly isTaken: boolean;
  /** Whether a server would have refused what is JSON by half. */
  readonly isJson: boolean;
}

/** What a request said: as a text, or as the fields of a form. */
export function sentIn({ request, length, isTaken, isJson }: Sent): RawBody | undefined {
  const postData = objectIn(request, "postData");
  const text = textIn(postData, "text");
  // -1 stands for a size that is not known, and what is posted has a body as a rule.
  const size = length > 0 ? length : numberIn(request, "bodySize") ?? -1;
  if (text) {
    const body = cut(postData?.encoding === "base64" ? decoded(text) : text);
    return isPart(body, size) || (isJson && isBrokenOff(body)) ? { ...body, isComplete: false } : body;
  }
  const fields = objectsIn(postData, "params").flatMap((field): readonly Field[] => {
    const name = textIn(field, "name");
    return name === undefined ? [] : [[name, textIn(field, "value") ?? ""]];
  });
  if (fields.length > 0) return cut(formOf(fields));
  return size > 0 || isTaken || (size < 0 && textIn(request, "method") === "POST") ? MISSING : undefined;
}

/** Whether it is shorter than what was sent. A person who takes secrets out makes a form shorter as well. */
function isPart({ text }: RawBody, size: number): boolean {
  return size > text.length && size > Buffer.byteLength(text) &&
    (JSON_BEGINNING.test(text) ? isNoJson(text) : !hasMask(text));
}

/** Whether it is JSON that does not end. */
function isBrokenOff({ text }: RawBody): boolean {
  return JSON_BEGINNING.test(text) && isNoJson(text);
}

const JSON_BEGINNING = /^\s*[[{]/;

function isNoJson(text: string): boolean {
  return parseValue(text) === undefined;
}

type Field = readonly [name: string, value: string];

/** What stands in a form as it is sent, or instead of a secret: anything else was decoded. */
const ENCODED = /^(?:[\w.~!*'()+…-]|%[0-9a-f]{2})*$/i;

/** The form that fields are of: some tools decode them, and some write them as they were sent. */
function formOf(fields: readonly Field[]): string {
  const sent = fields.map(([name, value]) => `${name}=${value}`).join("&");
  const isEncoded = fields.flat().every((text) => ENCODED.test(text)) &&
    (sent.includes("%") || fields.some(([name, value]) => name === "scope" && value.includes("+")));
  return isEncoded ? sent : new URLSearchParams(fields.map((field) => [...field])).toString();
}

interface Answer {
  readonly response: JsonObject | undefined;
  readonly entry: JsonObject;
  readonly isEvents: boolean;
  /** How long its headers say that it is. A proxy that hands on what it does not keep writes that it was empty. */
  readonly length: number;
}

/** What a response said. */
export function answeredIn({ response, entry, isEvents, length }: Answer): RawBody {
  const content = objectIn(response, "content");
  const text = textIn(content, "text");
  const size = numberIn(content, "size") ?? -1;
  if (text) {
    const body = cut(content?.encoding === "base64" ? decoded(text) : text);
    return !isEvents && isPart(body, Math.max(size, length)) ? { ...body, isComplete: false } : body;
  }
  if (isEvents) {
    const events = objectsIn(entry, "_eventSourceMessages");
    const isTold = events.length > 0 && events.every((event) => textIn(event, "data") !== undefined);
    return isTold ? cut(events.map(eventOf).join("")) : MISSING;
  }
  const sent = numberIn(response, "bodySize") ?? -1;
  const isBodiless = BODILESS.has(numberIn(response, "status") ?? 0);
  if (size > 0 || sent > 0 || (length > 0 && !isBodiless)) return MISSING;
  return size === 0 || text !== undefined || isBodiless ? NOTHING : MISSING;
}

/** An event of a stream, as DevTools lists them. */
function eventOf(event: JsonObject): string {
  const [id, type, data = ""] = [textIn(event, "eventId"), textIn(event, "eventName"), textIn(event, "data")];
  const fields = [...id ? [`id: ${id}`] : [], ...type && type !== "message" ? [`event: ${type}`] : []];
  return [...fields, ...data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`), "", ""].join("\n");
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

function cut(text: string): RawBody {
  // A reader follows it as deep as it is nested.
  if (/^\s*[[{]|^data:/m.test(text) && isNestedTooDeep(text)) return MISSING;
  return { text: cutText(text, MAX_TEXT_LENGTH), isComplete: text.length <= MAX_TEXT_LENGTH };
}
