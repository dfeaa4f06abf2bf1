/** Firefox with its network monitor open, driven by its own protocol of JSON in frames, "Marionette". */
import assert from "node:assert/strict";
import { z } from "zod";
import { launch, makeFolder } from "../host/program.ts";
import { works } from "../host/toolchains.ts";

const paths = [Deno.env.get("FIREFOX"), "/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** Where Firefox is; undefined where there is none. */
export const firefoxPath: string | undefined = paths.find((path) => path !== undefined && works([path, "--version"]));

/** A browser with its network monitor open. */
export interface Firefox extends AsyncDisposable {
  /** Opens a page. */
  readonly open: (url: string) => Promise<void>;
  /** Where the page is by now. */
  readonly address: () => Promise<string>;
  /** Forgets what was recorded. */
  readonly clear: () => Promise<void>;
  /** Saves what was recorded, as "Save All As HAR" does. */
  readonly save: () => Promise<string>;
}

/** What the person has chosen in their settings: what happened before a page was left stays. Nothing else is asked for. */
const settings = {
  "devtools.netmonitor.persistlog": true,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "services.settings.server": "data:,",
};

/** Scripts that run beside the browser's own, where `toolbox` is that of the tab. */
const scripts = {
  open: `
    const { require } = ChromeUtils.importESModule("resource://devtools/shared/loader/Loader.sys.mjs");
    const { gDevTools } = require("devtools/client/framework/devtools");
    const { gBrowser } = Services.wm.getMostRecentWindow("navigator:browser");
    globalThis.toolbox = await gDevTools.showToolboxForTab(gBrowser.selectedTab, { toolId: "netmonitor" });`,
  clear: `toolbox.getCurrentPanel().panelWin.document.querySelector(".devtools-clear-icon").click();`,
  save: `return JSON.stringify({ log: await toolbox.getHARFromNetMonitor() });`,
} as const;

/** Starts one. */
export async function startFirefox(path: string): Promise<Firefox> {
  const folder = await makeFolder();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const preferences = Object.entries({ ...settings, "marionette.port": port });
  const lines = preferences.map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await Deno.writeTextFile(`${folder.path}/user.js`, lines.join(""));
  const words = ["--headless", "--no-remote", "--profile", folder.path, "--marionette", "--remote-allow-system-access"];
  const program = launch(["about:blank"], {
    executable: { path, words, cwd: folder.path, clearEnv: false },
    env: { HOME: folder.path },
    patienceMs: 60_000,
  });
  await program.until("stdout", /Listening on port/);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const ask = await speak(connection);
  await ask("WebDriver:NewSession", {});
  const run = async (script: string): Promise<unknown> => {
    await ask("Marionette:SetContext", { value: "chrome" });
    const whole = `const done = arguments[arguments.length - 1];
      (async () => {${script}})().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const parameters = { script: whole, args: [], sandbox: "system", newSandbox: false };
    const { value: { value, error } } = ran.parse(await ask("WebDriver:ExecuteAsyncScript", parameters));
    await ask("Marionette:SetContext", { value: "content" });
    assert.equal(error, undefined);
    return value;
  };
  await run(scripts.open);
  return {
    open: async (url) => void await ask("WebDriver:Navigate", { url }),
    address: async () => z.object({ value: z.string() }).parse(await ask("WebDriver:GetCurrentURL", {})).value,
    clear: async () => void await run(scripts.clear),
    save: async () => {
      // What has happened is told to its tools little by little; the names of pages are others each time.
      for (let before = "";;) {
        const saved = z.string().parse(await run(scripts.save));
        const same = saved.replaceAll(/"page_\d+"/g, "");
        if (same === before) return saved;
        before = same;
        await new Promise<void>((resolve) => setTimeout(resolve, 200));
      }
    },
    [Symbol.asyncDispose]: async () => {
      connection.close();
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const ran = z.object({ value: z.object({ value: z.unknown(), error: z.string().optional() }) });
const answered = z.tuple([z.literal(1), z.number(), z.unknown(), z.unknown()]);

/** Greets, and gives what sends a command and waits for its answer. */
async function speak(connection: Deno.Conn): Promise<(name: string, parameters: object) => Promise<unknown>> {
  const reader = connection.readable.getReader();
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const writer = connection.writable.getWriter();
  let rest = new Uint8Array();
  const next = async (): Promise<unknown> => {
    for (;;) {
      const colon = rest.indexOf(0x3a);
      const end = colon + 1 + Number(decoder.decode(rest.subarray(0, Math.max(colon, 0))));
      if (colon > 0 && rest.length >= end) {
        const frame = decoder.decode(rest.subarray(colon + 1, end));
        rest = rest.slice(end);
        return JSON.parse(frame);
      }
      const { value } = await reader.read();
      assert(value, "Firefox has hung up");
      rest = joined(rest, value);
    }
  };
  await next();
  let count = 0;
  return async (name, parameters) => {
    const command = encoder.encode(JSON.stringify([0, ++count, name, parameters]));
    await writer.write(joined(encoder.encode(`${command.length}:`), command));
    const [, , error, result] = answered.parse(await next());
    assert.equal(error, null, `${name}: ${JSON.stringify(error)}`);
    return result;
  };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
