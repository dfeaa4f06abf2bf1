// @ts-check
/// <reference lib="dom" />
// What each step of the guide sends, and what a client checks about the answers.
import { callTools, initializeMessage, jsonHeaders, withToken } from "./mcp.js";
import {
  checkReturn,
  formBody,
  formPost,
  metadataUrl,
  parseJson,
  resourceMetadataUrl,
  stringIn,
  stringsIn,
} from "./protocol.js";

/**
 * @typedef {import("./protocol.js").HttpRequest} HttpRequest
 * @typedef {import("./protocol.js").HttpResponse} HttpResponse
 */

/**
 * Something that a client verifies.
 *
 * @typedef {object} Check
 * @property {boolean} ok
 * @property {string} text
 */

/**
 * @typedef {object} Outcome
 * @property {import("./exchange.js").Exchange[]} exchanges
 * @property {Check[]} checks
 * @property {string} [token]
 * @property {[string, string][]} [tools]
 */

/**
 * What an action is given.
 *
 * @typedef {object} Run
 * @property {Record<string, string>} urls
 * @property {Record<string, string>} fields
 * @property {Record<string, string>} values
 * @property {Outcome} outcome
 * @property {(title: string, request: HttpRequest) => Promise<HttpResponse>} send
 * @property {(ok: boolean, text: string) => void} check
 */

/**
 * The actions, by the name their form has.
 *
 * @type {Record<string, (run: Run) => Promise<void> | void>}
 */
export const actions = {
  "1": discover,
  "2": register,
  "return": returnFrom,
  "4": exchangeCode,
  "5": callTools,
  "refresh": refresh,
  "replay": replay,
};

/**
 * From the MCP endpoint's URL to every endpoint of its authorization server.
 *
 * @param {Run} run
 */
async function discover({ urls, values, send, check }) {
  const endpoint = urls.oauth ?? "";
  const refusal = await send("call the MCP endpoint without a token", {
    method: "POST",
    url: endpoint,
    headers: jsonHeaders,
    body: initializeMessage(),
  });
  const hint = resourceMetadataUrl(refusal.headers["www-authenticate"]);
  check(refusal.status === 401, "the endpoint requires a token: 401");
  check(hint !== undefined, "www-authenticate says where its metadata is");
  const resource = parseJson(
    (await send(
      "read the resource’s metadata",
      get(hint ?? urls.oauthProtectedResource ?? ""),
    )).body,
  );
  check(
    stringIn(resource, "resource") === endpoint,
    "resource is the URL we started with",
  );
  const issuer = stringsIn(resource, "authorization_servers")[0] ?? "";
  check(issuer !== "", "it names an authorization server");
  const metadata = parseJson(
    (await send("read the server’s metadata", get(metadataUrl(issuer)))).body,
  );
  check(
    stringIn(metadata, "issuer") === issuer,
    "issuer is exactly the server we asked",
  );
  check(
    stringsIn(metadata, "code_challenge_methods_supported").includes("S256"),
    "it supports PKCE with S256",
  );
  Object.assign(values, {
    resource: endpoint,
    issuer,
    authorizeEndpoint: stringIn(metadata, "authorization_endpoint"),
    tokenEndpoint: stringIn(metadata, "token_endpoint"),
    registerEndpoint: stringIn(metadata, "registration_endpoint"),
  });
}

/** @param {Run} run */
async function register({ fields, values, send, check }) {
  const redirectUri = fields.redirect_uri ?? "";
  const response = await send("register", {
    method: "POST",
    url: values.registerEndpoint ?? "",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "interactive guide",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    }),
  });
  const clientId = stringIn(parseJson(response.body), "client_id");
  check(response.status === 201, answerText(response));
  check(clientId !== "", "it gave us a client_id");
  Object.assign(values, { clientId, redirectUri, verifier: "", isAway: "" });
}

/**
 * Takes the code out of the address the browser came back to.
 *
 * @param {Run} run
 */
function returnFrom({ fields, values, outcome, check }) {
  const location = fields.url ?? "";
  const query = new URL(location).searchParams;
  const url = values.authorizeUrl ?? "";
  const answer = values.answer ?? "";
  outcome.exchanges.push({
    title: "the browser went to the server, and came back",
    request: answer === "" ? { method: "GET", url, headers: {} } : formPost(url, answer),
    response: { status: answer === "" ? 302 : 303, headers: { location }, body: "" },
  });
  const expected = { state: values.state ?? "", issuer: values.issuer ?? "" };
  for (const { ok, text } of checkReturn(query, expected)) check(ok, text);
  Object.assign(values, { code: query.get("code") ?? "", isAway: "" });
}

/** @param {Run} run */
async function exchangeCode({ values, outcome, send, check }) {
  const response = await send("exchange the code", codeRequest(values));
  takeTokens(values, outcome, response);
  check(response.status === 200, answerText(response));
  check(Boolean(outcome.token), "the answer has an access token");
}

/** @param {Run} run */
async function refresh({ values, outcome, send, check }) {
  const response = await send(
    "use the refresh token",
    tokenRequest(values, {
      grant_type: "refresh_token",
      refresh_token: values.refreshToken ?? "",
      client_id: values.clientId ?? "",
      resource: values.resource ?? "",
    }),
  );
  takeTokens(values, outcome, response);
  check(response.status === 200, answerText(response));
}

/** @param {Run} run */
async function replay({ values, send, check }) {
  const response = await send("use the code again", codeRequest(values));
  const error = stringIn(parseJson(response.body), "error");
  check(error === "invalid_grant", `the server refuses it: ${error}`);
  const refusal = await send("use the token that the code gave", {
    method: "POST",
    url: values.resource ?? "",
    headers: withToken(values),
    body: initializeMessage(),
  });
  check(refusal.status === 401, `the token is revoked: ${refusal.status}`);
}

/**
 * An OAuth answer in a few words: its status, and if it is an error which one.
 *
 * @param {HttpResponse} response
 * @returns {string}
 */
function answerText({ status, body }) {
  const answer = parseJson(body);
  const error = stringIn(answer, "error");
  if (error === "") return `the server answers ${status}`;
  const description = stringIn(answer, "error_description");
  return `the server answers ${status} ${error}: ${description}`;
}

/**
 * @param {Record<string, string>} values
 * @param {Record<string, string>} fields
 * @returns {HttpRequest}
 */
function tokenRequest(values, fields) {
  return formPost(values.tokenEndpoint ?? "", formBody(fields));
}

/** @param {Record<string, string>} values */
function codeRequest(values) {
  return tokenRequest(values, {
    grant_type: "authorization_code",
    code: values.code ?? "",
    redirect_uri: values.redirectUri ?? "",
    client_id: values.clientId ?? "",
    code_verifier: values.verifier ?? "",
    resource: values.resource ?? "",
  });
}

/**
 * @param {Record<string, string>} values
 * @param {Outcome} outcome
 * @param {HttpResponse} response
 */
function takeTokens(values, outcome, response) {
  const answer = parseJson(response.body);
  const token = stringIn(answer, "access_token");
  if (token === "") return;
  outcome.token = token;
  values.accessToken = token;
  values.refreshToken = stringIn(answer, "refresh_token");
}

/**
 * @param {string} url
 * @returns {HttpRequest}
 */
function get(url) {
  return { method: "GET", url, headers: { accept: "application/json" } };
}
