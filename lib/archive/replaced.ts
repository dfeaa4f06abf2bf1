/**
 * What stands in a recording instead of what was sent: tools and people take secrets out of a file before they show it to
 * anybody, and leave a mask, a part, a digest or nothing in their place.
 *
 * @module
 */
import { isObject } from "../http/json.ts";
import { parseValue } from "../judge/reading.ts";
import type { RawBody } from "../recorder/redact/redact_body.ts";
import type { Seen } from "../recorder/seen_exchange.ts";
import type { ReplacedLack } from "./replaced_lacks.ts";

/** Of which of these a value is, by the name of a parameter of a request, or of a member of JSON. */
const KINDS: ReadonlyMap<string, ReplacedLack> = new Map<string, ReplacedLack>([
  ["code_verifier", "proofs"],
  ["code_challenge", "proofs"],
  ["state", "states"],
  ["redirect_uri", "redirect_uris"],
  ["redirect_uris", "redirect_uris"],
  ["resource", "resources"],
  ["client_id", "client_ids"],
  ["client_secret", "client_secrets"],
  ["client_assertion", "client_secrets"],
  ["refresh_token", "refresh_tokens"],
  ["access_token", "access_tokens"],
  ["code", "codes"],
]);
/** Names of them, to see at once that a text has none. */
const NAMED =
  /(?:code|code_(?:verifier|challenge|challenge_method)|grant_type|state|redirect_uris?|resource|client_(?:id|secret|assertion)|token)(?:=|"\s*:)/;

/** How those who take something out say so; in what is random, so long a word does not come about. */
const WORDS =
  /redact|removed|hidden|masked|saniti[sz]|filtered|scrubbed|omitted|obfuscat|anonymi[sz]|stripped|censored|concealed|truncated|not[ _-]?shown/i;
/** Asterisks, bullets, blocks; a text in brackets; one that breaks off; one character again and again. */
const SHAPES = /\*{3}|[•●█▇]{2}|^\[.*\]$|^<.*>$|^\{\{.*\}\}$|^\$\{.*\}$|(?:\.{3}|…)$|^(.)\1{3,}$|(.)\2{9}/su;
/** What shows that a parameter was removed which no server does without; those like it were then removed as well. */
const REMOVED: readonly { readonly where: string; readonly gone: string; readonly also: readonly ReplacedLack[] }[] = [
  { where: "code_challenge_method", gone: "code_challenge", also: ["proofs", "states"] },
  { where: "grant_type=authorization_code", gone: "code", also: ["codes", "proofs", "states"] },
  { where: "grant_type=refresh_token", gone: "refresh_token", also: ["refresh_tokens"] },
];
/** What a verifier is (RFC 7636 4.1). */
const VERIFIER = /^[\w.~-]{43,128}$/;
/** The longest text in which anything is looked for, in characters. */
const MAX_LENGTH = 256 * 1024;

/**
 * What of an exchange is not what was sent.
 *
 * @param seen As a tool has written it, before anything is redacted here.
 */
export function replacedIn(seen: Seen): ReadonlySet<ReplacedLack> {
  const found = new Set<ReplacedLack>();
  const isAccepted = seen.status < 400;
  const sent = [...valuesIn(seen.url, seen.sent)];
  const names = new Set(sent.flatMap(([name, value]) => [name, `${name}=${value}`]));
  for (const { where, gone, also } of isAccepted ? REMOVED : []) {
    if (names.has(where) && !names.has(gone)) also.forEach((kind) => found.add(kind));
  }
  const answered = valuesIn(seen.response.headers.get("location") ?? "", seen.answered);
  for (const [name, value] of [...sent, ...answered]) {
    const kind = KINDS.get(name);
    if (kind !== undefined && (isMask(value) || (isAccepted && isUnusable(name, value)))) found.add(kind);
  }
  const credentials = seen.sentHeaders.get("authorization");
  if (credentials !== null && isMask(credentials.replace(/^(?:bearer|dpop|basic)(?:\s+|$)/i, ""))) {
    found.add("access_tokens");
  }
  const sessions = [seen.sentHeaders, seen.response.headers].map((headers) => headers.get("mcp-session-id"));
  if (sessions.some((session) => session !== null && isMask(session))) found.add("session_ids");
  return found;
}

/** Whether there is a mask in a form. */
export function hasMask(form: string): boolean {
  return [...parametersIn(form)].some(([, value]) => isMask(value));
}

/** Whether a text is what is left of another. It may be encoded, once or twice. */
function isMask(text: string): boolean {
  return [text, decoded(text), decoded(decoded(text))].some((one) => {
    const value = one.trim();
    return value === "" || WORDS.test(value) || SHAPES.test(value);
  });
}

/** Whether a server would have refused it. */
function isUnusable(name: string, value: string): boolean {
  if (name === "code_verifier") return !VERIFIER.test(value) && !value.includes("…");
  return (name === "resource" || name === "redirect_uri") && !URL.canParse(value);
}

type Value = readonly [name: string, value: string];

/** All that has a name in an address, and in a form or JSON. */
function* valuesIn(address: string, { text }: RawBody = { text: "", isComplete: true }): Generator<Value> {
  for (const query of address.split(/[?#]/).slice(1)) yield* parametersIn(query);
  if (text.length > MAX_LENGTH || !NAMED.test(text)) return;
  const value = /^\s*[[{]/.test(text) ? parseValue(text) : undefined;
  if (isObject(value)) yield* membersOf(value);
  else if (value === undefined) yield* parametersIn(text);
}

function* parametersIn(text: string): Generator<Value> {
  if (text.length <= MAX_LENGTH && NAMED.test(text)) yield* new URLSearchParams(text);
}

function* membersOf(object: Readonly<Record<string, unknown>>): Generator<Value> {
  for (const [name, value] of Object.entries(object)) {
    for (const one of [value].flat()) if (typeof one === "string") yield [name, one];
  }
}

function decoded(text: string): string {
  if (!text.includes("%")) return text.replaceAll("+", " ");
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
