// @ts-check
/// <reference lib="dom" />
// The control page: sends what its forms ask for, shows the answer, and updates what is in force by loading the
// server's own page again.
import { askOf, commandOf } from "./request.js";
import { codeBox, element, readFields } from "../guide/exchange.js";

/** @typedef {import("./request.js").Ask} Ask */

/** The control token is kept for as long as the tab is open. */
const storageKey = `control_token ${location.origin}`;

/** @returns {string} */
function token() {
  try {
    return sessionStorage.getItem(storageKey) ?? "";
  } catch {
    return "";
  }
}

document.addEventListener("input", ({ target }) => {
  const form = target instanceof Element ? target.closest("form[data-kind]") : null;
  if (form instanceof HTMLFormElement) showCommand(form);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.id === "token-form") {
    event.preventDefault();
    useToken(readFields(form).token ?? "");
  }
  if (form.dataset.kind === undefined) return;
  event.preventDefault();
  if (form.dataset.question === undefined || confirmed(form)) submit(form);
});

if (token() !== "" && document.getElementById("token-form")) refresh();

/**
 * A button that undoes a lot asks first: its label becomes the question until it loses the focus.
 *
 * @param {HTMLFormElement} form
 */
function confirmed(form) {
  const button = form.querySelector("button[type=submit]");
  const { question = "" } = form.dataset;
  if (!button || button.textContent === question) return true;
  const label = button.textContent;
  button.textContent = question;
  button.addEventListener("blur", () => button.textContent = label, { once: true });
  return false;
}

/** @param {HTMLFormElement} form */
function showCommand(form) {
  const code = form.querySelector(".shell code");
  const page = document.getElementById("control");
  if (!code || !page) return;
  const ask = askOf(form.dataset.kind ?? "", readFields(form));
  code.textContent = commandOf(page.dataset.url ?? "", ask, page.dataset.needsToken === "true");
}

/** @param {HTMLFormElement} form */
async function submit(form) {
  const answer = await send(askOf(form.dataset.kind ?? "", readFields(form)));
  const isInList = form.closest("#state") !== null;
  // What was removed is gone with its button; a refusal is shown where it is seen.
  const box = isInList ? document.getElementById("state-answer") : form.querySelector(".answer");
  box?.replaceChildren(...(isInList && answer.ok ? [] : [answerView(answer, form.dataset.kind ?? "")]));
  if (answer.ok) await refresh();
  if (isInList) document.getElementById("state-title")?.focus();
}

/**
 * @typedef {object} Answer
 * @property {boolean} ok
 * @property {number} status
 * @property {string} text
 */

/**
 * @param {Ask} ask
 * @returns {Promise<Answer>}
 */
async function send({ method, path, body }) {
  const response = await fetch(location.pathname + path, {
    method,
    headers: { ...authorization(), ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => undefined);
  if (!response) return { ok: false, status: 0, text: "The server cannot be reached." };
  return { ok: response.ok, status: response.status, text: await response.text() };
}

/** @returns {Record<string, string>} */
function authorization() {
  return token() === "" ? {} : { authorization: `Bearer ${token()}` };
}

/** Actions whose answers contain something to copy. */
const telling = ["mint", "client"];

/**
 * @param {Answer} answer
 * @param {string} kind
 */
function answerView({ ok, status, text }, kind) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return element("p", { class: "refusal", role: "alert" }, text);
  }
  if (!ok) return element("p", { class: "refusal", role: "alert" }, `${value.error_description ?? text}.`);
  return element(
    "details",
    { class: "shell", ...(telling.includes(kind) ? { open: "" } : {}) },
    element("summary", {}, `done: ${status}`),
    codeBox("answer", JSON.stringify(value, null, 2)),
  );
}

/** @param {string} value */
function useToken(value) {
  try {
    sessionStorage.setItem(storageKey, value);
  } catch {
    // Without storage there is nowhere to keep it.
  }
  refresh();
}

/** Shows what is in force now and, with the right token, the forms that were missing before. */
async function refresh() {
  const response = await fetch(location.pathname, { headers: { ...authorization(), accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const isRefused = document.getElementById("token-form") !== null;
  const id = isRefused ? "control" : "state";
  const [shown, next] = [document.getElementById(id), page.getElementById(id)];
  if (shown && next) shown.replaceWith(document.adoptNode(next));
  const problem = document.getElementById("token-problem");
  if (problem && token() !== "") problem.textContent = "That is not the control token.";
}
