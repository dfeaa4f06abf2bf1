// Asks a server, politely: one request at a time, no more than a few, and it says what it is. Nothing at a private address is
// asked, unless the server itself was named by one of this machine.
import { checkTarget, type FetchAt, OutboundError, type ResolveDns } from "../outbound/outbound.ts";
import { eventsOf } from "../judge/events.ts";
import { parseObject } from "../judge/reading.ts";
import type { Sleep } from "../runtime/sleep.ts";
import { version } from "../runtime/version.ts";
import { messageWith, methodOf, type Observed } from "./observed.ts";
import { encodingOf, shownUrl } from "./source.ts";
import { openSessions } from "./sessions.ts";

/** The most requests that one clone takes. */
export const MAX_REQUESTS = 40;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** How long an answer may take, and how long a stream is listened to, in milliseconds. */
const ANSWER_MS = 15_000;
const LISTEN_MS = 1000;

/** What asks with. */
export interface AskDeps {
  readonly fetch: FetchAt;
  readonly resolveDns: ResolveDns;
  readonly sleep: Sleep;
  /** Whether the server is on this machine. */
  readonly local: boolean;
  /** Says why a URL is not asked; undefined if it is. */
  readonly refuse?: (target: URL) => string | undefined;
  /** The user's token: where a server repeats it in an answer, it is not kept. */
  readonly secret?: string | undefined;
}

/** A request to be sent. */
export interface Question {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks, and keeps what was asked. */
export interface Asker {
  /** The answer; undefined where there is none, as the limit is reached or the server cannot be. */
  readonly ask: (question: Question) => Promise<Observed | undefined>;
  readonly observed: readonly Observed[];
  /** What was asked and got no answer, and why. */
  readonly problems: readonly string[];
}

/** Makes what asks. */
export function createAsker(deps: AskDeps): Asker {
  const observed: Observed[] = [];
  const problems: string[] = [];
  let tries = 0;
  return {
    observed,
    problems,
    ask: async (question) => {
      const what = `${question.method} ${shownUrl(question.url)}`;
      if (tries + keptFor(question, observed) >= MAX_REQUESTS) {
        problems.push(`${what}: not asked, as ${MAX_REQUESTS} requests are the limit`);
        return undefined;
      }
      tries++;
      try {
        const answered = await send(question, deps);
        observed.push(answered);
        const encoding = encodingOf(answered.response);
        if (encoding !== undefined) {
          problems.push(`${what}: the body is in the encoding ${encoding}, for which nobody asked`);
        }
        return answered;
      } catch (error) {
        problems.push(`${what}: ${error instanceof OutboundError ? error.message : reasonOf(error)}`);
        return undefined;
      }
    },
  };
}

/** Why a connection failed, by the beginnings of Node's codes for it. */
const reasons: readonly (readonly [code: RegExp, reason: string])[] = [
  [/^ECONNREFUSED/, "nothing listens there"],
  [/^(?:ECONNRESET|EPIPE)/, "the connection was closed without an answer"],
  [/^(?:ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/, "it cannot be reached"],
  [/^HPE_/, "what answers there does not speak http, perhaps https"],
  [/^(?:ERR_SSL_WRONG_VERSION|EPROTO)/, "what answers there does not speak https, perhaps http"],
  [/ALTNAME/, "its certificate is for another host"],
  [
    /CERT|_VERIFY_|UNABLE_TO_/,
    "its certificate is not trusted, unless NODE_EXTRA_CA_CERTS names a file with its issuer's",
  ],
];

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons.find(([known]) => known.test(code))?.[1] ?? "no answer";
}

/** How many requests must be left after one: each session that was opened takes another to end. */
function keptFor({ method, body }: Question, observed: readonly Observed[]): number {
  if (method === "DELETE") return 0;
  const opens = methodOf({ request: messageWith(new Headers(), body) }) === "initialize";
  return openSessions(observed).length + (opens ? 1 : 0);
}

async function send({ method, url, headers: own = {}, body }: Question, deps: AskDeps): Promise<Observed> {
  const target = URL.parse(url);
  if (!target) throw new OutboundError("The URL cannot be parsed");
  const refusal = deps.refuse?.(target);
  if (refusal !== undefined) throw new OutboundError(refusal);
  const done = new AbortController();
  const late = deps.sleep(ANSWER_MS, done.signal).then(() => {
    throw new OutboundError(`no answer within ${ANSWER_MS / 1000} seconds`);
  });
  late.catch(() => {});
  const sent = new Headers({ "user-agent": `mock-oauth-clone/${version}`, accept: "application/json", ...own });
  try {
    const address = await Promise.race([checkTarget(target, deps), late]);
    const request = new Request(target, {
      method,
      headers: sent,
      redirect: "manual",
      credentials: "omit",
      ...(body === undefined ? {} : { body }),
    });
    const response = await Promise.race([deps.fetch(request, address), late]);
    // What nobody asked a question on has no end.
    const pause = method === "GET" && isEvents(response) ? deps.sleep(LISTEN_MS, done.signal) : late;
    const text = await readText(response, pause.then(() => ENDED), late);
    const without = (value: string): string => deps.secret ? value.replaceAll(deps.secret, "TOKEN") : value;
    const headers = new Headers();
    for (const [name, value] of response.headers) headers.append(name, without(value));
    return {
      method,
      url: target.href,
      request: messageWith(sent, body),
      status: response.status,
      response: messageWith(headers, text === undefined ? undefined : without(text)),
    };
  } finally {
    done.abort();
  }
}

const ENDED = { done: true, value: undefined } as const;

/** What an answer says; of a stream, what comes until it has answered, or pauses. */
async function readText(
  response: Response,
  pause: Promise<typeof ENDED>,
  late: Promise<never>,
): Promise<string | undefined> {
  pause.catch(() => {});
  if (!response.body) return undefined;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  // So much of a stream has no answer.
  let looked = 0;
  try {
    for (let length = 0; length <= MAX_BODY_BYTES;) {
      const next = await Promise.race([reader.read(), pause, late]);
      if (next.done) return text + decoder.decode();
      length += next.value.length;
      text += decoder.decode(next.value, { stream: true });
      const end = isEvents(response) ? Math.max(text.lastIndexOf("\n\n"), text.lastIndexOf("\n\r\n")) : -1;
      if (end < looked) continue;
      if (hasAnswered(text.slice(looked))) return text;
      looked = end;
    }
    throw new OutboundError(`The answer is larger than ${MAX_BODY_BYTES} bytes`);
  } finally {
    void reader.cancel().catch(() => {});
  }
}

function isEvents({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

/** Whether a part of a stream of events has an answer; what else comes on it is for later requests. */
function hasAnswered(text: string): boolean {
  const messages = eventsOf(text).map(({ data }) => parseObject(data));
  return messages.some((message) => message && !("method" in message) && ("result" in message || "error" in message));
}
