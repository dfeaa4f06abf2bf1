// Asks a clone what its original was asked.
import { headerOf } from "../recorder/exchange.ts";
import { parseObject, textOf } from "../judge/reading.ts";
import { accessOf, messageWith, type Observed, WRONG_TOKEN } from "./observed.ts";
import type { UrlMap } from "./urls.ts";

/** A clone that can be asked. */
export interface Running {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Issues a token that it takes. */
  readonly token: () => Promise<string>;
}

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
    const question = isPlayable(one) ? questionFor(one, map, { known, right }) : undefined;
    const answer = question && await observe(question, await running.fetch(requestOf(question)));
    if (answer) learn(one, answer, known);
    answered.push(answer);
  }
  return answered;
}

/** A code is good once, and a person's page for a person. */
function isPlayable({ method, status, request }: Observed): boolean {
  const isGrant = method === "POST" && status < 300 && /(?:^|&)grant_type=/.test(request.body ?? "");
  return !isGrant;
}

interface CloneQuestion {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | undefined;
}

function requestOf({ method, url, headers, body }: CloneQuestion): Request {
  return new Request(url, { method, headers, redirect: "manual", ...(body === undefined ? {} : { body }) });
}

function questionFor(
  one: Observed,
  map: UrlMap,
  { known, right }: { readonly known: ReadonlyMap<string, string>; readonly right: string },
): CloneQuestion | undefined {
  const url = map.translate(one.url);
  if (url === undefined) return undefined;
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

async function observe({ method, url, headers, body }: CloneQuestion, response: Response): Promise<Observed> {
  const isOpen = method === "GET" && response.headers.get("content-type")?.startsWith("text/event-stream");
  if (isOpen) await response.body?.cancel();
  const text = isOpen || !response.body ? undefined : await response.text();
  const request = messageWith(headers, body);
  return { method, url, request, status: response.status, response: messageWith(response.headers, text) };
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
