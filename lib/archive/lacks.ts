/**
 * What a recording of another tool does not tell, and the rules that need it: they are not observed there, whatever it looks like.
 *
 * @module
 */
import { addressOf, challengeOf, isEventStream, listOf, messagesOf, parseObject, textOf } from "../judge/reading.ts";
import type { Report } from "../judge/report.ts";
import { decide, type Finding, sumUp } from "../judge/verdict.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import { type RuleId, ruleIds } from "../scenarios/vocabulary.ts";
import type { Part } from "./parts.ts";
import type { Archive } from "./read_har.ts";
import { isWellKnown, metadataIn } from "./servers.ts";

const lacks = [
  "credentials",
  "event_times",
  "stream_ends",
  "metadata",
  "cached_headers",
  "request_headers",
  "login_bodies",
  "login_answers",
  "call_bodies",
  "own_logins",
] as const;

/** Something that a recording lacks. */
export type Lack = typeof lacks[number];

/** What is said of rules that need it. */
interface Lacking {
  readonly reason: string;
  readonly rules: readonly RuleId[];
  /** Whether what was seen to be kept was kept all the same; false if not given. */
  readonly isOfBroken?: boolean;
  /** Those of them that are broken by what is seen rather than by what is not. */
  readonly seenBroken?: readonly RuleId[];
}

/** What is said of a rule that needs it, and which these are. */
export const lacking: Readonly<Record<Lack, Lacking>> = {
  credentials: {
    reason:
      "The recording has no Authorization header at all: its tool has left them out, as DevTools does unless told otherwise",
    rules: [
      "C20",
      "C22",
      "C23",
      "C24",
      "C33",
      "C34",
      "C36",
      "C37",
      "C38",
      "C41",
      "C43",
      "C44",
      "M12",
      "M131",
      "M137",
      "M157",
    ],
    seenBroken: ["C23"],
  },
  event_times: {
    reason: "The recording does not tell when the events of its streams came",
    rules: ["M112", "M131", "M138", "M148"],
  },
  stream_ends: {
    reason: "The recording does not tell who ended its streams",
    rules: ["M53", "M115", "M117"],
  },
  metadata: {
    reason: "The recording does not tell what some of the metadata said that its clients asked for",
    isOfBroken: true,
    rules: [
      "C1",
      "C2",
      "C3",
      "C4",
      "C5",
      "C6",
      "C10",
      "C12",
      "C13",
      "C14",
      "C17",
      "C18",
      "C21",
      "C25",
      "C26",
      "C27",
      "C28",
      "C29",
      "C31",
      "C37",
      "C39",
      "C41",
      "C43",
    ],
  },
  cached_headers: {
    reason: "Some metadata came from a cache, so that nothing tells what its clients would have sent for it",
    isOfBroken: true,
    rules: ["C31", "C43"],
  },
  // What a request is, and which revision it is of, is told by its headers and its body.
  request_headers: {
    reason: "Its requests have no headers at all: its tool has left them out",
    isOfBroken: true,
    rules: ruleIds,
  },
  login_bodies: {
    reason: "The recording does not tell what some requests to an authorization server said",
    isOfBroken: true,
    rules: ruleIds.filter((id) => id.startsWith("C")),
  },
  login_answers: {
    reason: "The recording does not tell what some registrations were answered with",
    rules: ["C9", "C29"],
  },
  call_bodies: {
    reason: "Its requests to MCP servers have no bodies: its tool has left them out",
    isOfBroken: true,
    rules: ruleIds,
  },
  own_logins: {
    reason: "Nothing tells for which of several MCP servers its client logged in",
    isOfBroken: true,
    rules: ruleIds.filter((id) => id.startsWith("C")),
  },
};

/** What an archive lacks. */
export function lacksOf(archive: Archive, { exchanges, isUnsure }: Part): readonly Lack[] {
  if (archive.isOwn) return [];
  const hasCredentials = exchanges.some(({ request }) => headerOf(request, "authorization") !== undefined);
  const loggedInAt = exchanges.findIndex(({ response }) =>
    textOf(parseObject(response.body), "access_token") !== undefined
  );
  const hasUsedIt = loggedInAt >= 0 &&
    exchanges.slice(loggedInAt).some(({ request }) => messagesOf(request)[0]?.jsonrpc !== undefined);
  const streams = exchanges.filter(({ response }) => isEventStream(response));
  const calls = exchanges.filter(({ route }) => route === "oauth_post");
  const found: Readonly<Record<Lack, boolean>> = {
    credentials: hasUsedIt && !hasCredentials,
    event_times: streams.some(hasUntimed),
    stream_ends: streams.some(({ stream }) => stream?.endedBy === "cut"),
    metadata: hasUntoldMetadata(archive, exchanges),
    cached_headers: archive.hasCached,
    request_headers: calls.some(({ request }) => request.headers.every(([name]) => name === "content-type")),
    login_bodies: hasUntoldLogin(exchanges),
    login_answers: exchanges.some(isUntoldRegistration),
    call_bodies: calls.length > 0 && calls.every(isSentLeftOut),
    own_logins: isUnsure,
  };
  return lacks.filter((lack) => found[lack]);
}

/** Whether a stream has brought more than an answer at its end. */
function hasUntimed({ method, response }: Exchange): boolean {
  return messagesOf(response).length > (method === "POST" ? 1 : 0);
}

/** Whether metadata was asked for, and what came is not on record: it may have said anything, or there was none. */
function hasUntoldMetadata({ unreadable }: Archive, exchanges: readonly Exchange[]): boolean {
  const named = new Set(
    exchanges.flatMap((exchange) => challengeOf(exchange)?.get("resource_metadata") ?? []).map(addressOf),
  );
  const isAsked = (url: string): boolean => isWellKnown(url) || named.has(addressOf(url));
  return unreadable.some(({ address }) => address !== undefined && isAsked(address)) ||
    exchanges.some(({ method, url, status, response }) => {
      const isFound = (status >= 200 && status < 300) || status === 304;
      return method === "GET" && isFound && isAsked(url) && (!response.body || response.truncated);
    });
}

/** Whether a client has registered, or asked for a token, and what it said is not on record. */
function hasUntoldLogin(exchanges: readonly Exchange[]): boolean {
  const found = exchanges.flatMap((exchange) => metadataIn(exchange) ?? []);
  const endpoints = new Set(
    found.flatMap(({ document }) =>
      ENDPOINTS.flatMap((name) => textOf(document, `${name}_endpoint`) ?? []).map(addressOf)
    ),
  );
  return exchanges.some((exchange) => {
    if (!isSentLeftOut(exchange)) return false;
    const answer = parseObject(exchange.response.body);
    return endpoints.has(addressOf(exchange.url)) || ANSWERED.some((name) => textOf(answer, name) !== undefined);
  });
}

/** Whether a client has registered, and what it was given is not on record. */
function isUntoldRegistration({ status, request, response }: Exchange): boolean {
  const isAnswered = !response.truncated || Boolean(response.body);
  return status >= 200 && status < 300 && !isAnswered &&
    listOf(parseObject(request.body), "redirect_uris") !== undefined;
}

/** Endpoints of an authorization server that tell a client's step by its body. */
const ENDPOINTS = ["registration", "token", "pushed_authorization_request"] as const;
/** What is in the answer of one of these. */
const ANSWERED = ["access_token", "client_id", "request_uri"] as const;

/** Whether a request had a body, and nothing of it is on record. */
function isSentLeftOut({ method, request }: Exchange): boolean {
  return method === "POST" && request.truncated && !request.body;
}

/** A report in which no rule is judged that needs what is lacking. */
export function withoutLacking(report: Report, missing: readonly Lack[]): Report {
  if (missing.length === 0) return report;
  const reasonFor = ({ rule, status }: Finding): string | undefined =>
    missing.map((lack) => lacking[lack]).find(({ rules, isOfBroken = false, seenBroken = [] }) => {
      const isLeft = status === "broken" ? seenBroken.some((id) => id === rule) : isOfBroken;
      return !isLeft && rules.some((id) => id === rule);
    })?.reason;
  const clients = report.clients.map((client) => {
    const findings = client.findings.map((finding) => {
      const detail = reasonFor(finding);
      if (detail === undefined) return finding;
      const { message: _, ...rest } = finding;
      return { ...rest, status: "not observed" as const, evidence: [], detail };
    });
    return { ...client, findings, ...decide(findings, client.progress) };
  });
  return { ...report, clients, ...sumUp(clients) };
}
