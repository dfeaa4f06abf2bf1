/** That a client in a page is judged by what DevTools export of it as it was by what came here. */
import assert from "node:assert/strict";
import { lacking } from "../../lib/archive/lacking.ts";
import { chromiumPath, isMissing, isSkipped } from "./chromium.ts";
import { type Launched, launchWithDevTools } from "./devtools.ts";
import { assertJudgedAlike } from "./page_recordings.ts";

/** Chromium forgets the bodies of a page that was left to log in. */
const unseen: readonly string[] = [lacking.login_answers.reason];

// What outlives a test has to be started outside of it.
const browser: Launched | undefined = isMissing ? undefined : await launchWithDevTools();
Deno.test.afterAll(async () => await browser?.[Symbol.asyncDispose]());

const what = "a client in a page is judged by what DevTools export as it was here (HAR 1.2)";

Deno.test({
  name: isMissing || browser ? what : `${what}: ignored, since ${chromiumPath} brings no DevTools`,
  ignore: isSkipped || (!isMissing && !browser),
  fn: async (t) => {
    assert(browser, `there is no Chromium at ${chromiumPath}, and in CI no browser test may be skipped`);
    await using devTools = await browser.open();
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
  },
});
