/**
 * Taking a recording apart by program, where several talk to one server: each has a user agent of its own for its messages, and
 * sessions and tokens that no other has. Where nothing tells for certain, all is one program's.
 *
 * @module
 */
import { isObject } from "../http/json.ts";
import { messagesOf, parseObject, textOf } from "../judge/reading.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import { digestOf } from "../recorder/redact/digests.ts";
import type { Part } from "./parts.ts";
import { createSets, keysOf, parametersOf, uniqueStatesIn } from "./ties.ts";

/** More programs than anybody has at work at once; what may be of any has to be looked at for all. */
const MAX_APPS = 20;

/** Takes what went to one server apart; what may be of any of its programs counts for each of them. */
export function appsIn(part: Part): readonly Part[] {
  const { exchanges } = part;
  const same = createSets();
  const isOne = uniqueStatesIn(exchanges);
  const ties = new Map(exchanges.map((exchange) => [exchange, [...keysOf(exchange, isOne), ...ownKeysOf(exchange)]]));
  for (const [first, ...more] of ties.values()) more.forEach((key) => first !== undefined && same.join(first, key));
  const agents = new Set<string>();
  const [begun, atWork] = [new Set<string>(), new Set<string>()];
  for (const exchange of exchanges) {
    const agent = agentOf(exchange);
    if (agent === undefined || !isMessage(exchange)) continue;
    agents.add(agent);
    if (hasBegun(exchange)) begun.add(agent);
    if (isWork(exchange)) atWork.add(agent);
    const [key] = ties.get(exchange) ?? [];
    if (key !== undefined) same.join(key, agent);
  }
  // A program can look what lies there with another library than it works with.
  const apps = [...new Set([...atWork].filter((agent) => begun.has(agent)).map(same.find))];
  if (apps.length < 2 || apps.length > MAX_APPS) return [part];
  const shared: Exchange[] = [];
  const whose = new Map<Exchange, string>();
  for (const exchange of exchanges) {
    const [key] = ties.get(exchange) ?? [];
    const agent = agentOf(exchange) ?? "";
    const app = [...key === undefined ? [] : [same.find(key)], ...agents.has(agent) ? [same.find(agent)] : []]
      .find((one) => apps.includes(one));
    if (app === undefined) shared.push(exchange);
    else whose.set(exchange, app);
  }
  const isUnsure = shared.some(isOfLogin);
  return apps.map((app) => ({
    exchanges: exchanges.filter((exchange) => (whose.get(exchange) ?? app) === app),
    isUnsure: part.isUnsure || isUnsure,
    isShared: shared.length > 0,
  }));
}

/** Whether it is more than a look at a document. */
function isOfLogin({ method }: Exchange): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
}

function isMessage({ method, request }: Exchange): boolean {
  return method === "POST" && messagesOf(request)[0]?.jsonrpc !== undefined;
}

/** Whether it shows that its program has begun: it opens a session or goes on in one, or says all that is to be known. */
function hasBegun({ request, response }: Exchange): boolean {
  const [message] = messagesOf(request);
  const params = isObject(message?.params) ? message.params : undefined;
  return message?.method === "initialize" || isObject(params?._meta) ||
    [request, response].some((one) => headerOf(one, "mcp-session-id") !== undefined);
}

/** Whether a request was let through that is more than a look. */
function isWork({ request, status }: Exchange): boolean {
  const [{ method, id } = {}] = messagesOf(request);
  return status >= 200 && status < 300 && typeof method === "string" && id !== undefined && !LOOKS.has(method);
}

/** Methods with which a client finds out what a server is. */
const LOOKS: ReadonlySet<string> = new Set(["initialize", "server/discover", "ping"]);

/** Its user agent, as a name among those of other ties. */
function agentOf({ request }: Exchange): string | undefined {
  const agent = headerOf(request, "user-agent");
  return agent === undefined ? undefined : `agent ${agent}`;
}

/** What ties it to others that are no steps of its login: the session, the token, and who its client is. */
function ownKeysOf(exchange: Exchange): readonly string[] {
  const { request, response } = exchange;
  const session = headerOf(response, "mcp-session-id") ?? headerOf(request, "mcp-session-id");
  const token = digestOf(headerOf(request, "authorization") ?? "");
  const client = parametersOf(exchange).get("client_id") ?? textOf(parseObject(response.body), "client_id");
  return [
    ...session ? [`session ${session}`] : [],
    ...token ? [`token ${token}`] : [],
    ...client ? [`client ${client}`] : [],
  ];
}
