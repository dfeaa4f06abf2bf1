/** The Chromium that the browser tests are run in: which one, what keeps it quiet, and what is said where there is none. */
import { type Browser, chromium } from "playwright-core";

/** What the environment names; else of Debian's two the one without windows, which needs half the time. */
export const chromiumPath: string = Deno.env.get("CHROMIUM") ??
  (await exists("/usr/bin/chromium-headless-shell") ? "/usr/bin/chromium-headless-shell" : "/usr/bin/chromium");

/** No page may be what keeps a test waiting for longer; the machine is shared. */
export const TIMEOUT_MS = 30_000;

/** What keeps a browser from doing anything but what the pages ask for. Every name but our own is unknown to it. */
const launchArgs: readonly string[] = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-sync",
  "--no-first-run",
  "--font-render-hinting=none",
  "--host-resolver-rules=MAP mock.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/** Whether there is none. */
export const isMissing: boolean = !(await exists(chromiumPath));
/** Whether tests are skipped for that. */
export const isSkipped: boolean = isMissing && Deno.env.get("CI") !== "true";

if (isMissing) {
  const consequence = isSkipped ? "EVERY BROWSER TEST IS SKIPPED." : "In CI that is a failure.";
  const remedy =
    "Install it (apt-get install -y --no-install-recommends chromium-headless-shell) or set CHROMIUM to its path.";
  const line = `\n*** No Chromium at ${chromiumPath}. ${consequence} ${remedy} ***\n\n`;
  // By its path, because the test runner keeps what goes to `Deno.stderr`, and some of its reporters never show it.
  await Deno.writeTextFile("/dev/stderr", line, { append: true });
}

/**
 * Starts Chromium.
 *
 * @param args What only some tests want of it.
 */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: [...launchArgs, ...args], timeout: TIMEOUT_MS });
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
