/** That a client in a page is judged by what DevTools export of it, or Playwright, as it was by what came here. */
import assert from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import { lacking } from "../../lib/archive/lacking.ts";
import { chromiumPath, isMissing, isSkipped } from "./chromium.ts";
import { type Launched, launchWithDevTools } from "./devtools.ts";
import { assertJudgedAlike } from "./page_recordings.ts";

// What outlives a test has to be started outside of it.
const launched: Launched | undefined = isMissing ? undefined : await launchWithDevTools();
Deno.test.afterAll(async () => await launched?.[Symbol.asyncDispose]());

/** Chromium forgets the bodies of a page that was left to log in. */
const unseen: readonly string[] = [lacking.login_answers.reason];

/** A test in this Chromium. */
function recordingTest(name: string, fn: (t: Deno.TestContext, launched: Launched) => Promise<void>): void {
  Deno.test({
    name: isMissing || launched ? name : `${name}: ignored, since ${chromiumPath} brings no DevTools`,
    ignore: isSkipped || (!isMissing && !launched),
    fn: async (t) => {
      assert(launched, `there is no Chromium at ${chromiumPath}, and in CI no browser test may be skipped`);
      await fn(t, launched);
    },
  });
}

recordingTest("a client in a page is judged by what DevTools export as it was here (HAR 1.2)", async (t, { open }) => {
  await using devTools = await open();
  const { page, clear, save } = devTools;
  await assertJudgedAlike(t, {
    visit: async (url) => {
      await clear();
      await page.goto(url);
      await page.waitForURL(({ hash }) => hash !== "");
    },
    ways: [
      { name: "with sensitive data", save: () => save("with sensitive data"), unseen },
      { name: "sanitized", save: () => save("sanitized"), unseen: [...unseen, lacking.credentials.reason] },
    ],
  });
});

recordingTest(
  "a client in a page is judged by what Playwright records as it was here (HAR 1.2)",
  async (t, { browser }) => {
    const path = await Deno.makeTempFile({ suffix: ".har" });
    let context: BrowserContext | undefined;
    try {
      await assertJudgedAlike(t, {
        visit: async (url) => {
          context = await browser.newContext({ recordHar: { path, mode: "full", content: "embed" } });
          const page = await context.newPage();
          await page.goto(url);
          await page.waitForURL(({ hash }) => hash !== "");
        },
        ways: [{
          name: "as it is",
          save: async () => {
            await context?.close();
            return await Deno.readTextFile(path);
          },
          // It asks for them as soon as it can.
          unseen: [...unseen, lacking.metadata.reason],
        }],
      });
    } finally {
      await context?.close();
      await Deno.remove(path);
    }
  },
);
