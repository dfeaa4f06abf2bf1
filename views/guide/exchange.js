// @ts-check
/// <reference lib="dom" />
// How the scripts of pages make elements, show requests and responses, and read forms. Everything from outside becomes a
// text node.
import { requestText, responseText, toCurl } from "../shared/http_text.js";

/**
 * @typedef {import("./protocol.js").HttpRequest} HttpRequest
 * @typedef {import("./protocol.js").HttpResponse} HttpResponse
 */

/**
 * One request and its response.
 *
 * @typedef {object} Exchange
 * @property {string} title
 * @property {HttpRequest} request
 * @property {HttpResponse} response
 */

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/**
 * A request and its response, with the same thing in `curl`, folded to one line.
 *
 * @param {Exchange} exchange
 * @returns {HTMLElement}
 */
export function exchangeView({ title, request, response }) {
  const isRefused = response.status >= 400;
  return element(
    "details",
    { class: isRefused ? "exchange refused" : "exchange" },
    element(
      "summary",
      {},
      title,
      element("span", { class: "status" }, String(response.status)),
    ),
    codeBox("request", requestText(request)),
    element(
      "div",
      { class: "response" },
      codeBox(`response ${response.status}`, responseText(response)),
    ),
    element(
      "details",
      { class: "shell" },
      element("summary", {}, "the same with curl"),
      codeBox("curl", toCurl(request)),
    ),
  );
}

/**
 * A block of code with a label and a copy button, which `page.js` serves.
 *
 * @param {string} label
 * @param {string} text
 * @param {string} [copied] What the button copies, if it is not the text.
 * @returns {HTMLElement}
 */
export function codeBox(label, text, copied = "") {
  const copy = element(
    "button",
    { type: "button", class: "copy", "data-copy": copied },
    "copy",
    element("span", { class: "hidden" }, ` ${label}`),
  );
  return element(
    "figure",
    { class: "code" },
    element("figcaption", {}, element("span", {}, label), copy),
    element("pre", { tabindex: "0" }, element("code", {}, text)),
  );
}

/**
 * What stands in a form, without the spaces around it.
 *
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
export function readFields(form) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") fields[name] = value.trim();
  }
  return fields;
}

/**
 * The form of an action of the guide.
 *
 * @param {string} action
 * @returns {HTMLFormElement}
 */
export function formOf(action) {
  const form = document.querySelector(`form[data-action="${action}"]`);
  if (form instanceof HTMLFormElement) return form;
  throw new Error(`the guide has no form for ${action}`);
}

/**
 * An element the page is known to have.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found) return found;
  throw new Error(`the page has no #${id}`);
}
