/** The way through the guide: the page stays where the reader is, and the focus goes on to the next action. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest } from "./browser.ts";
import {
  callsTheEndpoint,
  doStep,
  finishGuide,
  reachAuthorization,
  reachConsent,
  replaysTheCode,
  waitForState,
} from "./walk.ts";

/** Two kinds of window, and how much of one the page may move to show what has the focus. */
const windows = [{ width: 1280, height: 900 }, { width: 390, height: 844 }] as const;
const MAX_SHIFT_PX = 80;

for (const viewport of windows) {
  browserTest(
    `guide stays in place when a step is done, wherever its button is, at ${viewport.width} px (issue 16)`,
    async ({ page, origin, expectRefusals }, t) => {
      for (const y of [100, 300, 430, 600, 700, 800]) {
        await t.step(`button at ${y} of ${viewport.height} px`, async () => {
          expectRefusals(...callsTheEndpoint);
          await page.goto(`${origin}/guide`);
          await page.evaluate("localStorage.clear()");
          await page.reload();
          await doStep(page, 1);
          await page.locator("[data-results='1'] .exchange > summary").nth(1).click();
          await moveTo(page, "#step-2 button[type=submit]", y);
          await page.locator("#step-2 button[type=submit]").click();
          await waitForState(page, 2, "done");
          const shift = y - await topOf(page, "#step-2 button[type=submit]");
          assert.ok(Math.abs(shift) <= MAX_SHIFT_PX, `the button went up by ${shift} px`);
          assert.deepEqual(
            await page.locator("[data-results='1'] .exchange").evaluateAll((all) =>
              all.map((one) => one.matches("[open]"))
            ),
            [false, true, false],
            "what the reader has opened is open",
          );
        });
      }
    },
    { viewport },
  );

  browserTest(
    `guide shows of each result what matters first, and has the next button near, at ${viewport.width} px (issue 16)`,
    async ({ page, origin, expectRefusals }) => {
      expectRefusals(...callsTheEndpoint, ...replaysTheCode);
      await reachAuthorization(page, origin);
      const toButton = await topOf(page, "#authorize-submit") - await topOf(page, "#step-3");
      assert.ok(toButton < 500, `step 3's button is ${toButton} px below its heading`);
      for (const step of [1, 2]) {
        const box = page.locator(`[data-results='${step}']`);
        assert.match(await box.locator("> :first-child").innerText(), /^\d checks passed/);
        assert.equal(await box.locator("details[open]").count(), 0);
        const { height = 0 } = await box.boundingBox() ?? {};
        assert.ok(height < 600, `step ${step} shows ${height} px of results`);
      }
      await page.locator("#authorize-submit").click();
      await page.getByRole("button", { name: "approve with a generated user" }).click();
      await waitForState(page, 3, "done");
      await doStep(page, 4);
      await finishGuide(page);
      const height = Number(await page.evaluate("document.documentElement.scrollHeight"));
      assert.ok(height < viewport.height * 15, `the guide is ${height} px at its end`);
    },
    { viewport },
  );
}

browserTest("guide is walked from its first button to its last by the enter key alone (issue 16, WCAG 2.4.3)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint, ...replaysTheCode);
  await page.goto(`${origin}/guide`);
  await waitForState(page, 1, "open");
  await page.getByRole("button", { name: "discover" }).focus();
  for (
    const [pressed, link] of [
      ["discover", "next: client registration"],
      ["register", "next: authorization"],
    ] as const
  ) {
    await pressFocused(page, pressed);
    await pressFocused(page, link);
  }
  await pressFocused(page, "go to the consent page");
  await page.getByRole("button", { name: "approve with a generated user" }).click();
  await waitForState(page, 3, "done");
  for (
    const [pressed, link] of [
      ["exchange the code", "next: use the token"],
      ["call the MCP server", "next: refresh it"],
      ["refresh the token", "next: replay the code"],
    ] as const
  ) {
    await pressFocused(page, pressed);
    await pressFocused(page, link);
  }
  await pressFocused(page, "replay the code");
  await page.locator("[data-results='replay'] .kept").nth(1).waitFor();
});

for (const viewport of windows) {
  browserTest(
    `guide comes back from the consent page to the results, with the next button focused, at ${viewport.width} px (issue 16)`,
    async ({ page, origin, expectRefusals }) => {
      expectRefusals(...callsTheEndpoint);
      await reachConsent(page, origin);
      await page.getByRole("button", { name: "approve with a generated user" }).click();
      await waitForState(page, 3, "done");
      await page.locator("button:focus", { hasText: "exchange the code" }).waitFor();
      for (const selector of ["[data-results='3'] .summary", "#step-4 button[type=submit]"]) {
        const top = await topOf(page, selector);
        assert.ok(top >= 0 && top <= viewport.height - 40, `${selector} is at ${top} of ${viewport.height} px`);
      }
    },
    { viewport },
  );
}

browserTest("guide comes back from a denial to what failed, and leads to another attempt (issue 16)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint);
  await reachConsent(page, origin);
  await page.getByRole("button", { name: "deny access" }).click();
  await page.locator("#step-3 .stop").waitFor();
  await pressFocused(page, "try again");
  await pressFocused(page, "go to the consent page");
  await page.getByRole("heading", { name: "wants access" }).waitFor();
});

/** Presses enter on what has the focus, which has to be this, and has to be seen. */
async function pressFocused(page: Page, name: string): Promise<void> {
  const focused = page.locator(":is(a, button):focus", { hasText: name });
  await focused.waitFor();
  const { y = -1 } = await focused.boundingBox() ?? {};
  assert.ok(y >= 0 && y < 900, `${name} is at ${y}, out of sight`);
  await page.keyboard.press("Enter");
}

async function topOf(page: Page, selector: string): Promise<number> {
  return Math.round((await page.locator(selector).boundingBox())?.y ?? NaN);
}

/** Scrolls until an element is at a height of the window. */
async function moveTo(page: Page, selector: string, y: number): Promise<void> {
  const top = await topOf(page, selector);
  await page.evaluate(`scrollBy({ top: ${top - y}, behavior: "instant" })`);
  assert.equal(await topOf(page, selector), y);
}
