/** What the tests of a server that anybody can reach share: such an app, asked from addresses of one's choice. */
import { origin, type TestApp, testApp } from "./helpers.ts";

/** A public app with a clock for durations that stands still. */
export interface PublicApp extends TestApp {
  readonly durations: { nowMs: number };
  /** The same app, asked from an address. */
  readonly from: (hostname: string, headers?: Record<string, string>) => TestApp;
}

export async function publicApp(overrides: Parameters<typeof testApp>[0] = {}): Promise<PublicApp> {
  const durations = { nowMs: 0 };
  const test = await testApp({ public: true, monotonicMs: () => durations.nowMs, ...overrides });
  const from = (hostname: string, headers: Record<string, string> = {}): TestApp => {
    const remoteAddr = { transport: "tcp", hostname, port: 1 } as const;
    const fetch: TestApp["fetch"] = (path, init) => {
      const request = new Request(path.startsWith("http") ? path : origin + path, { redirect: "manual", ...init });
      for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
      return test.app(request, { remoteAddr });
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
  return { ...test, durations, from };
}
