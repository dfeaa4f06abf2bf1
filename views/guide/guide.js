// @ts-check
/// <reference lib="dom" />
// Runs the guide in the page: keeps the session, sends each step's requests, unlocks the next step. What each step
// sends is in `flow.js`, what is shown of it in `render.js`.
import { fillAuthorization, leave, prepareLeaving, renewSecrets, showAuthorization } from "./authorize.js";
import { byId, element, formOf, readFields } from "./exchange.js";
import { renderSteps } from "./render.js";
import { AFTERWARDS, emptySession, forgetFrom, loadSession, saveSession, stepOf } from "./session.js";
import { focusAfter, focusAfterReturn, followLinks } from "./way.js";

/**
 * @typedef {import("./flow.js").Run} Run
 * @typedef {import("./flow.js").Outcome} Outcome
 * @typedef {import("./protocol.js").HttpRequest} HttpRequest
 * @typedef {import("./protocol.js").HttpResponse} HttpResponse
 */

const guide = byId("guide");
/** @type {Record<string, string>} */
const urls = JSON.parse(guide.dataset.urls ?? "{}");
const storageKey = `oauth_session ${urls.guide}`;

let session = loadSession(storageKey);
start();

async function start() {
  if (!canRun()) return;
  for (const form of liveForms()) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(form);
    });
  }
  followLinks(guide);
  byId("reset").addEventListener("click", reset);
  byId("renew").addEventListener("click", renew);
  for (const action of ["3", "answer"]) formOf(action).addEventListener("input", () => showAuthorization(session));
  const landed = await catchReturn();
  await render();
  if (landed) focusAfterReturn();
}

/** Says what keeps the page from working: a foreign origin, or one without `crypto.subtle`. */
function canRun() {
  const own = new URL(urls.guide ?? location.href);
  if (own.origin !== location.origin) {
    notify(
      "warn",
      "This server has another address. Open the guide there: ",
      element("a", { href: own.href }, own.href),
    );
    return false;
  }
  if (globalThis.crypto.subtle) return true;
  own.hostname = "localhost";
  notify(
    "warn",
    "Step 3 needs SHA-256, which browsers offer only on https and localhost. If this server runs on your computer, open ",
    element("a", { href: own.href }, own.href),
    "; otherwise use the shell commands below.",
  );
  return false;
}

function save() {
  saveSession(storageKey, session);
}

function reset() {
  session = emptySession();
  save();
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
  if (action === "3" || action === "answer") {
    await prepareLeaving(session, action === "answer" ? fields : undefined);
    save();
    return leave(session);
  }
  fieldsetOf(form).disabled = true;
  form.setAttribute("aria-busy", "true");
  const step = stepOf(action);
  if (step < AFTERWARDS) forgetFrom(session, step);
  await perform(action, fields);
  form.removeAttribute("aria-busy");
  save();
  await render();
  // Disabling the fields took the focus away.
  if (action === "return") focusAfterReturn();
  else focusAfter(action);
}

/**
 * Performs an action and keeps its outcome.
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
    // Nothing of it is needed until a person does something.
    const { actions } = await import("./flow.js");
    await actions[action]?.(run);
  } catch (error) {
    run.check(false, error instanceof Error ? error.message : String(error));
  }
  const step = stepOf(action);
  const isDone = outcome.checks.every(({ ok }) => ok);
  if (isDone && step < AFTERWARDS) session.step = Math.max(session.step, step + 1);
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

/** Takes code, state and iss out of the address bar, if the browser comes from the consent page. */
async function catchReturn() {
  const query = new URLSearchParams(location.search);
  if (!query.has("code") && !query.has("error")) return false;
  const returned = location.href;
  history.replaceState(null, "", location.pathname);
  if (session.step !== 3 || session.values.isAway !== "yes") {
    notify("warn", "An answer arrived that this page did not ask for. A client ignores it.");
    return false;
  }
  await perform("return", { url: returned });
  save();
  return true;
}

/** Puts a new state and PKCE pair where step 3 shows them. */
async function renew() {
  await renewSecrets(session);
  save();
  fillAuthorization(session);
}

async function render() {
  renderSteps(session);
  for (const form of liveForms()) {
    fieldsetOf(form).disabled = session.step < stepOf(form.dataset.action);
  }
  byId("more").hidden = session.step < AFTERWARDS;
  byId("return").hidden = session.values.isAway !== "yes" || isCaughtHere();
  if (session.step >= 3 && !session.values.verifier) await renew();
  else fillAuthorization(session);
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

/**
 * @param {HTMLFormElement} form
 * @returns {HTMLFieldSetElement}
 */
function fieldsetOf(form) {
  const fieldset = form.querySelector("fieldset");
  if (fieldset) return fieldset;
  throw new Error("a form of the guide has no fieldset");
}
