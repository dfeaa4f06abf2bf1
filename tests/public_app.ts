/** What the tests of a server that anybody can reach share: such an app, asked from addresses of one's choice. */
import type { ConnectionInfo } from "../routes/router.ts";
import { origin, type TestApp, testApp } from "./helpers.ts";

/** A public app with a clock for durations that stands still. */
export interface PublicApp extends TestApp {
  readonly durations: { nowMs: number };
  /** The same app, asked from an address. */
  readonly from: (hostname: string, headers?: Record<string, string>) => TestApp;
}

export async function publicApp(overrides: Parameters<typeof testApp>[0] = {}): Promise<PublicApp> {
  const durations = { nowMs: 0 };
  // Refusals that are held back are not waited for.
  const test = await testApp({
    public: true,
    monotonicMs: () => durations.nowMs,
    sleep: () => Promise.resolve(),
    ...overrides,
  });
  const at = (info: ConnectionInfo, headers: Record<string, string>): TestApp => {
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
  const from = (hostname: string, headers: Record<string, string> = {}): TestApp =>
    at({ remoteAddr: { transport: "tcp", hostname, port: 1 } }, headers);
  return { ...at({}, {}), durations, from };
}
