// @ts-check
/// <reference lib="dom" />
// Step 3 in the page: the request that its fields make, shown while they are edited, and the way to the server with it.
// The way back is an action like the others, in `flow.js`.
import { byId, codeBox, formOf, readFields } from "./exchange.js";
import { authorizationUrl, challengeOf, formBody, formPost, randomText } from "./protocol.js";
import { forgetFrom } from "./session.js";
import { foldUrl, requestText } from "../shared/http_text.js";

/** @typedef {import("./session.js").Session} Session */

/**
 * Makes a state and a PKCE pair, which step 3 shows.
 *
 * @param {Session} session
 */
export async function renewSecrets({ values }) {
  const verifier = randomText(32);
  Object.assign(values, { state: randomText(16), verifier, challenge: await challengeOf(verifier) });
}

/**
 * Puts the session's values into step 3's fields.
 *
 * @param {Session} session
 */
export function fillAuthorization(session) {
  const { clientId, redirectUri, state, challenge, verifier } = session.values;
  const known = {
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: challenge,
    code_verifier: verifier,
  };
  const form = formOf("3");
  for (const [name, value] of Object.entries(known)) {
    const input = form.elements.namedItem(name);
    if (input instanceof HTMLInputElement) input.value = value ?? "";
  }
  showAuthorization(session);
}

/**
 * Shows the requests that step 3's two forms make.
 *
 * @param {Session} session
 */
export function showAuthorization({ step, values }) {
  const [asked, answered] = [byId("authorize-url"), byId("answer-request")];
  if (step < 3) {
    asked.replaceChildren();
    answered.replaceChildren();
    return;
  }
  const fields = readFields(formOf("3"));
  const url = authorizationRequest(values, fields);
  asked.replaceChildren(codeBox("request", `GET ${foldUrl(url)}`, url));
  const body = formBody(readFields(formOf("answer")));
  answered.replaceChildren(codeBox("request", requestText(formPost(url, body))));
  const isAutomatic = fields.auto_approve === "true" ||
    Boolean(fields.auto_approve_email && fields.auto_approve_password);
  byId("authorize-submit").textContent = isAutomatic ? "authorize without a page" : "go to the consent page";
}

/**
 * Notes in the session that the browser leaves for the authorization endpoint. State and PKCE pair are for one request:
 * a second one gets new ones, unless the reader chose them.
 *
 * @param {Session} session
 * @param {Record<string, string>} [answer] The consent page's fields, to answer instead of the person.
 */
export async function prepareLeaving(session, answer) {
  const { values, outcomes } = session;
  const fields = readFields(formOf("3"));
  if (outcomes["3"] && fields.state === values.state && fields.code_challenge === values.challenge) {
    await renewSecrets(session);
    fields.state = values.state ?? "";
    fields.code_challenge = values.challenge ?? "";
  }
  forgetFrom(session, 3);
  Object.assign(values, {
    state: fields.state ?? "",
    redirectUri: fields.redirect_uri ?? "",
    authorizeUrl: authorizationRequest(values, fields),
    answer: answer ? formBody(answer) : "",
    isAway: "yes",
  });
}

/**
 * Leaves for the authorization endpoint: with a link's GET, or with a form's POST.
 *
 * @param {Session} session
 */
export function leave({ values: { authorizeUrl = "", answer = "" } }) {
  if (answer === "") return location.assign(authorizeUrl);
  const form = document.createElement("form");
  form.method = "post";
  form.setAttribute("action", authorizeUrl);
  for (const [name, value] of new URLSearchParams(answer)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

/**
 * The authorization request that step 3's fields describe.
 *
 * @param {Record<string, string>} values
 * @param {Record<string, string>} fields
 * @returns {string}
 */
function authorizationRequest(values, { code_verifier: _secret = "", ...fields }) {
  return authorizationUrl(values.authorizeEndpoint ?? "", {
    response_type: "code",
    code_challenge_method: fields.code_challenge ? "S256" : "",
    resource: values.resource ?? "",
    ...fields,
  });
}
