/** The ways through the pages that more than one browser test takes, as a person takes them. */
import type { Page } from "playwright-core";
import { messagesOf, postModern } from "../mcp/helpers.ts";

/** S256 challenge of RFC 7636 appendix B. */
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/** What the browser logs when the guide's first step calls the endpoint without a token. */
export const callsTheEndpoint = ["401 /oauth"] as const;
/** What it logs when the guide replays a code, and uses the token that this revoked. */
export const replaysTheCode = ["400 /oauth/token", "401 /oauth"] as const;

/** Where a client would send the browser. */
export function authorizeUrl(
  origin: string,
  clientId: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: `${origin}/guide`,
    state: "xyz",
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...more,
  });
  return `${origin}/oauth/authorize?${query}`;
}

/** Presses the button of one of the guide's forms and waits until its step is done. */
export async function doStep(page: Page, step: 1 | 2 | 4 | 5): Promise<void> {
  await page.locator(`form[data-action="${step}"] button[type=submit]`).click();
  await waitForState(page, step, "done");
}

/** Waits until a step of the guide is in a state. */
export async function waitForState(page: Page, step: number, state: "locked" | "open" | "done"): Promise<void> {
  await page.locator(`#step-${step}[data-state=${state}]`).waitFor();
}

/** Opens the guide and does its first two steps: discovery and registration. */
export async function reachAuthorization(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/guide`);
  await doStep(page, 1);
  await doStep(page, 2);
}

/** Goes from step 3 to the consent page. */
export async function reachConsent(page: Page, origin: string): Promise<void> {
  await reachAuthorization(page, origin);
  await page.locator("#authorize-submit").click();
  await page.getByRole("heading", { name: "wants access" }).waitFor();
}

/** Does the rest of the guide after the exchange of the code: the tool call, the refresh, the replay. */
export async function finishGuide(page: Page): Promise<void> {
  await doStep(page, 5);
  for (const action of ["refresh", "replay"]) {
    await page.locator(`form[data-action="${action}"] button`).click();
    await page.locator(`[data-results="${action}"] .checks`).waitFor();
  }
}

/** Fills the consent page's form for a certain user and sends it. */
export async function logIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("e-mail").fill(email);
  await page.getByLabel("password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "log in and approve" }).click();
}

/** Has a device begin its way to tokens; gives the address that it shows to a person, with the code in it. */
export async function startDevice(
  origin: string,
  register: (metadata?: Readonly<Record<string, unknown>>) => Promise<string>,
): Promise<string> {
  const grantType = "urn:ietf:params:oauth:grant-type:device_code";
  const clientId = await register({ client_name: "Television", grant_types: [grantType] });
  const body = new URLSearchParams({ client_id: clientId, scope: "mcp:read profile", expires_in: "3600" });
  const response = await fetch(`${origin}/oauth/device`, { method: "POST", body });
  const { verification_uri_complete } = await response.json();
  return String(verification_uri_complete);
}

/** Has a tool ask for something in URL mode; gives the address that it has a person open. */
export async function askInUrlMode(origin: string): Promise<string> {
  const meta = { "io.modelcontextprotocol/clientCapabilities": { elicitation: { url: {} } } };
  const url = `${origin}/s/url-mode~a1/no-auth`;
  const response = await postModern((_, init) => fetch(url, init), {
    method: "tools/call",
    params: { name: "pay" },
    meta,
  });
  const [message] = await messagesOf(response);
  return String(Object(message?.result).inputRequests.payment.params.url);
}

/** Opens the page that takes an answer to the client by a form, and keeps it from leaving at once. */
export async function openFormPost(page: Page, origin: string, clientId: string): Promise<void> {
  const more = { response_mode: "form_post", auto_approve: "true" };
  await page.route("**/form_post.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  await page.goto(authorizeUrl(origin, clientId, more));
  await page.getByRole("heading", { name: "back to the client" }).waitFor();
}
