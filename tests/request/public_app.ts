/** What the tests of a server that anybody can reach share: such an app, asked from addresses of one's choice. */
import assert from "node:assert/strict";
import { RETENTION_MS } from "../../lib/limits/limits.ts";
import type { ConnectionInfo } from "../../routes/request/router.ts";
import { type KvTestApp, kvTestApp, type KvTestOptions, origin, type TestApp } from "../helpers.ts";

/** A public app with a clock for durations that stands still. */
export interface PublicApp extends KvTestApp {
  readonly durations: { nowMs: number };
  /** The same app, asked from an address. */
  readonly from: (hostname: string, headers?: Record<string, string>) => KvTestApp;
}

export async function publicApp(overrides: KvTestOptions = {}): Promise<PublicApp> {
  const durations = { nowMs: 0 };
  // Refusals that are held back are not waited for.
  const test = await kvTestApp({
    public: true,
    monotonicMs: () => durations.nowMs,
    sleep: () => Promise.resolve(),
    ...overrides,
  });
  const at = (info: ConnectionInfo, headers: Record<string, string>): KvTestApp => {
    const fetch: TestApp["fetch"] = (path, init = {}) => {
      const request = new Request(path.startsWith("http") ? path : origin + path, { redirect: "manual", ...init });
      for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
      // A client says how large a body is, unless it does not know.
      const { body } = init;
      const text = body instanceof URLSearchParams ? body.toString() : body;
      if (typeof text === "string" && !request.headers.has("content-length")) {
        request.headers.set("content-length", `${new TextEncoder().encode(text).length}`);
      }
      return test.app(request, info);
    };
    return {
      ...test,
      fetch,
      get: (path, more = {}) => fetch(path, { headers: more }),
      postForm: (path, fields, more = {}) =>
        fetch(path, { method: "POST", body: new URLSearchParams(fields), headers: more }),
      postJson: (path, body) =>
        fetch(path, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
    };
  };
  const from = (hostname: string, headers: Record<string, string> = {}): KvTestApp =>
    at({ remoteAddr: { transport: "tcp", hostname, port: 1 } }, headers);
  return { ...at({}, {}), durations, from };
}

/** Puts rows into a table as if somebody had written them, the books of the quotas included. */
export async function seed(
  { kv, clock }: KvTestApp,
  table: readonly [sandbox: string, name: string],
  rows: number,
): Promise<void> {
  for (let row = 0; row < rows; row++) {
    const key = [...table, `seeded${row}`];
    const booking = { key, owner: "", bytes: 1, writtenAtMs: clock.nowMs, goneAtMs: clock.nowMs + RETENTION_MS };
    await kv.atomic().set(key, {}).set(["#owned", ...key], booking).commit();
  }
}

/** Asks until it is refused; gives the number of answers before, and the refusal. */
export async function untilRefused(
  ask: () => Promise<Response>,
  most: number,
): Promise<{ readonly answered: number; readonly refusal: Response }> {
  for (let answered = 0; answered <= most; answered++) {
    const response = await ask();
    if (response.status === 429 || response.status === 507) return { answered, refusal: response };
    await response.body?.cancel();
  }
  return assert.fail(`Nothing was refused in ${most} requests`);
}
