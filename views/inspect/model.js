// @ts-check
// What the inspector knows: what an exchange is about, whose it is, and which lines a finding belongs to. Nothing here
// touches the page.
import { messageText, sentOf } from "./stream.js";

/**
 * @typedef {import("../../lib/recorder/exchange.ts").Exchange} Exchange
 * @typedef {import("../../lib/judge/report.ts").Report} Report
 * @typedef {import("../../lib/judge/verdict.ts").ClientReport} ClientReport
 * @typedef {import("../../lib/judge/verdict.ts").Finding} Finding
 */

/**
 * @typedef {object} Line
 * @property {"as" | "mcp"} to Who is asked: the authorization server, or the MCP server.
 * @property {string} asks What is asked for.
 * @property {string} gets What is answered, beside the status.
 */

/**
 * A login and what was done with it.
 *
 * @typedef {object} Flow
 * @property {string} title
 * @property {Exchange[]} exchanges
 */

/**
 * A client and what it did; without a report where it is unknown whose the exchanges are.
 *
 * @typedef {object} Group
 * @property {string} id
 * @property {string} name
 * @property {ClientReport | undefined} report
 * @property {Flow[]} flows
 */

/**
 * What is known of the endpoint that answered an exchange.
 *
 * @typedef {object} Known
 * @property {Endpoint["kind"]} kind
 * @property {Endpoint["step"] | undefined} step
 * @property {boolean | undefined} isForPerson
 * @property {string | undefined} asks
 */

/**
 * The endpoints of a client's flow by name, which is an exchange's `route`. The server writes them into the page.
 *
 * @typedef {Readonly<Record<string, Known>>} Endpoints
 * @typedef {import("../../lib/http/place.ts").Endpoint} Endpoint
 */

/**
 * Whether an exchange is a client's, and not that of a person who looks around with a browser: a page that is opened, or
 * what a browser requests by itself.
 *
 * @param {Exchange} exchange
 * @param {Endpoints} endpoints
 * @returns {boolean}
 */
export function isOfClient({ route = "", request }, endpoints) {
  const headers = new Map(request.headers);
  if (!headers.get("user-agent")?.startsWith("Mozilla/") || endpoints[route]?.isForPerson) return true;
  const isOpened = headers.get("accept")?.includes("text/html") ?? false;
  return !isOpened && (route !== "" || headers.has("origin"));
}

/**
 * What an exchange is about.
 *
 * @param {Exchange} exchange
 * @param {Endpoints} endpoints
 * @returns {Line}
 */
export function lineOf(exchange, endpoints) {
  const { route = "", url } = exchange;
  const known = endpoints[route];
  const isMcp = known?.step === "mcp" || known?.kind === "resource_metadata" ||
    url.includes("/.well-known/oauth-protected-resource");
  return { to: isMcp ? "mcp" : "as", asks: asksOf(exchange, known), gets: getsOf(exchange) };
}

/**
 * @param {Exchange} exchange
 * @param {Known | undefined} known
 * @returns {string}
 */
function asksOf(exchange, known) {
  const { url, request } = exchange;
  const said = sentOf(exchange).filter((message) => "jsonrpc" in message || "method" in message).map(messageText);
  if (said.length > 0) return said.join(", ");
  const grant = new URLSearchParams(request.body ?? "").get("grant_type");
  if (known?.step === "token" && grant !== null) return `token for ${grant.replace(/^urn:.*:/, "")}`;
  const client = member(request.body, "client_name");
  if (known?.asks === undefined) return pathOf(url);
  return client === "" ? known.asks : `${known.asks}: ${client}`;
}

/**
 * @param {Exchange} exchange
 * @returns {string}
 */
function getsOf({ response, isOpen = false }) {
  const error = member(response.body, "error");
  if (error !== "") return error;
  const headers = new Map(response.headers);
  const challenge = headers.get("www-authenticate");
  if (challenge !== undefined) return challenge.replace(/^Bearer.*\berror="([^"]*)".*$/, "$1").slice(0, 60);
  const location = headers.get("location");
  if (location !== undefined) {
    const answer = new URLSearchParams(location.split(/[?#]/).slice(1).join("&"));
    if (answer.has("code")) return "a code";
    return answer.get("error") ?? "elsewhere";
  }
  if (isOpen) return "a stream, still open";
  return member(response.body, "access_token") === "" ? "" : "tokens";
}

/**
 * A member of a JSON object that is text or an object with a message, such as JSON-RPC's errors.
 *
 * @param {string | undefined} body
 * @param {string} name
 * @returns {string}
 */
function member(body, name) {
  const value = parse(body)?.[name];
  if (typeof value === "string") return value;
  return value && typeof value.message === "string" ? value.message : "";
}

/**
 * @param {string | undefined} body
 * @returns {any}
 */
function parse(body) {
  if (!body?.startsWith("{")) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * Path and query of a URL.
 *
 * @param {string} url
 * @returns {string}
 */
export function pathOf(url) {
  return url.replace(/^[a-z]+:\/\/[^/]+/, "");
}

/**
 * Groups exchanges by client, and those of a client by login.
 *
 * @param {Exchange[]} exchanges In order.
 * @param {Report | undefined} report
 * @param {Endpoints} endpoints
 * @returns {Group[]}
 */
export function groupsOf(exchanges, report, endpoints) {
  const clients = report?.clients ?? [];
  /** @type {Map<number, number>} */
  const owners = new Map();
  for (const [index, client] of clients.entries()) {
    for (const sequence of client.exchanges) owners.set(sequence, index);
  }
  /** @type {Exchange[][]} */
  const own = clients.map(() => []);
  /** @type {Exchange[]} */
  const rest = [];
  for (const exchange of exchanges) {
    const owner = owners.get(exchange.sequence);
    (owner === undefined ? rest : own[owner])?.push(exchange);
  }
  /** @type {Group[]} */
  const groups = clients.map((client, index) => ({
    id: client.id,
    name: client.name ?? client.id,
    report: client,
    flows: flowsOf(own[index] ?? [], endpoints),
  }));
  if (rest.length > 0) {
    groups.push({
      id: "",
      name: "no known client",
      report: undefined,
      flows: [{ title: "", exchanges: rest }],
    });
  }
  return groups.filter(({ flows }) => flows.length > 0);
}

/**
 * A flow begins where a client that had tokens sets out for new ones.
 *
 * @param {Exchange[]} exchanges
 * @param {Endpoints} endpoints
 * @returns {Flow[]}
 */
export function flowsOf(exchanges, endpoints) {
  /** @type {Exchange[][]} */
  const flows = [];
  let hasTokens = true;
  for (const exchange of exchanges) {
    const known = endpoints[exchange.route ?? ""];
    if (flows.length === 0 || hasTokens && isSettingOut(exchange, known)) {
      flows.push([]);
      hasTokens = false;
    }
    flows.at(-1)?.push(exchange);
    if (known?.step === "token" && exchange.status < 300) hasTokens = true;
  }
  return flows.map((own, index) => ({ title: `flow ${index + 1}`, exchanges: own }));
}

/**
 * @param {Exchange} exchange
 * @param {Known | undefined} known
 * @returns {boolean}
 */
function isSettingOut({ method, status }, known) {
  if (!known) return false;
  const { kind, step = "", isForPerson } = known;
  if (step === "mcp") return status === 401 || status === 403;
  if (isForPerson) return kind === "authorize" && method === "GET";
  return ["registration", "pushed"].includes(step) || ["server_metadata", "resource_metadata", "device"].includes(kind);
}

/**
 * Broken rules by the line that broke them: the last of those that prove it.
 *
 * @param {Report | undefined} report
 * @returns {Map<number, Finding[]>}
 */
export function brokenByLine(report) {
  /** @type {Map<number, Finding[]>} */
  const lines = new Map();
  for (const { findings } of report?.clients ?? []) {
    for (const finding of findings) {
      const at = lineAt(finding);
      if (finding.status !== "broken" || at === undefined) continue;
      lines.set(at, [...lines.get(at) ?? [], finding]);
    }
  }
  return lines;
}

/**
 * The line of a finding: that of the message that shows it, else the last of those that do.
 *
 * @param {Pick<Finding, "message" | "evidence">} finding
 */
export function lineAt({ message, evidence }) {
  return message?.exchange ?? evidence.at(-1);
}

/**
 * The words by which an exchange is found.
 *
 * @param {Exchange} exchange
 * @param {Line} line
 * @returns {string}
 */
export function searchedText({ method, url, status, shapedBy }, { to, asks, gets }) {
  return [method, url, status, asks, gets, placeOf(to), ...shapedBy].join(" ").toLowerCase();
}

/**
 * Who is asked, in words.
 *
 * @param {Line["to"]} to
 * @returns {string}
 */
export function placeOf(to) {
  return to === "mcp" ? "mcp server" : "authorization server";
}

/**
 * Whether a finding decides against a client: what is only recommended does where the scenario is about it.
 *
 * @param {Finding} finding
 * @returns {boolean}
 */
export function isFailure({ status, level, isExpected }) {
  return status === "broken" && (level === "MUST" || isExpected);
}

/**
 * How many of the findings decide against a client, and how many only warn: recommendations that it did not follow.
 *
 * @param {readonly Finding[]} findings
 */
export function countBroken(findings) {
  const broken = findings.filter(({ status }) => status === "broken");
  const failures = broken.filter(isFailure).length;
  return { failures, warnings: broken.length - failures };
}

/**
 * A client's verdict, with the warnings that did not decide it.
 *
 * @param {ClientReport} client
 * @returns {string}
 */
export function clientVerdict({ verdict, findings }) {
  return verdict + withWarnings(countBroken(findings).warnings);
}

/**
 * The verdict as a sentence.
 *
 * @param {Report} report
 * @returns {string}
 */
export function verdictText({ verdict, clients }) {
  const { failures, warnings } = countBroken(clients.flatMap(({ findings }) => findings));
  const rest = withWarnings(warnings);
  if (verdict === "fail" && failures === 0) return `fail${rest}: a client went on where it has to stop`;
  if (verdict === "fail") return `fail: ${countOf(failures, "rule")} broken${rest}`;
  if (verdict === "pass" && warnings > 0) return `pass${rest}: nothing but recommendations was broken`;
  if (verdict === "pass") return "pass: every rule that could be checked was kept";
  return `incomplete${rest}: not enough was seen to decide`;
}

/**
 * What is missing from the record that a report is made from; empty where nothing is.
 *
 * @param {Report["record"]} record
 * @returns {string}
 */
export function missingText({ isWhole, isCleared = false, cut, leftOut, dropped, unjudged }) {
  const judged = unjudged > 0 ? `the verdict does not count ${unjudged} of them` : "the verdict counts them";
  const lost = dropped > 0 ? ` (${dropped}; ${judged})` : "";
  const parts = [
    isCleared ? "the record was cleared" : "",
    isWhole || (isCleared && dropped === 0) ? "" : `the oldest exchanges are no longer kept${lost}`,
    leftOut > 0 ? `${countOf(leftOut, "exchange")} never came on record` : "",
    cut > 0 ? `${countOf(cut, "exchange")} too large to be kept whole` : "",
  ].filter(Boolean);
  return parts.length === 0 ? "" : `Not all of it is here: ${parts.join("; ")}.`;
}

/** @param {number} count */
function withWarnings(count) {
  return count > 0 ? `, with ${countOf(count, "warning")}` : "";
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function countOf(count, noun) {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
