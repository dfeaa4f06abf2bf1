/** An app whose exchanges are recorded, and whose answers a test can twist: the server misbehaves, the client must not. */
import assert from "node:assert/strict";
import { endpoints } from "../../lib/http/endpoints.ts";
import { createPseudonyms } from "../../lib/recorder/redact/pseudonyms.ts";
import { createRecording, type Recording } from "../../lib/recorder/recording.ts";
import { buildReport, type Report, type ReportOptions } from "../../lib/judge/report.ts";
import { createMemoryTape } from "../../lib/recorder/tape/memory_tape.ts";
import { createSlices } from "../../lib/runtime/slices.ts";
import type { AppOptions } from "../../main.ts";
import { origin, startMs, type TestApp, testApp } from "../helpers.ts";

/** Changes what the server answers, or what it is asked. */
export type Twist = (request: Request, answer: (request: Request) => Promise<Response>) => Promise<Response>;

/** The app, its recording, and its verdict. */
export interface RecordedApp extends AsyncDisposable {
  readonly test: TestApp;
  readonly recording: Recording;
  readonly send: (request: Request) => Promise<Response>;
  /** Lets time pass. */
  readonly wait: (ms: number) => Promise<void>;
  readonly report: (options?: Partial<ReportOptions>) => Promise<Report>;
}

export const SANDBOX = "main";
/** More than what times on record are rounded by. */
const TICK_MS = 10;

export async function recordedApp(twist?: Twist, options: Partial<AppOptions> = {}): Promise<RecordedApp> {
  // A second recorder of the same requests would be told that their bodies have been asked for already.
  const test = await testApp({ loopbackOnly: true, record: false, ...options });
  // Nothing takes time but to come and to be answered, so that it shows what came before what was answered.
  let nowMs = startMs;
  const tick = (): number => nowMs += TICK_MS;
  const recording = createRecording({
    tape: createMemoryTape({
      pseudonyms: createPseudonyms(new Uint8Array(32)),
      slices: createSlices(() => 0),
      report: (error) => assert.fail(String(error)),
    }),
    now: () => nowMs,
    report: (error) => assert.fail(String(error)),
  });
  return {
    test,
    recording,
    send: async (request) => {
      const startedAtMs = tick();
      const opened = recording.open(request, {
        sandboxId: SANDBOX,
        url: request.url,
        startedAtMs,
        remoteAddress: "127.0.0.1",
      }, startedAtMs);
      const response = twist ? await twist(request, (asked) => test.app(asked)) : await test.app(request);
      return opened.close(response, { route: routeOf(request), durationMs: tick() - startedAtMs });
    },
    wait: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
    report: async (more) => {
      const { exchanges, isWhole } = await recording.read(SANDBOX);
      return buildReport(exchanges, { sandbox: SANDBOX, hasOrigin: true, isWhole, ...more });
    },
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

/** The name of the MCP endpoint, or of the page, that answers a request: what others are for, their messages tell. */
function routeOf({ method, url }: Request): string | undefined {
  const { pathname } = new URL(url);
  const isAt = (path: string): boolean =>
    [pathname, pathname.replace(/[^/]+$/, ":name"), pathname.replace(/[^/]+$/, ":id")].includes(path);
  const own = endpoints.filter(({ step }) => step === "mcp" || step === "canary");
  return own.find((one) => one.method === method && isAt(one.path))?.name;
}

/** The app's shorthands, with every request on record. */
export function sendThrough({ test, send }: RecordedApp): TestApp {
  const fetch = (path: string, init?: RequestInit): Promise<Response> =>
    send(new Request(path.startsWith("http") ? path : origin + path, { redirect: "manual", ...init }));
  return {
    ...test,
    fetch,
    get: (path, headers = {}) => fetch(path, { headers }),
    postForm: (path, fields, headers = {}) =>
      fetch(path, { method: "POST", body: new URLSearchParams(fields), headers }),
    postJson: (path, body) =>
      fetch(path, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
  };
}

/** Changes the JSON that is answered at a path. */
export function editJson(path: string, edit: (document: Record<string, unknown>) => Record<string, unknown>): Twist {
  return async (request, answer) => {
    const response = await answer(request);
    if (new URL(request.url).pathname !== path) return response;
    return Response.json(edit(await response.json()), { status: response.status });
  };
}

/** Changes the URL that a person is sent back with. */
export function editAnswer(edit: (parameters: URLSearchParams) => void): Twist {
  return async (request, answer) => {
    const response = await answer(request);
    const location = response.headers.get("location");
    if (location === null) return response;
    const url = new URL(location);
    edit(url.searchParams);
    return new Response(null, { status: response.status, headers: { location: url.href } });
  };
}

/** Changes the challenge of every answer that has one. */
export function editChallenge(edit: (header: string) => string | undefined): Twist {
  return async (request, answer) => {
    const response = await answer(request);
    const header = response.headers.get("www-authenticate");
    if (header === null) return response;
    const changed = edit(header);
    if (changed === undefined) response.headers.delete("www-authenticate");
    else response.headers.set("www-authenticate", changed);
    return response;
  };
}

/** Answers at a path in the server's place. */
export function answerAt(path: string, respond: () => Response): Twist {
  return async (request, answer) =>
    new URL(request.url).pathname === path ? await Promise.resolve(respond()) : await answer(request);
}

/** Asks another path than the client did. */
export function forward(prefix: string, to: string): Twist {
  return (request, answer) => {
    const path = request.url.slice(request.url.indexOf("/", 8));
    return answer(path.startsWith(prefix) ? new Request(origin + to + path.slice(prefix.length), request) : request);
  };
}

/** Several twists, the first one outermost. */
export function all(...twists: readonly Twist[]): Twist {
  return (request, answer) => {
    type Answer = typeof answer;
    return twists.reduceRight<Answer>((inner, twist) => (asked) => twist(asked, inner), answer)(request);
  };
}
