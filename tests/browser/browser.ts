/**
 * What the browser tests share: a Chromium, an app on a free port of this machine, and a watch over every page that
 * notes what a quiet page would not do.
 */
import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type AppOptions, createApp } from "../../main.ts";
import { chromiumPath, isMissing, isSkipped, launchChromium, TIMEOUT_MS } from "./chromium.ts";

/**
 * A test in a real Chromium: skipped with a loud line on stderr where there is none, and failed there if `CI` is `true`.
 *
 * @param name Subject, behaviour, and where it is asked for.
 * @param body Given a visit to a fresh app; it is over, and the pages have to have been quiet, when the body ends.
 * @param options The browser's side, and the app's.
 */
export function browserTest(
  name: string,
  body: (visit: Visit, t: Deno.TestContext) => Promise<void>,
  options: VisitOptions = {},
): void {
  Deno.test({
    name,
    ignore: isSkipped,
    fn: async (t) => {
      assert.ok(!isMissing, `there is no Chromium at ${chromiumPath}, and in CI no browser test may be skipped`);
      await using visit = await openVisit(options);
      await body(visit, t);
      await visit.requireQuiet();
    },
  });
}

/** The browser's side of a visit, and the app's. */
export interface VisitOptions extends BrowserContextOptions {
  /** What the app is made of, beside its database. */
  readonly app?: Partial<AppOptions>;
}

/** A browser with one page, looking at an app of its own. */
export interface Visit extends AsyncDisposable {
  /** Where the app is. */
  readonly origin: string;
  /** The browser's page. */
  readonly page: Page;
  /**
   * Refusals the browser logged, such as `401 /oauth`: the guide provokes some on purpose. {@link requireQuiet} wants
   * them to have been told to {@link expectRefusals}.
   */
  readonly expectRefusals: (...refusals: readonly string[]) => void;
  /** Notes that a test provokes on purpose are taken out, and returned. */
  readonly takeNoise: () => Promise<readonly string[]>;
  /** Insists that nothing was logged, violated, or asked of another host, and that the refusals are those expected. */
  readonly requireQuiet: () => Promise<void>;
  /** Registers a client; gives its id. */
  readonly register: (metadata?: Readonly<Record<string, unknown>>) => Promise<string>;
}

/**
 * Starts an app, and a browser's window of its own: no cookie or storage of another visit is in it.
 *
 * @param options Viewport, colour scheme, whether scripts run; what the app is made of.
 */
export async function openVisit({ app, ...options }: VisitOptions = {}): Promise<Visit> {
  const server = await startServer(app);
  const browser = await sharedBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const watch = watchPage(page, server.origin);
  const expected: string[] = [];
  return {
    origin: server.origin,
    page,
    expectRefusals: (...refusals) => void expected.push(...refusals),
    takeNoise: async () => {
      await settle(page);
      return watch.noise.splice(0);
    },
    requireQuiet: async () => {
      await settle(page);
      assert.deepEqual(watch.noise, [], "the pages are quiet");
      assert.deepEqual(watch.refusals.toSorted(), expected.toSorted(), "refusals the browser logged");
    },
    register: (metadata) => registerClient(server.origin, metadata),
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await server.close();
    },
  };
}

/** The file's Chromium: a new context in it costs a third of a new process, and is as fresh. */
let running: Promise<Browser> | undefined;

function sharedBrowser(): Promise<Browser> {
  return running ??= launchChromium();
}

/** Ends the Chromium that {@link openVisit} has started. After a file of tests this happens by itself. */
export async function closeBrowser(): Promise<void> {
  await (await running)?.close();
  running = undefined;
}

// What outlives a test has to be started outside of it, or it counts as a leak of the test.
if (!isMissing) {
  Deno.test.beforeAll(async () => void await sharedBrowser());
  Deno.test.afterAll(closeBrowser);
}

async function startServer(
  options: Partial<AppOptions> = {},
): Promise<{ readonly origin: string; readonly close: () => Promise<void> }> {
  const kv = await Deno.openKv(":memory:");
  const stop = new AbortController();
  const app = createApp({ kv, signal: stop.signal, control: "open", ...options });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app);
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    close: async () => {
      stop.abort();
      await server.shutdown();
      kv.close();
    },
  };
}

interface Watch {
  /** What a quiet page would not do. */
  readonly noise: string[];
  /** Responses of 400 and above, as the browser logs them: status and path. */
  readonly refusals: string[];
}

function watchPage(page: Page, origin: string): Watch {
  const watch: Watch = { noise: [], refusals: [] };
  page.on("console", (message) => {
    const refusal = /^Failed to load resource: the server responded with a status of (4\d\d)/.exec(message.text());
    const { url } = message.location();
    if (refusal && url.startsWith(origin)) watch.refusals.push(`${refusal[1]} ${new URL(url).pathname}`);
    else watch.noise.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => watch.noise.push(`uncaught: ${error.message}`));
  page.on("dialog", (dialog) => {
    watch.noise.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith("data:")) watch.noise.push(`another host: ${url}`);
  });
  return watch;
}

/** The browser tells what happened in order, so after an answer to us everything before it has been told. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState("load");
  await page.title();
}

async function registerClient(origin: string, metadata: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const response = await fetch(`${origin}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "Notes for Teams",
      redirect_uris: [`${origin}/guide`],
      token_endpoint_auth_method: "none",
      ...metadata,
    }),
  });
  const body: unknown = await response.json();
  const isRegistered = typeof body === "object" && body !== null && "client_id" in body;
  assert.ok(isRegistered, `registration was answered ${response.status} ${JSON.stringify(body)}`);
  return String(body.client_id);
}
