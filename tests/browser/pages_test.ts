/** Every page in a real browser, by the same measures: quiet, accessible, no wider than its window, and light. */
import { Buffer } from "node:buffer";
import axe from "axe-core";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { z } from "zod";
import { runDouble } from "../interop/double/double.ts";
import { plain, rich } from "../scenarios/scenario_samples.ts";
import { browserTest, type Visit } from "./browser.ts";
import {
  askInUrlMode,
  authorizeUrl,
  callsTheEndpoint,
  doStep,
  finishGuide,
  logIn,
  openFormPost,
  reachConsent,
  replaysTheCode,
  startDevice,
  waitForState,
} from "./walk.ts";

/** Brings the visit's browser to a page. */
type Way = (visit: Visit) => Promise<void>;

/** Every page, in every state that looks different. */
const ways: Readonly<Record<string, Way>> = {
  "home": async ({ page, origin }) => void await page.goto(`${origin}/`),
  "home of a sandbox": async ({ page, origin }) => void await page.goto(`${origin}/s/rich-sample~a1/`),
  "scenarios": async ({ page, origin }) => void await page.goto(`${origin}/scenarios`),
  "scenarios, one unfolded": async ({ page, origin }) => {
    await page.goto(`${origin}/scenarios#rich-sample`);
    await page.getByText("sample-secret", { exact: true }).waitFor();
  },
  "clients of SDKs": async ({ page, origin }) => void await page.goto(`${origin}/scenarios/clients?q=state`),
  "a run with a failure and a pass": async ({ page, origin }) => {
    const send = (request: Request): Promise<Response> => fetch(request);
    await runDouble({ base: `${origin}/s/standard~mine`, send });
    await runDouble({ base: `${origin}/s/state-wrong~mine`, send, slip: "takes any state" });
    await page.goto(`${origin}/runs/mine`);
    await page.getByText("Claude Code", { exact: true }).click();
  },
  "a copy of a run": async ({ page, origin }) => {
    await runDouble({ base: `${origin}/s/state-wrong~mine`, send: (one) => fetch(one), slip: "takes any state" });
    await page.goto(`${origin}/runs/mine`);
    await page.getByRole("button", { name: "keep a copy" }).click();
    await page.getByText("It does not change").waitFor();
  },
  "a gauntlet": async ({ page, origin }) => {
    await runDouble({
      base: `${origin}/gauntlet~mine`,
      send: (one) => fetch(one),
      slip: "takes any state",
      goesOn: true,
    });
    await page.goto(`${origin}/gauntlet~mine`);
    await page.getByRole("button", { name: "next stage" }).click();
    await page.getByRole("heading", { name: "stage 3 of 20" }).waitFor();
    await page.getByText("Claude Code", { exact: true }).click();
  },
  "where gauntlets begin": async ({ page, origin }) => void await page.goto(`${origin}/gauntlet`),
  "specifications": async ({ page, origin }) => void await page.goto(`${origin}/specifications`),
  "inspector, nothing in it": async ({ page, origin }) => {
    await page.goto(`${origin}/inspect`);
    await page.getByText("incomplete").waitFor();
  },
  "inspector with a client, all unfolded": async ({ page, origin, register }) => {
    await register();
    await page.goto(`${origin}/inspect`);
    await page.locator(".line summary").click();
    await page.getByText("rules: ").click();
  },
  "inspector with a client that fails and is warned": async ({ page, origin }) => {
    const base = `${origin}/s/standard~a1`;
    const client = { base, send: (request: Request) => fetch(request) };
    for (const slip of ["sends no challenge", "sends no state"] as const) await runDouble({ ...client, slip });
    await page.goto(`${base}/inspect`);
    await page.locator(".client-head:has(.failures):has(.warnings)").waitFor();
  },
  "a recording, judged": async ({ page, origin }) => {
    await runDouble({ base: origin, send: (one) => fetch(one), slip: "sends no challenge" });
    const har = await (await fetch(`${origin}/control/exchanges?format=har`)).text();
    await page.goto(`${origin}/inspect`);
    await page.getByLabel("judge a recording").setInputFiles({
      name: "a.har",
      mimeType: "application/json",
      buffer: Buffer.from(har),
    });
    await page.getByRole("button", { name: "judge it" }).click();
    await page.getByText("fail: 1 rule broken").waitFor();
    await page.getByText("the whole report").click();
  },
  "control, something in force": async ({ page, origin, register }) => {
    await register();
    await page.goto(`${origin}/control`);
    await page.getByLabel("where").selectOption("idp");
    await page.getByRole("button", { name: "set the fault" }).click();
    await page.locator("#state code", { hasText: "idp:503" }).waitFor();
  },
  "guide at its beginning": async ({ page, origin }) => {
    await page.goto(`${origin}/guide`);
    await waitForState(page, 1, "open");
  },
  "guide at its end": async ({ page, origin, expectRefusals }) => {
    expectRefusals(...callsTheEndpoint, ...replaysTheCode);
    await reachConsent(page, origin);
    await logIn(page, "ada@example.com", "lovelace");
    await waitForState(page, 3, "done");
    await doStep(page, 4);
    await finishGuide(page);
  },
  "consent": async ({ page, origin, register }) => {
    const clientId = await register({ client_uri: "https://notes.example/" });
    await page.goto(authorizeUrl(origin, clientId, { scope: "notes profile", resource: `${origin}/oauth` }));
  },
  "consent with a problem": async ({ page, origin, register, expectRefusals }) => {
    expectRefusals("401 /oauth/authorize");
    const url = authorizeUrl(origin, await register());
    await page.goto(url);
    await logIn(page, "ada@example.com", "lovelace");
    await page.waitForURL(`${origin}/guide`);
    await page.goto(url);
    await logIn(page, "ada@example.com", "byron");
    await page.locator("#problem").waitFor();
  },
  "sign out": async ({ page, origin }) => void await page.goto(`${origin}/oauth/logout`),
  "signed out": async ({ page, origin }) => {
    await page.goto(`${origin}/oauth/logout?state=s`);
    await page.getByRole("button", { name: "sign out" }).click();
    await page.getByRole("heading", { name: "you are signed out" }).waitFor();
  },
  "device": async ({ page, origin }) => void await page.goto(`${origin}/oauth/device/verify`),
  "device with a problem": async ({ page, origin, expectRefusals }) => {
    expectRefusals("400 /oauth/device/verify");
    await page.goto(`${origin}/oauth/device/verify?user_code=BBBB-BBBB`);
    await page.locator("#problem").waitFor();
  },
  "device consent": async ({ page, origin, register }) => void await page.goto(await startDevice(origin, register)),
  "device at its end": async ({ page, origin, register }) => {
    await page.goto(await startDevice(origin, register));
    await page.getByRole("button", { name: "approve with a generated user" }).click();
    await page.getByRole("heading", { name: "your device is connected" }).waitFor();
  },
  "elicitation": async ({ page, origin }) => void await page.goto(await askInUrlMode(origin)),
  "elicitation at its end": async ({ page, origin }) => {
    await page.goto(await askInUrlMode(origin));
    await page.getByRole("button", { name: "I am done" }).click();
    await page.getByRole("heading", { name: "done" }).waitFor();
  },
  "form post": async ({ page, origin, register }) => await openFormPost(page, origin, await register()),
  "error": async ({ page, origin, register, expectRefusals }) => {
    expectRefusals("400 /oauth/authorize");
    await page.goto(authorizeUrl(origin, await register(), { redirect_uri: "https://evil.example/callback" }));
  },
  "not found": async ({ page, origin, expectRefusals }) => {
    expectRefusals("404 /nowhere");
    await page.goto(`${origin}/nowhere`);
  },
};

const app = { scenarios: [plain, rich], users: [{ email: "grace@example.com", password: "x", name: "Grace Hopper" }] };

const axeResults = z.object({
  violations: z.array(z.object({
    id: z.string(),
    impact: z.string().nullable(),
    nodes: z.array(z.object({ target: z.array(z.unknown()), failureSummary: z.string().optional() })),
  })),
  passes: z.array(z.unknown()),
});

for (const [name, goTo] of Object.entries(ways)) {
  browserTest(
    `${name} has no serious finding, light and dark, on a phone and a desk (WCAG 2.2 AA)`,
    async (visit, t) => {
      await goTo(visit);
      await t.step("fits a window of 320 px (WCAG 1.4.10)", async () => {
        await visit.page.setViewportSize({ width: 320, height: 640 });
        await requireNoWider(visit);
      });
      await leaveThree(visit.page);
      for (const colorScheme of ["light", "dark"] as const) {
        for (const width of [390, 1280]) {
          await t.step(`${colorScheme} at ${width} px`, async () => {
            await visit.page.emulateMedia({ colorScheme });
            await visit.page.setViewportSize({ width, height: 900 });
            await requireAccessible(visit, colorScheme === "dark" ? COLOR_RULES : undefined);
            await requireNoWider(visit);
          });
        }
      }
    },
    { reducedMotion: "reduce", app },
  );
}

browserTest("all scenarios have no serious finding (WCAG 2.2 AA)", async (visit) => {
  await visit.page.goto(`${visit.origin}/scenarios`);
  await requireAccessible(visit);
}, { app });

browserTest("copy buttons copy the address they stand beside (issue 4)", async ({ page, origin }) => {
  await page.goto(`${origin}/`);
  const button = page.locator(".endpoint .copy").first();
  await button.click();
  await page.locator(".endpoint .copy", { hasText: "copied" }).waitFor();
  assert.equal(await page.evaluate("navigator.clipboard.readText()"), `${origin}/oauth`);
}, { permissions: ["clipboard-read", "clipboard-write"] });

browserTest("printed pages have every command and no button (issue 4)", async ({ page, origin }) => {
  await page.goto(`${origin}/guide`);
  await waitForState(page, 1, "open");
  await page.emulateMedia({ media: "print" });
  await page.locator("#step-5 .shell-step code").waitFor({ state: "visible" });
  for (const button of await page.locator("button").all()) assert.ok(!await button.isVisible());
});

browserTest("the watch hears an error, a foreign request, a dialog and a violation of the policy", async ({
  page,
  origin,
  takeNoise,
}) => {
  await page.goto(`${origin}/`);
  await page.evaluate("console.error('mischief'); new Image().src = 'https://foreign.example/x.png'");
  await page.evaluate("fetch('https://foreign.example/').catch(() => {})");
  await page.evaluate("alert('mischief')");
  await page.evaluate(`
    const script = document.createElement("script");
    script.textContent = "globalThis.isExecuted = true";
    document.body.append(script);
  `);
  assert.equal(await page.evaluate("globalThis.isExecuted"), undefined, "inline scripts don't run");
  const noise = (await takeNoise()).join("\n");
  assert.match(noise, /console error: mischief/);
  assert.match(noise, /another host: https:\/\/foreign\.example\/x\.png/);
  assert.match(noise, /dialog: mischief/);
  assert.match(noise, /violates the following Content Security Policy directive:? ["']connect-src/);
  assert.match(noise, /violates the following Content Security Policy directive:? ["']script-src/);
});

async function requireNoWider({ page }: Visit): Promise<void> {
  assert.equal(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0, "too wide");
}

/** Leaves the first three of each group, and what is open: axe takes seconds for hundreds, which are alike. */
async function leaveThree(page: Page): Promise<void> {
  await page.evaluate(`for (const list of document.querySelectorAll(".groups :is(ul:has(> .scenario), dl)")) {
    for (const one of [...list.children].filter((one) => !one.querySelector("[open]")).slice(3)) one.remove();
  }`);
}

/** The dark style differs in colors alone. */
const COLOR_RULES: readonly string[] = ["color-contrast", "link-in-text-block"];

/** Runs axe-core in the page, all of its rules or some; the debugger, which the policy does not bind, puts it there. */
async function requireAccessible({ page }: Visit, runOnly?: readonly string[]): Promise<void> {
  if (await page.evaluate("typeof axe") === "undefined") await page.evaluate(axe.source);
  const { violations, passes } = axeResults.parse(
    await page.evaluate(`axe.run(${JSON.stringify({ resultTypes: ["violations"], runOnly })})`),
  );
  assert.ok(passes.length > (runOnly ? 0 : 10), "axe has looked at the page");
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(" ")} ${failureSummary}`)}`,
  );
  assert.deepEqual(serious, []);
}
