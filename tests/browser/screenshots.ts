/**
 * `deno task screenshots [folder]`: every page at the width of a phone and of a desk, light and dark, as PNG files in the
 * folder, or in a new one for temporary files. `readme-inspect-light.png` and `readme-inspect-dark.png` are the README's.
 */
import type { Page } from "playwright-core";
import { runDouble } from "../interop/double/double.ts";
import { closeBrowser, openVisit, type Visit } from "./browser.ts";
import {
  askInUrlMode,
  authorizeUrl,
  doStep,
  finishGuide,
  logIn,
  openFormPost,
  reachAuthorization,
  startDevice,
  waitForState,
} from "./walk.ts";

const folder = Deno.args[0] ?? await Deno.makeTempDir({ prefix: "mock-oauth-screenshots-" });
await Deno.mkdir(folder, { recursive: true });

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [390, 1280] as const) await shootAll(colorScheme, width);
}
await closeBrowser();
say(`screenshots are in ${folder}`);

async function shootAll(colorScheme: "light" | "dark", width: 390 | 1280): Promise<void> {
  await using visit = await openVisit({ colorScheme, viewport: { width, height: width === 390 ? 844 : 900 } });
  const { origin, page, register } = visit;
  const shoot = async (name: string): Promise<void> => {
    await page.screenshot({ path: pathOf(name), fullPage: true, animations: "disabled" });
    await requireFit(page, `${name} at ${width}`);
  };
  const pathOf = (name: string): string => `${folder}/${name}-${width}-${colorScheme}.png`;

  await page.goto(`${origin}/`);
  await shoot("home");
  await page.goto(`${origin}/guide`);
  await waitForState(page, 1, "open");
  await shoot("guide-begin");
  await reachAuthorization(page, origin);
  await shoot("guide-step-3");
  await page.locator("#authorize-expires_in").fill("3600");
  await page.locator("#authorize-submit").click();
  await logIn(page, "ada@example.com", "lovelace");
  await waitForState(page, 3, "done");
  await page.screenshot({ path: pathOf("guide-returned"), animations: "disabled" });
  await doStep(page, 4);
  await page.locator("[data-results='4']").screenshot({ path: pathOf("guide-token"), animations: "disabled" });
  await finishGuide(page);
  await shoot("guide-end");

  const clientId = await register({ client_uri: "https://notes.example/" });
  await page.goto(authorizeUrl(origin, clientId, { scope: "notes profile", resource: `${origin}/oauth` }));
  await shoot("consent");
  await logIn(page, "ada@example.com", "byron");
  await page.locator("#problem").waitFor();
  await shoot("consent-problem");
  await page.goto(`${origin}/oauth/device/verify`);
  await shoot("device");
  await page.goto(`${origin}/oauth/device/verify?user_code=BBBB-BBBB`);
  await shoot("device-problem");
  await page.goto(await startDevice(origin, register));
  await shoot("device-consent");
  await page.getByRole("button", { name: "approve with a generated user" }).click();
  await page.getByRole("heading", { name: "your device is connected" }).waitFor();
  await shoot("device-end");
  await page.goto(await askInUrlMode(origin));
  await shoot("elicitation");
  await page.getByRole("button", { name: "I am done" }).click();
  await page.getByRole("heading", { name: "done" }).waitFor();
  await shoot("elicitation-end");
  await openFormPost(page, origin, clientId);
  await shoot("form-post");
  await page.goto(authorizeUrl(origin, clientId, { redirect_uri: "https://evil.example/callback" }));
  await shoot("error");
  await page.goto(`${origin}/nowhere`);
  await shoot("not-found");
  await page.goto(`${origin}/scenarios`);
  await shoot("scenarios");
  await page.goto(`${origin}/scenarios#standard`);
  await page.screenshot({ path: pathOf("scenarios-unfolded"), animations: "disabled" });
  await page.goto(`${origin}/scenarios/clients?q=state`);
  await shoot("clients");
  await runDouble({ base: `${origin}/gauntlet~led`, send: (request) => fetch(request), goesOn: true });
  await page.goto(`${origin}/gauntlet~led`);
  await shoot("gauntlet");
  await page.goto(`${origin}/gauntlet`);
  await shoot("gauntlet-begin");
  await page.goto(`${origin}/runs/mine`);
  await shoot("run");
  await page.getByRole("button", { name: "keep a copy" }).click();
  await page.getByText("It does not change").waitFor();
  await shoot("run-kept");
  await page.goto(`${origin}/specifications`);
  await shoot("specifications");
  await page.goto(`${origin}/inspect`);
  await page.locator(".finding").first().waitFor();
  await page.screenshot({ path: pathOf("inspect"), animations: "disabled" });
  if (width === 1280) await shootForReadme(visit, colorScheme);
  await page.goto(`${origin}/control`);
  await shoot("control");
  await page.goto(`${origin}/s/standard~a1/`);
  await page.screenshot({ path: pathOf("home-of-a-sandbox"), animations: "disabled" });
}

/** What the inspector shows of a client that goes on without `iss`: from its name on, without what sticks to the top. */
async function shootForReadme({ origin, page }: Visit, colorScheme: string): Promise<void> {
  const base = `${origin}/s/iss-missing~demo`;
  // What a first client waits for is the machine.
  for (const own of [`${origin}/s/iss-missing~first`, base]) {
    await runDouble({ base: own, send: async (request) => fetch(await asAcme(request)), slip: "takes any iss" });
  }
  await page.goto(`${base}/inspect`);
  await page.locator(".finding").waitFor();
  await page.evaluate("document.querySelector('.toolbar').style.position = 'static'");
  const client = page.locator("section:has(.finding)").last();
  await client.screenshot({ path: `${folder}/readme-inspect-${colorScheme}.png`, animations: "disabled" });
}

/** A request of the double under the name of Acme. */
async function asAcme(request: Request): Promise<Request> {
  const rename = (text: string): string => text.replaceAll("double", "acme");
  const body = rename(await request.text());
  const { method, headers } = request;
  return new Request(rename(request.url), { method, headers, redirect: "manual", ...(body === "" ? {} : { body }) });
}

async function requireFit(page: Page, name: string): Promise<void> {
  const isTooWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
  if (isTooWide === true) say(`${name} is wider than the window`);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
