/** A client as users report it: it begins as a good one does, and then does whatever a test has it do, request by request. */
import assert from "node:assert/strict";
import { z } from "zod";
import { control, listOf } from "../control/helpers.ts";
import { ticking } from "./scenario_world.ts";
import { type DoubleOptions, runDouble } from "../interop/double/double.ts";
import { below, json, origin, type TestApp, testApp } from "../helpers.ts";
import { initialize } from "../mcp/helpers.ts";

const finding = z.looseObject({ rule: z.string(), status: z.string(), detail: z.string() });
const reportSchema = z.object({
  verdict: z.string(),
  reason: z.string(),
  clients: z.array(
    z.looseObject({ findings: z.array(finding), failures: z.array(z.string()), warnings: z.array(z.string()) }),
  ),
});
const message = z.looseObject({ method: z.string() });

type Headers = Record<string, string>;

/** How it begins. */
interface Beginning extends Partial<DoubleOptions> {
  /** The method of JSON-RPC after whose answer it gives up, if it was let in. */
  readonly givesUpAfter?: string;
  /** What it asks of the person instead of what a good client asks. */
  readonly asksFor?: Readonly<Record<string, string>>;
}

/** A client, and the sandbox that it meets. */
export interface Wild extends AsyncDisposable {
  /** Its sandbox. */
  readonly at: TestApp;
  readonly base: string;
  /** Does something to the sandbox, by a line such as `POST /faults`. */
  readonly set: (line: string, body?: unknown) => Promise<void>;
  readonly pass: (seconds: number) => Promise<void>;
  /** Discovers, logs in, begins a session and lists the tools, as a good client of 2025-11-25 does. */
  readonly begin: (beginning?: Beginning) => Promise<void>;
  /** Begins a session at an endpoint where nobody logs in. */
  readonly beginAt: (endpoint: string, headers?: Headers) => Promise<void>;
  /** Sends a request in its session; gives its status. The rest of the response is thrown away. */
  readonly ask: (method: string, params?: unknown) => Promise<number>;
  /** The same, with the response. */
  readonly send: (method: string, params?: unknown) => Promise<Response>;
  readonly get: (headers?: Headers) => Promise<Response>;
  /** Sends any message in its session; gives the status. */
  readonly say: (message: object) => Promise<number>;
  /** Lets real time pass, in milliseconds. */
  readonly wait: (ms: number) => void;
  readonly end: () => Promise<number>;
  /** Refreshes its token, and uses the new one; gives the status. */
  readonly refresh: () => Promise<number>;
  /** Faults that were set, and how often each was met. */
  readonly faults: () => Promise<readonly Record<string, unknown>[]>;
  readonly report: () => Promise<z.infer<typeof reportSchema>>;
}

/** Raised where it gives up. */
class GivesUp extends Error {}

/** Makes a client of a sandbox that plays a scenario. */
export async function openWild(scenario = "standard"): Promise<Wild> {
  const { now, monotonicMs } = ticking();
  let waitedMs = 0;
  const test = await testApp({
    now: () => now() + waitedMs,
    monotonicMs: () => monotonicMs() + waitedMs,
    sleep: (_, signal) => untilAborted(signal),
  });
  const base = `${origin}/s/${scenario}~wild`;
  const at = below(test, `/s/${scenario}~wild`);
  let url = `${base}/oauth`;
  let headers: Headers = {};
  let tokenRequest = new URLSearchParams();
  let ids = 100;

  /** Passes a request on, and notes what the client holds afterwards. */
  async function pass(request: Request, { givesUpAfter, asksFor = {} }: Beginning): Promise<Response> {
    const target = new URL(request.url);
    if (target.pathname.endsWith("/oauth/authorize")) {
      for (const [name, value] of Object.entries(asksFor)) target.searchParams.set(name, value);
      return await test.app(new Request(target, { headers: request.headers, redirect: "manual" }));
    }
    const body = request.method === "POST" ? await request.clone().text() : "";
    const response = await test.app(request);
    if (target.pathname.endsWith("/oauth/token") && response.ok) {
      const { refresh_token: token } = await json(response.clone());
      tokenRequest = new URLSearchParams(body);
      if (typeof token === "string") tokenRequest.set("refresh_token", token);
    }
    if (request.url !== url || !response.ok) return response;
    const session = response.headers.get("mcp-session-id") ?? headers["mcp-session-id"];
    headers = {
      ...Object.fromEntries(request.headers),
      ...(session === undefined ? {} : { "mcp-session-id": session }),
    };
    if (message.parse(JSON.parse(body)).method === givesUpAfter) throw new GivesUp();
    return response;
  }

  const send: Wild["send"] = (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ids++, method, ...(params === undefined ? {} : { params }) });
    return test.fetch(url, { method: "POST", headers, body });
  };

  return {
    at,
    base,
    set: async (line, body) => void await control(at, line.replace(" /", " /control/"), body),
    pass: async (seconds) => void await control(at, "POST /control/clock", { advance_seconds: seconds }),
    begin: async (beginning = {}) => {
      const send = (request: Request): Promise<Response> => pass(request, beginning);
      const usual = { version: "2025-11-25", tools: ["mock_echo"], staysOpen: true } as const;
      await runDouble({ ...usual, ...beginning, base, send }).catch((error) => {
        if (!(error instanceof GivesUp)) throw error;
      });
      headers = { ...headers, "mcp-protocol-version": "2025-11-25" };
    },
    beginAt: async (endpoint, more = {}) => {
      url = base + endpoint;
      headers = { accept: "application/json, text/event-stream", "content-type": "application/json", ...more };
      const begun = await test.fetch(url, { method: "POST", headers, body: JSON.stringify(initialize()) });
      await begun.text();
      const session = begun.headers.get("mcp-session-id");
      assert(session !== null, `${begun.status}`);
      headers = { ...headers, "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
      const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
      await (await test.fetch(url, { method: "POST", headers, body: initialized })).text();
    },
    send,
    ask: async (method, params) => {
      const response = await send(method, params);
      await response.body?.cancel();
      return response.status;
    },
    say: async (message) => {
      const response = await test.fetch(url, { method: "POST", headers, body: JSON.stringify(message) });
      await response.text();
      return response.status;
    },
    wait: (ms) => void (waitedMs += ms),
    get: (more = {}) => test.fetch(url, { headers: { ...headers, accept: "text/event-stream", ...more } }),
    end: async () => (await test.fetch(url, { method: "DELETE", headers })).status,
    refresh: async () => {
      const fields = { grant_type: "refresh_token", refresh_token: tokenRequest.get("refresh_token") ?? "" };
      const named = Object.fromEntries([...tokenRequest].filter(([name]) => ["client_id", "resource"].includes(name)));
      const response = await at.postForm("/oauth/token", { ...fields, ...named }, { "user-agent": "double/1" });
      const { access_token: token } = await json(response);
      if (typeof token === "string") headers = { ...headers, authorization: `Bearer ${token}` };
      return response.status;
    },
    faults: async () =>
      listOf(await control(at, "GET /control/faults"), "faults").filter(({ source }) => source === "control"),
    report: async () => {
      await test.answered();
      return reportSchema.parse(await control(at, "GET /control/report"));
    },
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

function untilAborted(signal?: AbortSignal): Promise<void> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

/** How the mistake of a report is seen. */
export type Seen =
  /** A rule that is broken; a recommendation fails the client only if the scenario tests it. */
  | { readonly rule: string; readonly isWarning?: boolean }
  /** The client does not come as far as it should. */
  | { readonly short: RegExp }
  /** Nothing sees it yet. */
  | { readonly later: "sessions and streams (issue 19)" }
  /** No request shows it. */
  | { readonly invisible: string };

/** What a user reported. */
export interface WildReport {
  readonly number: number;
  readonly issue: string;
  /** What the client does wrong. */
  readonly mistake: string;
  readonly scenario?: string;
  /** Has the server behave as reported, and the client do what it does; absent where the server cannot behave so. */
  readonly play?: (wild: Wild) => Promise<void>;
  /** What of the behaviour cannot be played. */
  readonly missing?: string;
  readonly seen: Seen;
  readonly verdict?: "pass" | "fail" | "incomplete";
}
