// @ts-check
// The requests that the control page's forms make, from what is typed into them. The page shows each as a command: the
// server renders it, and the script updates it.
import { toCurl } from "../shared/http_text.js";

/** @typedef {Readonly<Record<string, string>>} Fields */

/**
 * A request of the control API.
 *
 * @typedef {object} Ask
 * @property {string} method
 * @property {string} path Below `/control`.
 * @property {unknown} [body] Sent as JSON; none if not given.
 */

/**
 * What each kind of form asks for.
 *
 * @type {Readonly<Record<string, (fields: Fields) => Ask>>}
 */
const asks = {
  "fault": ({ endpoint, effect, life = "" }) => post("/faults", `${endpoint}:${effect}${life}`),
  "faults": ({ definition = "" }) => post("/faults", jsonOr(definition)),
  "clear-faults": () => remove("/faults"),
  "remove-fault": ({ name = "" }) => remove(`/faults/${encodeURIComponent(name)}`),
  "advance": ({ seconds }) => post("/clock", { advance_seconds: Number(seconds) }),
  "set-clock": ({ time }) => post("/clock", { set: time }),
  "reset-clock": () => post("/clock", { reset: true }),
  "override": ({ member = "", value = "" }) => patch(member, jsonOr(value)),
  "remove-override": ({ member = "" }) => patch(member, null),
  "clear-plan": () => remove("/plan"),
  "user": (fields) => post("/users", filled(fields)),
  "remove-user": ({ email = "" }) => remove(`/users/${encodeURIComponent(email)}`),
  "client": ({ redirect_uris = "", ...fields }) =>
    post("/clients", { ...filled(fields), redirect_uris: redirect_uris.split(/\s+/).filter(Boolean) }),
  "remove-client": ({ client_id = "" }) => remove(`/clients/${encodeURIComponent(client_id)}`),
  "mint": ({ expires_in = "", ...fields }) =>
    post("/tokens", { ...filled(fields), ...(expires_in === "" ? {} : { expires_in: Number(expires_in) }) }),
  "revoke": (fields) => post("/tokens/revoke", filled(fields)),
  "revoke-all": () => post("/tokens/revoke", { all: true }),
  "end-session": ({ session = "" }) => remove(`/sessions/${encodeURIComponent(session)}`),
  "rotate": ({ keep_old_seconds = "" }) =>
    post("/keys/rotate", keep_old_seconds === "" ? {} : { keep_old_seconds: Number(keep_old_seconds) }),
  "break": ({ how }) => post("/keys/break", { how }),
  "reset": () => post("/reset", {}),
};

/**
 * The request that a form makes.
 *
 * @param {string} kind
 * @param {Fields} fields
 * @returns {Ask}
 */
export function askOf(kind, fields) {
  const ask = asks[kind];
  if (ask) return ask(fields);
  throw new Error(`no form asks for ${kind}`);
}

/**
 * The command that makes the same request.
 *
 * @param {string} control URL of `/control`.
 * @param {Ask} ask
 * @param {boolean} needsToken
 * @returns {string}
 */
export function commandOf(control, { method, path, body }, needsToken) {
  const command = toCurl({
    method,
    url: control + path,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // In double quotes, so that the shell puts the token there.
  return needsToken ? `${command} \\\n  -H "authorization: Bearer $CONTROL_TOKEN"` : command;
}

/**
 * @param {string} path
 * @param {unknown} body
 * @returns {Ask}
 */
function post(path, body) {
  return { method: "POST", path, body };
}

/**
 * @param {string} path
 * @returns {Ask}
 */
function remove(path) {
  return { method: "DELETE", path };
}

/**
 * @param {string} member `policy.name` or `mint.name`.
 * @param {unknown} value Null removes the override (RFC 7396).
 * @returns {Ask}
 */
function patch(member, value) {
  const [part = "", name = ""] = member.split(".");
  return { method: "PATCH", path: "/plan", body: { [part]: { [name]: value } } };
}

/**
 * The fields that are not empty.
 *
 * @param {Fields} fields
 * @returns {Record<string, string>}
 */
function filled(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}

/**
 * JSON, or the text itself if it is not JSON: `exact` needs no quotes.
 *
 * @param {string} text
 * @returns {unknown}
 */
function jsonOr(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
