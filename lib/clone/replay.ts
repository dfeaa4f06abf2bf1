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
  /** What the clone has called something: sessions and clients, by what the original has called them. */
  const known = new Map<string, string>();
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
  { known, right }: { readonly known: ReadonlyMap<string, string>; readonly right: string },
): CloneQuestion | undefined {
  const url = map.translate(one.url);
  // The pages of a login are a person's, and what they lead to is another each time.
  if (url === undefined || url.startsWith(map.urls.authorize)) return undefined;
  const renamed = (text: string): string =>
    known.entries().reduce((rest, [theirs, ours]) => rest.replaceAll(theirs, ours), text);
  const access = accessOf(one);
  const sent = one.request.headers.filter(([name]) => !ofConnection.has(name)).map(([name, value]): [string, string] =>
    name === "authorization"
      ? [name, `Bearer ${access === "right" ? right : WRONG_TOKEN}`]
      : [name, renamed(value).replace(/[^\t\x20-\xff]+/g, encodeURIComponent)]
  );
  const { body } = one.request;
  const hasBody = body !== undefined && one.method !== "GET" && one.method !== "HEAD";
  return {
    method: one.method,
    url: renamed(url),
    headers: new Headers(sent),
    body: hasBody ? renamed(map.toOurs(body)) : undefined,
  };
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
function learn(original: Observed, clone: Observed, known: Map<string, string>): void {
  const names = ({ response }: Pick<Observed, "response">): readonly (string | undefined)[] => [
    headerOf(response, "mcp-session-id"),
    textOf(parseObject(response.body), "client_id"),
  ];
  const ours = names(clone);
  for (const [index, theirs] of names(original).entries()) {
    const own = ours[index];
    if (theirs !== undefined && own !== undefined && theirs.length > 3) known.set(theirs, own);
  }
}
