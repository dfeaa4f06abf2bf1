/** The app in this process as a target: fast, without connections, so without what only connections can do. */
import type { App } from "../../main.ts";
import { createChance, seedOf } from "./chance.ts";
import { type Finding, judge } from "./judges.ts";
import { play } from "./play.ts";
import type { Stage } from "./scene.ts";
import { drawCase } from "./plots.ts";
import { type Findings, kindOf } from "./report.ts";
import { survey } from "./survey.ts";
import type { Target } from "./target.ts";
import { within } from "./connection.ts";
import type { Answer, Wire } from "./wire.ts";

/** Where the app believes to be. */
const ORIGIN = "http://localhost:8789";
/** A stream that says nothing for so long has said what there is to hear, in milliseconds. */
const QUIET_MS = 30;
const PATIENCE_MS = 5000;

/** What is attacked in process. */
export interface Attacked {
  readonly app: App;
  /** What the app has logged, a line each. */
  readonly lines?: readonly string[];
}

/** Makes a stage of an app. */
export function inProcess({ app, lines = [] }: Attacked): Stage {
  let number = 0;
  const target: Target = {
    mode: "memory",
    servers: [],
    origins: [ORIGIN],
    statedOrigin: ORIGIN,
    connect: undefined,
    atStart: { memoryMiB: 0, descriptors: 0 },
    send: (wire) => send(app, wire),
    printed: () => lines.map((line) => `${line}\n`).join(""),
    takeWorstHealthMs: () => 0,
    stop: () => Promise.resolve([]),
    secretsKept: () => Promise.resolve([]),
    clear: () => Promise.resolve(),
  };
  return {
    target,
    listener: { origin: "http://127.0.0.1:9", calls: () => 0 },
    nextNumber: () => number++,
    nextLabel: () => `fuzzer-own-label-${number++}`,
  };
}

async function send(app: App, wire: Wire): Promise<Answer> {
  const startMs = performance.now();
  const stop = new AbortController();
  const request = requestOf(wire, stop.signal);
  if (request === undefined) return { status: undefined, headers: [], body: "", ms: 0, end: "refused" };
  const response = await app(request);
  const ms = performance.now() - startMs;
  const { body, end } = await readBody(response);
  stop.abort();
  return { status: response.status, headers: [...response.headers], body, ms, end };
}

/** What no connection would bring to the app, it cannot be sent without one. */
function requestOf({ method, target, headers, body, framing }: Wire, signal: AbortSignal): Request | undefined {
  if (framing.leaveAfter !== undefined || framing.target !== undefined || framing.version !== undefined) {
    return undefined;
  }
  try {
    const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
    const all = new Headers();
    for (const [name, value] of headers) if (name !== "host") all.append(name, value);
    if (bytes && framing.length === undefined) all.set("content-length", `${bytes.length}`);
    const content = method === "GET" || method === "HEAD" ? undefined : bytes;
    return new Request(ORIGIN + target, {
      method,
      headers: all,
      signal,
      redirect: "manual",
      ...(content ? { body: content } : {}),
    });
  } catch {
    return undefined;
  }
}

async function readBody(response: Response): Promise<Pick<Answer, "body" | "end">> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return { body: "", end: "whole" };
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  let body = "";
  for (;;) {
    try {
      const read = await within(reader.read(), isStream ? QUIET_MS : PATIENCE_MS);
      if (read === undefined) {
        await reader.cancel();
        return { body, end: isStream ? "left" : "none" };
      }
      if (read.done) return { body, end: "whole" };
      body += read.value;
    } catch {
      return { body, end: "cut" };
    }
  }
}

/** What is attacked in process, by which cases. */
export interface InProcessRun {
  readonly seed: number;
  readonly cases: number;
  /** Plots that need no connections. */
  readonly plots: readonly string[];
  readonly findings: Findings;
}

/** Attacks an app in this process with cases of a seed. */
export async function attackInProcess(
  attacked: Attacked,
  { seed, cases, plots, findings }: InProcessRun,
): Promise<void> {
  const stage = inProcess(attacked);
  const ground = await survey(stage.target);
  for (let place = 0; place < cases; place++) {
    const drawn = drawCase(createChance(seedOf(seed, place)), ground, plots);
    const story = await play(stage, drawn);
    for (const finding of judge(story)) {
      // What takes long once may be the machine's fault.
      const isSeen = finding.judge !== "in time" ||
        judge(await play(stage, drawn)).some((other) => isSame(other, finding));
      if (isSeen) findings.add(finding, story, `case ${place} of seed ${seed}, in process`);
    }
  }
}

function isSame(one: Finding, other: Finding): boolean {
  return kindOf(one) === kindOf(other);
}
