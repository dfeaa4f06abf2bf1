/**
 * The front end of DevTools, as a page beside the one that it looks at, with its own network panel and its own export: what people
 * get who save what a tab did.
 */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { z } from "zod";
import { launchChromium, TIMEOUT_MS } from "./chromium.ts";

/** A window with DevTools open. */
export interface DevTools extends AsyncDisposable {
  /** The page that DevTools look at. */
  readonly page: Page;
  /** Forgets what was recorded. */
  readonly clear: () => Promise<void>;
  /** Saves what was recorded, as the button of the panel does, or as the entry of its menu does that most never see. */
  readonly save: (how: "sanitized" | "with sensitive data") => Promise<string>;
}

/** What the person has chosen in their settings: what happened before a page was left stays. */
const settings = { "network-log.preserve-log": "true" };

const targets = z.array(z.object({ id: z.string(), url: z.string() }));

/** A browser that brings DevTools. */
export interface Launched extends AsyncDisposable {
  readonly browser: Browser;
  /** Opens a window with DevTools. */
  readonly open: () => Promise<DevTools>;
}

/** Starts a browser; undefined if it brings no DevTools. */
export async function launchWithDevTools(): Promise<Launched | undefined> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const address = `127.0.0.1:${port}`;
  const browser = await launchChromium([`--remote-debugging-port=${port}`, `--remote-allow-origins=http://${address}`]);
  const found = await fetch(`http://${address}/devtools/inspector.html`);
  await found.body?.cancel();
  const close = (): Promise<void> => browser.close();
  if (found.ok) return { browser, open: () => openWindow(address, browser), [Symbol.asyncDispose]: close };
  await close();
  return undefined;
}

async function openWindow(address: string, browser: Browser): Promise<DevTools> {
  const context = await browser.newContext();
  context.setDefaultTimeout(TIMEOUT_MS);
  const [page, front] = [await context.newPage(), await context.newPage()];
  await page.goto("about:blank#looked-at");
  const listed = targets.parse(await (await fetch(`http://${address}/json/list`)).json());
  const target = listed.find(({ url }) => url === page.url());
  assert(target);
  await front.addInitScript(`Object.assign(localStorage, ${JSON.stringify(settings)})`);
  await front.goto(`http://${address}/devtools/inspector.html?ws=${address}/devtools/page/${target.id}&panel=network`);
  await front.getByRole("checkbox", { name: /^(?:Keep|Preserve) log/ }).waitFor();
  return {
    page,
    clear: async () => {
      await front.evaluate(`import("./models/logs/logs.js").then(({ NetworkLog }) => {
        NetworkLog.NetworkLog.instance().reset(false);
      })`);
    },
    save: async (how) => {
      const [download] = await Promise.all([
        front.waitForEvent("download"),
        front.evaluate(`import("./panels/network/network.js").then(({ NetworkPanel }) => {
          const { networkLogView } = NetworkPanel.NetworkPanel.instance();
          return networkLogView.exportAll({ sanitize: ${how === "sanitized"} });
        })`),
      ]);
      const stream = await download.createReadStream();
      let text = "";
      for await (const chunk of stream.setEncoding("utf8")) text += chunk;
      return text;
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}
