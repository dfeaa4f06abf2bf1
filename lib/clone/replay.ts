// Asks a clone what its original was asked.
import { headerOf, type Message } from "../recorder/exchange.ts";
import { parseObject, textOf } from "../judge/reading.ts";
import type { Sleep } from "../runtime/sleep.ts";
import { grantOf, logIn } from "./login.ts";
import { accessOf, isLeftOpen, messageWith, NO_ANSWER, type Observed, WRONG_TOKEN } from "./observed.ts";
import type { UrlMap } from "./urls.ts";

/** A clone that can be asked. */
export interface Running {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Issues a token that it takes. */
  readonly token: () => Promise<string>;
  readonly sleep: Sleep;
}

/** How long a clone may take for one answer, in milliseconds: a fault may hold it back, or never let it end. */
const ANSWER_MS = 15_000;

/** What a clone answers to each question; undefined for one that it cannot be asked. */
export async function replay(
  observed: readonly Observed[],
  map: UrlMap,
  running: Running,
): Promise<readonly (Observed | undefined)[]> {
  const known: Known = { sessions: new Map(), clients: new Map() };
  const right = await running.token();
  const answered: (Observed | undefined)[] = [];
  for (const one of observed) {
    const grant = grantOf(one);
    const question = grant ? undefined : questionFor(one, map, { known, right });
    const answer = grant
      ? await loginLike(grant, one, { observed, map, running })
      : question && await within(running.sleep, (signal) => observe(question, running, signal), noAnswerTo(question));
    if (answer) learn(one, answer, known);
    answered.push(answer);
  }
  return answered;
}

/** What the clone calls what the original has made up, by what that has called it. */
interface Known {
  readonly sessions: Map<string, string>;
  readonly clients: Map<string, string>;
}

/** A login at the clone that asks for the scopes that one of the original's asked for. */
async function loginLike(
  grant: URLSearchParams,
  { url }: Observed,
  { observed, map, running }: {
    readonly observed: readonly Observed[];
    readonly map: UrlMap;
    readonly running: Running;
  },
): Promise<Observed | undefined> {
  if (grant.get("grant_type") !== "authorization_code" || map.translate(url) !== map.urls.token) return undefined;
  const asked = observed.find((one) => map.translate(one.url)?.startsWith(`${map.urls.authorize}?`));
  const scope = URL.parse(asked?.url ?? "")?.searchParams.get("scope") ?? null;
  return await logIn(map, scope, running.fetch);
}

interface CloneQuestion {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | undefined;
}

function requestOf({ method, url, headers, body }: CloneQuestion, signal: AbortSignal): Request {
  return new Request(url, { method, headers, signal, redirect: "manual", ...(body === undefined ? {} : { body }) });
}

function noAnswerTo({ method, url, headers, body }: CloneQuestion): Observed {
  return { method, url, request: messageWith(headers, body), status: NO_ANSWER, response: lost };
}

const lost: Message = { headers: [], truncated: true };

/** What comes in time; what does not is given up. */
async function within<T>(sleep: Sleep, start: (signal: AbortSignal) => Promise<T>, otherwise: T): Promise<T> {
  const [over, late] = [new AbortController(), new AbortController()];
  const answer = start(late.signal);
  answer.catch(() => {});
  const limit = sleep(ANSWER_MS, over.signal).then(() => otherwise);
  limit.catch(() => {});
  try {
    return await Promise.race([answer, limit]);
  } finally {
    over.abort();
    late.abort();
  }
}

function questionFor(
  one: Observed,
  map: UrlMap,
  { known, right }: { readonly known: Known; readonly right: string },
): CloneQuestion | undefined {
  const url = map.translate(one.url);
  // The pages of a login are a person's, and what they lead to is another each time.
  if (url === undefined || url.startsWith(map.urls.authorize)) return undefined;
  const renamed = (text: string): string => withClients(text, known.clients);
  const access = accessOf(one);
  const sent = one.request.headers.filter(([name]) => !ofConnection.has(name)).map(([name, value]): [string, string] =>
    name === "authorization"
      ? [name, `Bearer ${access === "right" ? right : WRONG_TOKEN}`]
      : [name, headerText(name === "mcp-session-id" ? known.sessions.get(value) ?? value : renamed(value))]
  );
  const { body } = one.request;
  const hasBody = body !== undefined && one.method !== "GET" && one.method !== "HEAD";
  return {
    method: one.method,
    url: renamed(url),
    headers: new Headers(sent),
    body: hasBody ? asAnother(renamed(map.toOurs(body))) : undefined,
  };
}

/** What a header can hold: redacted values have more. */
function headerText(value: string): string {
  return value.toWellFormed().replace(/[^\t\x20-\xff]+/g, encodeURIComponent);
}

/** A shorter id is a part of words, too. */
const MIN_ID_LENGTH = 4;

/** A text with the clone's ids of clients: a short one only where it is the parameter. */
function withClients(text: string, clients: ReadonlyMap<string, string>): string {
  const named = text.replace(/\bclient_id=([^&#\s"]*)/g, (whole, id: string) => {
    const own = clients.get(id);
    return own === undefined ? whole : `client_id=${own}`;
  });
  return clients.entries().filter(([theirs]) => theirs.length >= MIN_ID_LENGTH)
    .reduce((rest, [theirs, ours]) => rest.replaceAll(theirs, ours), named);
}

/** So much higher is the id of a message than the original's: an answer that repeats what was recorded has another. */
const OTHER_ID = 1000;

/** A message with another id, if it is one that is to be answered. */
function asAnother(body: string): string {
  const message = parseObject(body);
  if (message?.jsonrpc !== "2.0" || typeof message.method !== "string") return body;
  const { id } = message;
  if (typeof id === "string") return JSON.stringify({ ...message, id: `${id}-again` });
  return typeof id === "number" && Number.isSafeInteger(id + OTHER_ID)
    ? JSON.stringify({ ...message, id: id + OTHER_ID })
    : body;
}

/** Headers of a connection, which is another here. */
const ofConnection: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "connection",
  "cookie",
  "transfer-encoding",
]);

async function observe(question: CloneQuestion, running: Running, signal: AbortSignal): Promise<Observed> {
  const { method, url, headers, body } = question;
  const response = await running.fetch(requestOf(question, signal));
  const request = messageWith(headers, body);
  const head = { method, url, request, status: response.status, response: messageWith(response.headers, undefined) };
  if (isLeftOpen(head)) await response.body?.cancel();
  else if (response.body) return { ...head, response: messageWith(response.headers, await response.text()) };
  return head;
}

/** Learns what the clone calls what the original has made up. */
function learn(original: Observed, clone: Observed, { sessions, clients }: Known): void {
  const note = (names: Map<string, string>, nameOf: (one: Observed) => string | undefined): void => {
    const [theirs, ours] = [nameOf(original), nameOf(clone)];
    if (theirs !== undefined && theirs !== "" && ours !== undefined) names.set(theirs, ours);
  };
  note(sessions, ({ response }) => headerOf(response, "mcp-session-id"));
  note(clients, ({ response }) => textOf(parseObject(response.body), "client_id"));
}
