// Takes a request to the era it belongs to: a session of the revisions up to 2025-11-25, or the stateless handler of
// 2026-07-28. The SDK's own classifier decides, on the body parsed once.
import {
  classifyInboundRequest,
  createMcpHandler,
  type InboundHttpRequest,
  type InboundLegacyRoute,
  type InboundModernRoute,
  type McpHttpHandler,
} from "@modelcontextprotocol/server";
import { withUsualAccept } from "./accept.ts";
import { canBeResumed, inEvents } from "./answer_form.ts";
import { boundedMap } from "../runtime/bounded_map.ts";
import { describeError, errorStatus, OAuthError } from "../http/errors.ts";
import { readJson } from "./body.ts";
import { createChanges } from "./changes.ts";
import type { McpDispatcher, McpOptions } from "./contract.ts";
import { refuseParamHeaders } from "./param_refusal.ts";
import {
  answerFast,
  asAboutTasks,
  asAboutTasksModern,
  asFastInSession,
  asFastModern,
  envelopeOf,
  type Envelopes,
  type FastRequest,
  isUsualInSession,
} from "./fast_path.ts";
import { createProfiles } from "./profiles.ts";
import { idOf, INTERNAL_ERROR, isPlainObject, rpcErrorResponse, SERVER_ERROR } from "./rpc.ts";
import { createHttpSse } from "./http_sse.ts";
import { createEventShelves } from "./sessions/events.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import type { CallFacts, CallFactsOf } from "./call_facts.ts";
import { createCallFacts } from "./collect_facts.ts";
import { buildServer } from "./server.ts";
import { paramsOf, speakingOf, withTask } from "./tasks/task_support.ts";
import { scopesNeeded } from "./tool_scopes.ts";
import type { Sessions } from "./sessions/held_sessions.ts";
import type { Presenter } from "./sessions/session_memory.ts";
import { isStateless, MODERN_REVISION, sessionRevisionsOf } from "./revisions.ts";
import { refuseHeaders, refuseMessage, refuseRepeatedId } from "./sessions/session_refusals.ts";
import { beginSession, endAfter, serveSession, type SessionDeps } from "./sessions/sessions.ts";
import { type Awaitable, followed } from "../runtime/awaitable.ts";
import { defined } from "../runtime/defined.ts";

/** How many envelopes are remembered, and how long one may be; there is one for each kind of client. */
const MAX_ENVELOPES = 1000;
const MAX_ENVELOPE_CHARACTERS = 2000;

const NO_HEADERS = {};

/** The options, with those that an endpoint can fill in. */
type DispatchOptions = McpOptions & Pick<Required<McpOptions>, "log"> & { readonly sessions: Sessions };

/** What all requests of one app share. */
interface Shared extends SessionDeps {
  readonly chance: McpOptions["chance"];
  readonly callFactsOf: CallFactsOf;
  /** The facts of requests that the SDK is serving. */
  readonly factsInSdk: WeakMap<Request, CallFacts>;
  readonly envelopes: Envelopes;
  readonly modern: McpHttpHandler;
  readonly listeners: Listeners;
  readonly sessionless: McpHttpHandler;
}

/** One request, its body parsed if it has one. */
interface Exchange extends Presenter {
  readonly request: Request;
  readonly body?: unknown;
}

/** Makes the endpoints themselves, with the SDK loaded. */
export function createDispatcher(options: DispatchOptions): McpDispatcher {
  const profiles = createProfiles(options.version);
  const shared = createShared(options);
  const { log, sessions, modern, sessionless, listeners } = shared;
  const changes = createChanges({ store: options.store, listeners, sessions });
  const handle: McpDispatcher["handle"] = async (request, call) => {
    sessions.sweep();
    if (request.method !== "POST" && request.method !== "GET" && request.method !== "DELETE") {
      const allow = "GET, POST, DELETE";
      return rpcErrorResponse(405, SERVER_ERROR, `Method not allowed: use ${allow}`, { headers: { allow } });
    }
    const read = request.method === "POST" ? await readJson(request) : { value: undefined };
    if (read instanceof Response) return read;
    const refusal = call.caller.refuseScope?.(scopesNeeded(read.value));
    if (refusal) return refusal;
    try {
      const begun = await changes.begun(call.sandbox.id, call.catalogue);
      const profile = profiles.of({ ...call, begun });
      const response = await route({ ...call, request: withUsualAccept(request), body: read.value, profile }, shared);
      await changes.answered(call, read.value, response);
      return call.policy.mcpAnswerForm === "events" ? await inEvents(response) : response;
    } catch (error) {
      if (error instanceof OAuthError) {
        return rpcErrorResponse(errorStatus(error), SERVER_ERROR, describeError(error), { id: idOf(read.value) });
      }
      log("An MCP request failed", error);
      return rpcErrorResponse(500, INTERNAL_ERROR, "Internal error", { id: idOf(read.value) });
    }
  };
  const sse = createHttpSse({ handle, chance: options.chance });

  return {
    expect: sessions.expect,
    handle,
    openSse: (opening) => Promise.resolve(sse.open(opening)),
    receive: sse.receive,
    endListening: listeners.close,
    announce: changes.announce,
    forget: sessions.forget,
    close: async () => {
      await Promise.all([sse.close(), sessions.close(), modern.close(), sessionless.close(), listeners.close()]);
    },
  };
}

function createShared(options: DispatchOptions): Shared {
  const { log, chance, keepAliveMs, sessions } = options;
  const factsInSdk = new WeakMap<Request, CallFacts>();
  const factsOf = (request: Request | undefined): CallFacts => {
    const facts = request && factsInSdk.get(request);
    if (!facts) throw new Error("The SDK gave back a request that it was not given");
    return facts;
  };
  const createModern = (maxSubscriptions: number): McpHttpHandler =>
    createMcpHandler(
      ({ requestInfo }) => buildServer(factsOf(requestInfo).profile, serverDeps),
      defined({ legacy: "reject", maxSubscriptions, keepAliveMs } as const),
    );
  const sessionless = createMcpHandler(({ requestInfo }) => {
    const { profile, policy } = factsOf(requestInfo);
    return buildServer(profile, serverDeps, sessionRevisionsOf(policy));
  }, { legacy: "stateless" });
  const listeners = createListeners({ createHandler: createModern });
  const serverDeps = { factsOf, log, announce: listeners.announce };
  return {
    ...serverDeps,
    chance,
    keepAliveMs,
    callFactsOf: createCallFacts(options),
    factsInSdk,
    envelopes: boundedMap(MAX_ENVELOPES),
    sessions,
    shelves: createEventShelves(),
    listeners,
    // It is never asked to let anyone listen.
    modern: createModern(0),
    sessionless,
  };
}

function route(exchange: Exchange, shared: Shared): Awaitable<Response> {
  const { policy } = exchange;
  if (sessionRevisionsOf(policy).length === 0) return statelessAlone(exchange, shared);
  if (exchange.mode === "minimal" || exchange.mode === "adder") return withoutSession(exchange, shared);
  const answered = routeByEra(exchange, shared);
  if (policy.endsSession !== "after") return answered;
  return followed(answered, (response) => endAfter(response, exchange, shared.sessions));
}

function routeByEra(exchange: Exchange, shared: Shared): Awaitable<Response> {
  const { request: { method, headers }, body, profile, policy } = exchange;
  if (!isStateless(policy)) return asOlderServer(exchange, shared);
  if (method === "POST") {
    const fast = asFastModern(body, headers, profile, shared.envelopes);
    if (fast) return answerModern(fast, exchange, shared);
    if (isUsualInSession(body, headers, profile)) return inSession({ reason: "no-claim" }, exchange, shared);
  }
  const found = classifyInboundRequest(classifiable(exchange));
  switch (found.kind) {
    case "legacy":
      return inSession(found, exchange, shared);
    case "modern":
      return stateless(found, exchange, shared);
    case "reject":
      // The SDK finds the same words again, and its way of saying them.
      return shared.modern.fetch(exchange.request, { parsedBody: exchange.body });
  }
}

/** Answers as a server that has no revision with sessions: the SDK refuses what is of those, and names what there is. */
async function statelessAlone(exchange: Exchange, shared: Shared): Promise<Response> {
  const found = classifyInboundRequest(classifiable(exchange));
  if (found.kind === "modern") return await stateless(found, exchange, shared);
  return await shared.modern.fetch(exchange.request, { parsedBody: exchange.body });
}

/** Answers as a server from before 2026-07-28, which knows nothing of that revision's headers and `_meta`. */
async function asOlderServer(exchange: Exchange, shared: Shared): Promise<Response> {
  const { request, body } = exchange;
  const found = classifyInboundRequest(defined({ httpMethod: request.method, body: withoutMeta(body) }));
  if (found.kind === "legacy") return await inSession(found, exchange, shared);
  return await shared.modern.fetch(request, { parsedBody: body });
}

function withoutMeta(body: unknown): unknown {
  if (!isPlainObject(body) || !isPlainObject(body.params)) return body;
  const { _meta: _ignored, ...params } = body.params;
  return { ...body, params };
}

async function inSession(
  { reason }: Pick<InboundLegacyRoute, "reason">,
  exchange: Exchange,
  shared: Shared,
): Promise<Response> {
  const { request, body, policy } = exchange;
  const { chance, log, sessions, factsInSdk, callFactsOf } = shared;
  if (policy.sessionIds === "none") return await withoutSession(exchange, shared);
  const supported = sessionRevisionsOf(policy);
  const isFirst = reason === "initialize" && !request.headers.has("mcp-session-id");
  if (isFirst) {
    return refuseHeaders(request, body, supported) ?? await beginSession(chance, exchange, sessions);
  }
  const session = await sessions.find(request, exchange, body);
  if (session instanceof Response) return session;
  const refusal = refuseHeaders(request, body, supported) ?? refuseMessage(reason, body, session.record.revision);
  if (refusal) return refusal;
  if (request.method === "DELETE") {
    await sessions.end(session);
    return new Response(null, { status: 200 });
  }
  // Nothing is under way that a notification could be about.
  if (reason === "notification" && !session.transport) return new Response(null, { status: 202 });
  const { revision, capabilities } = session.record;
  const facts = callFactsOf(exchange, ownerOfNotes(session.id), { revision, capabilities, params: paramsOf(body) });
  const aboutTasks = asAboutTasks(body, revision, exchange.profile);
  const fast = aboutTasks ?? (reason === "no-claim" ? asFastInSession(body, exchange.profile) : undefined);
  if (fast && !(exchange.policy.mcpAnswerForm === "events" && canBeResumed(fast, exchange.profile))) {
    // It is answered at once, so its id is not in use for long enough to be taken.
    if (session.requestIds.isAwaited(fast.id)) return refuseRepeatedId(fast.id, body);
    return await answerFast(fast, facts, { revision, headers: session.headers, log });
  }
  factsInSdk.set(request, facts);
  return await serveSession(session, exchange, shared);
}

async function withoutSession(
  exchange: Exchange,
  { factsInSdk, callFactsOf, sessionless, log }: Shared,
): Promise<Response> {
  const { request, body, caller, policy, profile } = exchange;
  const refusal = isStateless(policy) ? undefined : refuseHeaders(request, body, sessionRevisionsOf(policy));
  if (refusal) return refusal;
  const revision = request.headers.get("mcp-protocol-version") ?? "";
  const facts = callFactsOf(exchange, caller.owner, { revision, capabilities: {}, params: paramsOf(body) });
  const fast = asAboutTasks(body, revision, profile);
  if (fast) return await answerFast(fast, facts, { revision, headers: NO_HEADERS, log });
  factsInSdk.set(request, facts);
  return await sessionless.fetch(request, { parsedBody: body });
}

async function stateless(route: InboundModernRoute, exchange: Exchange, shared: Shared): Promise<Response> {
  const { request, profile, caller } = exchange;
  const { factsInSdk, modern, listeners, callFactsOf, envelopes } = shared;
  const refusal = refuseParamHeaders(route, request.headers, profile);
  if (refusal) return refusal;
  const { message } = route;
  remember(route, envelopes);
  const fast = asAboutTasksModern(message, request.headers, profile) ??
    asFastModern(message, request.headers, profile, envelopes);
  if (fast) return await answerModern(fast, exchange, shared);
  const facts = callFactsOf(exchange, caller.owner, speakingOf(message));
  factsInSdk.set(request, facts);
  const isListening = route.messageKind === "request" && message.method === "subscriptions/listen";
  if (isListening) return await listeners.listen(exchange.sandbox.name, request, message);
  const response = await modern.fetch(request, { parsedBody: message });
  return facts.call.tasks ? await withTask(response) : response;
}

function answerModern(fast: FastRequest, exchange: Exchange, { callFactsOf, log }: Shared): Awaitable<Response> {
  const facts = callFactsOf(exchange, exchange.caller.owner, speakingOf(exchange.body));
  return answerFast(fast, facts, { revision: MODERN_REVISION, headers: NO_HEADERS, log });
}

/** Remembers what the SDK's classifier has accepted. */
function remember({ messageKind, message }: InboundModernRoute, envelopes: Envelopes): void {
  const envelope = messageKind === "request" && message.params?._meta ? envelopeOf(message.params._meta) : undefined;
  if (envelope !== undefined && envelope.length <= MAX_ENVELOPE_CHARACTERS) envelopes.set(envelope, true);
}

/** Notes written in a session are visible only in that session. */
function ownerOfNotes(sessionId: string): string {
  return `session:${sessionId}`;
}

function classifiable({ request: { method, headers }, body }: Exchange): InboundHttpRequest {
  return defined({
    httpMethod: method,
    protocolVersionHeader: headers.get("mcp-protocol-version") ?? undefined,
    mcpMethodHeader: headers.get("mcp-method") ?? undefined,
    mcpNameHeader: headers.get("mcp-name") ?? undefined,
    body,
  });
}
