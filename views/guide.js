// @ts-check
/// <reference lib="dom" />
/**
 * Runs the guide in the page: keeps the session, sends each step's requests, shows them, unlocks the next step. What
 * each step sends is in `guide_flow.js`, how it looks in `guide_dom.js`.
 *
 * @module
 */
import { checksView, codeBox, element, exchangeView, readFields, tokenView, toolsView } from "./guide_dom.js";
import { actions, authorizationRequest } from "./guide_flow.js";
import { challengeOf, foldUrl, randomText } from "./guide_protocol.js";

/**
 * @typedef {import("./guide_flow.js").Run} Run
 * @typedef {import("./guide_flow.js").Session} Session
 * @typedef {import("./guide_flow.js").Outcome} Outcome
 * @typedef {import("./guide_protocol.js").HttpRequest} HttpRequest
 * @typedef {import("./guide_protocol.js").HttpResponse} HttpResponse
 */

const guide = byId("guide");
/** @type {Record<string, string>} */
const urls = JSON.parse(guide.dataset.urls ?? "{}");
const storageKey = `oauth_session ${urls.guide}`;

/** The step each action belongs to: it is enabled when the session has come that far. */
const stepOf = new Map([
  ["1", 1],
  ["2", 2],
  ["3", 3],
  ["return", 3],
  ["4", 4],
  ["5", 5],
  ["refresh", 6],
  ["replay", 6],
]);

let session = loadSession();
start();

async function start() {
  if (!canRun()) return;
  for (const form of liveForms()) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(form);
    });
  }
  byId("reset").addEventListener("click", reset);
  byId("renew").addEventListener("click", renewSecrets);
  authorizeForm().addEventListener("input", showAuthorizationUrl);
  const landed = await catchReturn();
  await render();
  if (landed) guide.querySelector("[data-results='3']")?.scrollIntoView();
}

/** Says what keeps the page from working: a foreign origin, or one without `crypto.subtle`. */
function canRun() {
  const own = new URL(urls.guide ?? location.href);
  if (own.origin !== location.origin) {
    notify(
      "warn",
      "This server calls itself by another address. Open the guide there: ",
      element("a", { href: own.href }, own.href),
    );
    return false;
  }
  if (globalThis.crypto.subtle) return true;
  own.hostname = "localhost";
  notify(
    "warn",
    "Step 3 needs SHA-256, which browsers offer to https and localhost only. If this server runs on your computer, open ",
    element("a", { href: own.href }, own.href),
    "; else use the shell commands below.",
  );
  return false;
}

/** @returns {Session} */
function emptySession() {
  return { step: 1, values: {}, outcomes: {} };
}

/** @returns {Session} */
function loadSession() {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? "");
    if (stored.step && stored.values && stored.outcomes) return stored;
  } catch {
    // No session yet, or storage is switched off: begin at the beginning.
  }
  return emptySession();
}

function saveSession() {
  try {
    localStorage.setItem(storageKey, JSON.stringify(session));
  } catch {
    // Without storage the guide works until the page is left.
  }
}

function reset() {
  session = emptySession();
  saveSession();
  byId("guide-notice").replaceChildren();
  for (const form of liveForms()) form.reset();
  render();
  byId("step-1").scrollIntoView();
}

/**
 * Runs a form's action: step 3 leaves the page, all others send requests.
 *
 * @param {HTMLFormElement} form
 */
async function submit(form) {
  const action = form.dataset.action ?? "";
  const fields = readFields(form);
  if (action === "3") return await leave(fields);
  const fieldset = fieldsetOf(form);
  fieldset.disabled = true;
  form.setAttribute("aria-busy", "true");
  const step = stepOf.get(action) ?? 0;
  if (step < 6) forgetFrom(step);
  await perform(action, fields);
  form.removeAttribute("aria-busy");
  saveSession();
  await render();
}

/**
 * Performs an action and keeps what came of it.
 *
 * @param {string} action
 * @param {Record<string, string>} fields
 */
async function perform(action, fields) {
  /** @type {Outcome} */
  const outcome = { exchanges: [], checks: [] };
  session.outcomes[action === "return" ? "3" : action] = outcome;
  /** @type {Run} */
  const run = {
    urls,
    fields,
    values: session.values,
    outcome,
    send: async (title, request) => {
      const response = await send(request);
      outcome.exchanges.push({ title, request, response });
      return response;
    },
    check: (ok, text) => {
      outcome.checks.push({ ok, text });
    },
  };
  try {
    await actions[action]?.(run);
  } catch (error) {
    run.check(false, error instanceof Error ? error.message : String(error));
  }
  const step = stepOf.get(action) ?? 0;
  const isDone = outcome.checks.every(({ ok }) => ok);
  if (isDone && step < 6) session.step = Math.max(session.step, step + 1);
}

/**
 * Drops what follows from an earlier attempt at a step.
 *
 * @param {number} step
 */
function forgetFrom(step) {
  session.step = Math.min(session.step, step);
  for (const action of stepOf.keys()) {
    if ((stepOf.get(action) ?? 0) >= step) delete session.outcomes[action];
  }
}

/**
 * @param {HttpRequest} request
 * @returns {Promise<HttpResponse>}
 */
async function send({ method, url, headers, body }) {
  const response = await globalThis.fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    redirect: "manual",
    cache: "no-store",
  });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}

/**
 * Goes to the authorization endpoint; {@link catchReturn} goes on when the browser comes back. State and PKCE pair are
 * for one request: a second one gets new ones, unless one chose them.
 *
 * @param {Record<string, string>} fields
 */
async function leave(fields) {
  const { values, outcomes } = session;
  const isUsed = outcomes["3"] && fields.state === values.state &&
    fields.code_challenge === values.challenge;
  if (isUsed) {
    await renewSecrets();
    fields.state = values.state ?? "";
    fields.code_challenge = values.challenge ?? "";
  }
  forgetFrom(3);
  Object.assign(values, {
    state: fields.state ?? "",
    redirectUri: fields.redirect_uri ?? "",
    authorizeUrl: authorizationRequest(values, fields),
    isAway: "yes",
  });
  saveSession();
  location.assign(values.authorizeUrl ?? "");
}

/** Takes code, state and iss out of the address bar, if the browser comes from the consent page. */
async function catchReturn() {
  const query = new URLSearchParams(location.search);
  if (!query.has("code") && !query.has("error")) return false;
  const returned = location.href;
  history.replaceState(null, "", location.pathname);
  if (session.step !== 3 || session.values.isAway !== "yes") {
    notify(
      "warn",
      "A code came back that this page did not ask for. A client ignores it.",
    );
    return false;
  }
  await perform("return", { url: returned });
  saveSession();
  return true;
}

/** Makes a state and a PKCE pair, and puts them where step 3 shows them. */
async function renewSecrets() {
  const verifier = randomText(32);
  Object.assign(session.values, {
    state: randomText(16),
    verifier,
    challenge: await challengeOf(verifier),
  });
  saveSession();
  fillAuthorization();
}

async function render() {
  for (const section of guide.querySelectorAll("[data-step]")) {
    if (section instanceof HTMLElement) renderStep(section);
  }
  for (const item of guide.querySelectorAll("[data-progress]")) {
    if (item instanceof HTMLElement) renderProgress(item);
  }
  for (const form of liveForms()) {
    const step = stepOf.get(form.dataset.action ?? "") ?? 0;
    fieldsetOf(form).disabled = session.step < step;
  }
  for (const box of guide.querySelectorAll("[data-results]")) {
    if (box instanceof HTMLElement) renderResults(box);
  }
  byId("more").hidden = session.step < 6;
  byId("return").hidden = session.values.isAway !== "yes" || isCaughtHere();
  if (session.step >= 3 && !session.values.verifier) await renewSecrets();
  fillAuthorization();
}

/** @param {HTMLElement} section */
function renderStep(section) {
  const number = Number(section.dataset.step);
  const state = stateOf(number);
  section.dataset.state = state;
  const label = section.querySelector(".step-state");
  if (!label) return;
  label.textContent = state === "locked" ? `locked until step ${number - 1} is done` : state;
}

/** @param {HTMLElement} item */
function renderProgress(item) {
  const state = stateOf(Number(item.dataset.progress));
  item.dataset.state = state;
  const link = item.querySelector("a");
  if (state === "open") link?.setAttribute("aria-current", "step");
  else link?.removeAttribute("aria-current");
}

/** @param {number} number */
function stateOf(number) {
  if (session.step > number) return "done";
  return session.step === number ? "open" : "locked";
}

/** @param {HTMLElement} box */
function renderResults(box) {
  const action = box.dataset.results ?? "";
  const outcome = session.outcomes[action];
  if (!outcome) return box.replaceChildren();
  // Only the latest steps are unfolded: the page stays short enough to see where one is.
  const isOpen = session.step <= (stepOf.get(action) ?? 0) + 1;
  box.replaceChildren(
    ...outcome.exchanges.map((exchange) => exchangeView(exchange, isOpen)),
    ...(outcome.checks.length ? [checksView(outcome.checks)] : []),
    ...(outcome.token ? [tokenView(outcome.token)] : []),
    ...(outcome.tools ? [toolsView(outcome.tools)] : []),
  );
  if (outcome.checks.some(({ ok }) => !ok)) {
    box.append(element("p", { class: "stop", role: "alert" }, "A client has to stop here."));
  }
}

/** Puts the session's values into step 3's form. */
function fillAuthorization() {
  const { clientId, redirectUri, state, challenge, verifier } = session.values;
  const known = {
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: challenge,
    code_verifier: verifier,
  };
  const form = authorizeForm();
  for (const [name, value] of Object.entries(known)) {
    const input = form.elements.namedItem(name);
    if (input instanceof HTMLInputElement) input.value = value ?? "";
  }
  showAuthorizationUrl();
}

/** Shows the URL that step 3's form makes, as one types. */
function showAuthorizationUrl() {
  const box = byId("authorize-url");
  if (session.step < 3) return box.replaceChildren();
  const fields = readFields(authorizeForm());
  const url = authorizationRequest(session.values, fields);
  box.replaceChildren(codeBox("request", `GET ${foldUrl(url)}`, url));
  const isAutomatic = fields.auto_approve === "true" ||
    Boolean(fields.auto_approve_email && fields.auto_approve_password);
  byId("authorize-submit").textContent = isAutomatic ? "authorize without a page" : "go to the consent page";
}

/** True if the redirect URI is this page. */
function isCaughtHere() {
  return (session.values.redirectUri ?? urls.guide) === urls.guide;
}

/**
 * @param {"warn" | "info"} tone
 * @param {...(Node | string)} message
 */
function notify(tone, ...message) {
  byId("guide-notice").replaceChildren(
    element("div", { class: `notice notice-${tone}` }, ...message),
  );
}

/** @returns {HTMLFormElement[]} */
function liveForms() {
  return [...guide.querySelectorAll("form")];
}

/** @returns {HTMLFormElement} */
function authorizeForm() {
  const form = guide.querySelector('form[data-action="3"]');
  if (form instanceof HTMLFormElement) return form;
  throw new Error("the guide has no form for step 3");
}

/**
 * @param {HTMLFormElement} form
 * @returns {HTMLFieldSetElement}
 */
function fieldsetOf(form) {
  const fieldset = form.querySelector("fieldset");
  if (fieldset) return fieldset;
  throw new Error("a form of the guide has no fieldset");
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  const found = document.getElementById(id);
  if (found) return found;
  throw new Error(`the guide has no #${id}`);
}
