/**
 * The server as a fixture of a test: in process and without a socket, driven through the control API as any other test
 * drives it, by calls in place of HTTP.
 *
 * @module
 */
import type { FaultRequest } from "../lib/scenarios/schema/fault_schema.ts";
import type { MintRequest } from "../lib/control/requests.ts";
import type { Exchange } from "../lib/recorder/exchange.ts";
import type { Report } from "../lib/judge/report.ts";
import type { OpenPort } from "../lib/sandbox/origins.ts";
import { controlPaths, paths } from "../lib/http/urls.ts";
import { createApp } from "./app.ts";
import type { App } from "./router.ts";
import { type Answer, type Browser, createBrowser, createFetch } from "./fixture_browser.ts";
import type { AppOptions } from "./options.ts";

/** What a mock server is started with; all of it can be left out. */
export interface MockOptions extends
  Pick<
    AppOptions,
    "scenario" | "scenarios" | "users" | "policy" | "mint" | "tokenLifetimeSeconds" | "alg" | "now" | "sleep"
  > {
  /** Clients that are known from the start: `client_id`, and metadata as in a registration (RFC 7591 2). */
  readonly clients?: readonly Readonly<Record<string, unknown>>[];
  /** A port of 127.0.0.1 to listen on as well, 0 for any free one; if not given, there is no socket. */
  readonly port?: number;
}

/** What a token is minted with. */
export interface TokenOptions {
  /** Whose it is: an e-mail address, or claims of somebody made up. */
  readonly user?: MintRequest["user"];
  /** What it is good for. */
  readonly scope?: string;
  /** Its life in seconds, which may be over already; for good if not given. */
  readonly expiresIn?: number;
  /** The client it is issued to. */
  readonly clientId?: string;
  /** The resource it is for; `mcpUrl` if not given. */
  readonly resource?: string;
  /** Claims in place of those of the token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** The sandbox's clock. */
export interface MockClock {
  /** Its time, in milliseconds since 1970. */
  readonly now: () => Promise<number>;
  /** Moves it on, or back. */
  readonly advance: (seconds: number) => Promise<void>;
  /** Sets it, to milliseconds since 1970 or a time in ISO 8601. */
  readonly set: (time: number | string | Date) => Promise<void>;
}

/** What goes wrong, by rules as the control API takes them or as text such as `token:503`. */
export interface MockFaults {
  /** Lets something go wrong once; gives the names of the faults. */
  readonly next: (fault: Omit<FaultRequest, "life"> | string) => Promise<readonly string[]>;
  /** Lets something go wrong for as long as it says; gives the names of the faults. */
  readonly add: (fault: FaultRequest | string) => Promise<readonly string[]>;
  /** Ends all that were set. */
  readonly clear: () => Promise<void>;
}

/**
 * A running mock server. Disposing of it closes all that it has opened.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { startMockServer } from "../main.ts";
 *
 * await using mock = await startMockServer();
 * const token = await mock.token({ user: "ada@example.com", scope: "openid", expiresIn: 60 });
 * const headers = { authorization: `Bearer ${token}` };
 * assert.equal((await mock.fetch("/oauth/userinfo", { headers })).status, 200);
 * await mock.clock.advance(61);
 * assert.equal((await mock.fetch("/oauth/userinfo", { headers })).status, 401);
 * ```
 */
export interface MockServer extends AsyncDisposable {
  /** Its origin, which is its issuer. */
  readonly url: string;
  /** The MCP endpoint behind the login: what a client is given. */
  readonly mcpUrl: string;
  /** `fetch` that reaches this server alone, in process. Redirects are followed as long as they stay in it. */
  readonly fetch: typeof fetch;
  /** Mints an access token without a flow. */
  readonly token: (options?: TokenOptions) => Promise<string>;
  /** What a browser and a person do with an authorization URL: gives the callback's URL. */
  readonly authorize: Browser;
  /** The clock that everything runs on. */
  readonly clock: MockClock;
  /** What goes wrong. */
  readonly faults: MockFaults;
  /** Opens a port of 127.0.0.1 for a sandbox, which then has an origin to itself; gives that origin. */
  readonly openOrigin: (scenario: string, label?: string) => Promise<string>;
  /** What clients have asked and were answered, secrets redacted. */
  readonly exchanges: () => Promise<readonly Exchange[]>;
  /** What that comes to: which rules were kept and which were broken. */
  readonly report: () => Promise<Report>;
  /** Begins anew: no client, token or fault of before is known, and the clock is right again. */
  readonly reset: () => Promise<void>;
}

/** What only a process can open. */
export interface MockHost {
  /** Opens an empty database. */
  readonly openKv: () => Promise<AppOptions["kv"]>;
  /** Listens on a port of 127.0.0.1. */
  readonly serve: (port: number, app: App) => {
    readonly addr: { readonly port: number };
    readonly shutdown: () => Promise<void>;
  };
}

/** The origin where there is no socket. */
const ORIGIN = "http://localhost:8789";

/**
 * Starts a mock server.
 *
 * @param options What it is started with.
 * @param host What only a process can open.
 */
export async function startFixture(options: MockOptions, host: MockHost): Promise<MockServer> {
  const { clients = [], port, ...own } = options;
  const kv = await host.openKv();
  const stop = new AbortController();
  const opened: ReturnType<MockHost["serve"]>[] = [];
  const openPort = (): OpenPort => {
    const more = host.serve(0, app);
    opened.push(more);
    return { port: more.addr.port, protocol: "http" };
  };
  const { app, server } = openOrClose(() => {
    const app = createApp({ ...own, kv, control: "open", signal: stop.signal, openPort });
    return { app, server: port === undefined ? undefined : host.serve(port, app) };
  }, () => kv.close());
  const url = server ? `http://127.0.0.1:${server.addr.port}` : ORIGIN;

  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: JSON_TYPE };
    const response = await app(new Request(url + path, { method, ...init }));
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${answer.error_description}`);
    return answer;
  }

  async function addFaults(fault: unknown): Promise<readonly string[]> {
    const { faults } = await control<Answer<"faults", { readonly name: string }>>("POST", controlPaths.faults, fault);
    return faults.map(({ name }) => name);
  }

  async function declareClients(): Promise<void> {
    if (clients.length > 0) await control("POST", controlPaths.clients, clients);
  }

  const mock: MockServer = {
    url,
    mcpUrl: url + paths.oauth,
    fetch: createFetch(app, url),
    authorize: createBrowser(app, url, options.users ?? []),
    token: async (asked = {}) => {
      const { expiresIn: expires_in, clientId: client_id, ...rest } = asked;
      const body = { ...rest, expires_in, client_id };
      return (await control<{ readonly access_token: string }>("POST", controlPaths.tokens, body)).access_token;
    },
    clock: {
      now: async () => (await control<{ readonly now_ms: number }>("GET", controlPaths.clock)).now_ms,
      advance: (advance_seconds) => control("POST", controlPaths.clock, { advance_seconds }),
      set: (time) => control("POST", controlPaths.clock, { set: time instanceof Date ? time.getTime() : time }),
    },
    faults: {
      // A fault lasts for one request unless it says otherwise.
      next: addFaults,
      add: addFaults,
      clear: () => control("DELETE", controlPaths.faults),
    },
    openOrigin: async (scenario, label) =>
      (await control<{ readonly origin: string }>("POST", controlPaths.origins, { scenario, label })).origin,
    exchanges: async () => (await control<Answer<"exchanges", Exchange>>("GET", paths.exchanges)).exchanges,
    report: () => control("GET", paths.report),
    reset: async () => {
      await control("POST", controlPaths.reset, {});
      await declareClients();
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all([server, ...opened].map((listening) => listening?.shutdown()));
      kv.close();
    },
  };
  try {
    await declareClients();
  } catch (error) {
    await mock[Symbol.asyncDispose]();
    throw error;
  }
  return mock;
}

/** What cannot be opened leaves nothing open. */
function openOrClose<T>(open: () => T, close: () => void): T {
  try {
    return open();
  } catch (error) {
    close();
    throw error;
  }
}

const JSON_TYPE = { "content-type": "application/json" };
