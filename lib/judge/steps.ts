/**
 * Turns exchanges into steps. What an exchange is, is told by where it went if metadata or a challenge named the place,
 * else by the route that answered, else by its shape; so that scenarios can put endpoints wherever they like.
 *
 * @module
 */
import type { Sliced } from "../runtime/slices.ts";
import { endpointsByName } from "../http/endpoints.ts";
import { wellKnown } from "../http/urls.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import { digestOf } from "../recorder/redact/digests.ts";
import { withoutAsides } from "./asides.ts";
import { iconsIn } from "./icons.ts";
import { type Carried, carriedBy, placeIn } from "./messages.ts";
import type { AnsweredMessage, AuthorizationStep, McpStep, SpokenVersions, Step, StepBase } from "./step.ts";
import {
  addressOf,
  answerOf,
  challengeOf,
  formOf,
  messagesOf,
  type Parameters,
  parseObject,
  pathOf,
  textOf,
} from "./reading.ts";
import { isObject, type JsonObject } from "../http/json.ts";

type Kind = Step["kind"] | "pushed";

/** What has been learned from the exchanges so far. */
interface Learned {
  /** What stands where, by address. */
  readonly kinds: Map<string, Kind>;
  /** Pushed requests by the name they were given. */
  readonly pushed: Map<string, Parameters>;
  /** Streams of HTTP+SSE, by path and query of where messages for them go. */
  readonly channels: Map<string, readonly AnsweredMessage[]>;
  /** Where among the steps an authorization stands, by its URL. */
  readonly authorizations: Map<string, number>;
}

/** Members of server metadata that name an endpoint. */
const endpoints: Readonly<Record<string, Kind>> = {
  authorization_endpoint: "authorization",
  token_endpoint: "token",
  registration_endpoint: "registration",
  pushed_authorization_request_endpoint: "pushed",
  revocation_endpoint: "other",
  userinfo_endpoint: "other",
  end_session_endpoint: "other",
  device_authorization_endpoint: "other",
};

/**
 * Reads exchanges as steps of a client's flow, in slices.
 *
 * @param exchanges In the order they began.
 */
export function* readingSteps(exchanges: readonly Exchange[]): Sliced<readonly Step[]> {
  const learned: Learned = { kinds: new Map(), pushed: new Map(), channels: new Map(), authorizations: new Map() };
  const steps: Step[] = [];
  for (const [at, exchange] of exchanges.entries()) {
    yield;
    const kind = kindOf(exchange, learned);
    if (kind === undefined) continue;
    // Whoever asks a canary's URL for anything at all has fetched it.
    if (kind !== "canary" && (exchange.method === "OPTIONS" || exchange.method === "HEAD")) continue;
    const base = { at, exchange, address: addressOf(exchange.url), status: exchange.status };
    const step = kind === "authorization" ? readAuthorization(base, learned) : readStep(kind, base, learned);
    if (step.kind === "authorization") {
      // The form that a person sends belongs to the request that brought the page.
      const before = learned.authorizations.get(exchange.url) ?? askedBefore(step, steps);
      const first = steps[before];
      if (first?.kind === "authorization") {
        steps[before] = joined(first, step);
        continue;
      }
      // Its request came before the record begins.
      if (exchange.route === "decide" && !step.params.has("client_id")) continue;
      learned.authorizations.set(exchange.url, steps.length);
    }
    steps.push(step);
  }
  return withoutAsides(steps);
}

function kindOf(exchange: Exchange, { kinds }: Learned): Kind | undefined {
  const { url, route = "" } = exchange;
  const endpoint = endpointsByName.get(route);
  // What an identity provider is asked for is no token of the server beside it, and its metadata not that server's.
  if (endpoint?.kind === "idp") return undefined;
  const path = pathOf(url);
  if (path.includes(wellKnown.protectedResource)) return "resource_metadata";
  if (path.includes(wellKnown.authorizationServer) || path.includes(wellKnown.openidConfiguration)) {
    return "server_metadata";
  }
  const own = endpoint?.step;
  if (own === "mcp") return own;
  const known = kinds.get(addressOf(url));
  // An icon may lie at a canary's URL.
  if (known === "icon") return own === "canary" ? known : own ?? known;
  return known ?? own ?? shapeOf(exchange);
}

/**
 * Where among the steps the request stands that is answered on another page than its own: the last without an answer, or where a
 * person has gone back or reloaded a page, the last; -1 if there is none.
 */
function askedBefore({ exchange, answer }: AuthorizationStep, steps: readonly Step[]): number {
  if (exchange.route !== "decide" || answer === undefined) return -1;
  const target = addressOf(headerOf(exchange.response, "location") ?? "");
  const find = (isFree: (step: AuthorizationStep) => boolean): number =>
    steps.findLastIndex((step) =>
      step.kind === "authorization" && isFree(step) && step.params.get("state") === answer.get("state") &&
      addressOf(step.params.get("redirect_uri") ?? target) === target
    );
  const unanswered = find((step) => step.answer === undefined);
  return unanswered < 0 ? find(() => true) : unanswered;
}

/** What a request looks like to be, wherever it went. */
function shapeOf(exchange: Exchange): Kind | undefined {
  const { method, url, request } = exchange;
  const query = new URLSearchParams(url.split("?")[1] ?? "");
  if (query.has("response_type") && query.has("client_id")) return "authorization";
  const isInSession = headerOf(request, "mcp-session-id") !== undefined;
  if (method !== "POST" || request.body === undefined) return isInSession ? "mcp" : undefined;
  if (formOf(exchange).has("grant_type")) return "token";
  const body = messagesOf(request)[0];
  if (body?.jsonrpc !== undefined) return "mcp";
  return Array.isArray(body?.redirect_uris) ? "registration" : undefined;
}

function readStep(kind: Exclude<Kind, "authorization">, base: StepBase, learned: Learned): Step {
  const { exchange } = base;
  switch (kind) {
    case "resource_metadata":
      return { ...base, kind, document: documentOf(exchange) };
    case "server_metadata": {
      const document = documentOf(exchange);
      learnEndpoints(document, learned);
      return { ...base, kind, document };
    }
    case "registration":
      return { ...base, kind, sent: parseObject(exchange.request.body), registered: documentOf(exchange) };
    case "token":
      return { ...base, kind, params: formOf(exchange), issued: documentOf(exchange) };
    case "mcp":
      return readMcp(base, learned);
    case "icon":
      return { ...base, kind };
    case "canary":
      return { ...base, kind, method: exchange.method, name: base.address.slice(base.address.lastIndexOf("/") + 1) };
    case "pushed":
    case "other": {
      const params = formOf(exchange);
      const name = kind === "pushed" ? textOf(documentOf(exchange), "request_uri") : undefined;
      if (name !== undefined) learned.pushed.set(digestOf(name), params);
      return { ...base, kind: "other", params };
    }
  }
}

/** The JSON object that a request was answered with, if all went well. */
function documentOf({ status, response }: Exchange): JsonObject | undefined {
  return status >= 200 && status < 300 ? parseObject(response.body) : undefined;
}

function learnEndpoints(document: JsonObject | undefined, { kinds }: Learned): void {
  for (const [member, kind] of Object.entries(endpoints)) {
    const url = textOf(document, member);
    if (url !== undefined) kinds.set(addressOf(url), kind);
  }
}

function readAuthorization(base: StepBase, { pushed }: Learned): AuthorizationStep {
  const { at, exchange } = base;
  const query = new URLSearchParams(exchange.url.replace(/#.*$/s, "").split("?").slice(1).join("?"));
  const name = query.get("request_uri");
  const answer = answerOf(exchange);
  return {
    ...base,
    kind: "authorization",
    params: (name === null ? undefined : pushed.get(digestOf(name))) ?? query,
    answer,
    answeredAt: answer && at,
    all: [at],
  };
}

function joined(first: AuthorizationStep, next: AuthorizationStep): AuthorizationStep {
  return {
    ...first,
    status: next.status,
    answer: first.answer ?? next.answer,
    answeredAt: first.answeredAt ?? next.answeredAt,
    all: [...first.all, next.at],
  };
}

function readMcp(base: StepBase, { kinds, channels }: Learned): McpStep {
  const { exchange } = base;
  const { method: verb, request, response } = exchange;
  const carried = carriedBy(exchange);
  const message = carried.sent[0]?.message;
  const { endpoint } = carried.stream ?? {};
  if (endpoint !== undefined) channels.set(placeIn(endpoint), carried.answered);
  const place = placeIn(endpoint ?? exchange.url);
  // The stream may have been opened before the record begins.
  const channel = channels.get(place) ?? (exchange.route?.endsWith("_messages") ? [] : undefined);
  const session = headerOf(response, "mcp-session-id") ?? headerOf(request, "mcp-session-id");
  const challenge = challengeOf(exchange);
  const metadata = challenge?.get("resource_metadata");
  if (metadata !== undefined) kinds.set(addressOf(metadata), "resource_metadata");
  for (const url of carried.answered.flatMap(({ message }) => iconsIn(message))) {
    if (!kinds.has(addressOf(url))) kinds.set(addressOf(url), "icon");
  }
  return {
    ...base,
    kind: "mcp",
    verb,
    token: /^\S+ +(.*)$/.exec(headerOf(request, "authorization") ?? "")?.[1],
    method: textOf(message, "method"),
    challenge,
    session: session === undefined ? undefined : digestOf(session),
    channel: channel && digestOf(place),
    versions: versionsOf(exchange, message, {
      isInSession: session !== undefined || channel !== undefined,
      channel,
      carried,
    }),
    ...carried,
  };
}

interface Surroundings {
  readonly isInSession: boolean;
  /** All that came on the stream of HTTP+SSE that it is a message for. */
  readonly channel: readonly AnsweredMessage[] | undefined;
  readonly carried: Carried;
}

function versionsOf(
  { request, status, response }: Exchange,
  message: JsonObject | undefined,
  { isInSession, channel, carried: { answered } }: Surroundings,
): SpokenVersions {
  const params = isObject(message?.params) ? message.params : undefined;
  const meta = isObject(params?._meta) ? params._meta : undefined;
  const isOpening = message?.method === "initialize";
  const offered = textOf(meta, "io.modelcontextprotocol/protocolVersion") ?? textOf(params, "protocolVersion");
  const isGood = status >= 200 && status < 300;
  const answers = channel?.filter((answer) => answer.message.id === message?.id) ?? answered;
  // Over HTTP+SSE the answer comes later, or not at all; and what is not on record whole may have said anything.
  const assumed = channel || response.truncated ? undefined : offered;
  return {
    settled: !isGood ? undefined : isOpening ? negotiated(answers, assumed) : isInSession ? undefined : offered,
    offered,
    inHeader: headerOf(request, "mcp-protocol-version"),
  };
}

/** What an answer to `initialize` says; an answer that cannot be read is taken to agree. */
function negotiated(answers: readonly AnsweredMessage[], offered: string | undefined): string | undefined {
  const results = answers.map(({ message: { result } }) => result).filter(isObject);
  return results.length > 0 ? textOf(results[0], "protocolVersion") : answers.length > 0 ? undefined : offered;
}

/** Positions of the exchanges that a step is made of. */
export function positionsIn(step: Step): readonly number[] {
  return step.kind === "authorization" ? step.all : [step.at];
}
