/**
 * What a recording of another tool does not tell, and the rules that need it: they are not observed there, whatever it looks like.
 *
 * @module
 */
import {
  addressOf,
  challengeOf,
  formOf,
  isEventStream,
  listOf,
  messagesOf,
  parseObject,
  textOf,
} from "../judge/reading.ts";
import type { Report } from "../judge/report.ts";
import { decide, type Finding, sumUp } from "../judge/verdict.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import type { RuleId } from "../scenarios/vocabulary.ts";
import { filteredIn } from "./filtered.ts";
import { type Lack, lacking, lacks } from "./lacking.ts";
import type { Part } from "./parts.ts";
import type { Archive } from "./read_har.ts";
import { replacedLacks } from "./replaced_lacks.ts";
import { isWellKnown, metadataIn } from "./servers.ts";

/** What an archive lacks. */
export function lacksOf(
  archive: Archive,
  { exchanges, isUnsure, isShared = false }: Part,
  bare: ReadonlySet<Exchange>,
): readonly Lack[] {
  const hasCredentials = exchanges.some(({ request }) => headerOf(request, "authorization") !== undefined);
  const loggedInAt = exchanges.findIndex(({ response }) =>
    textOf(parseObject(response.body), "access_token") !== undefined
  );
  const isAccepted = ({ request, status }: Exchange): boolean =>
    (status < 300 || status === 403) && messagesOf(request)[0]?.jsonrpc !== undefined;
  const refused = exchanges.find((exchange) => exchange.status === 401 && isCall(exchange));
  const hasUsedIt = (loggedInAt >= 0 && exchanges.slice(loggedInAt).some(isAccepted)) ||
    exchanges.some((exchange) => exchange.url === refused?.url && isAccepted(exchange));
  const streams = exchanges.filter(({ response }) => isEventStream(response));
  const calls = exchanges.filter(({ route }) => route === "oauth_post");
  const answered = calls.filter(({ status }) => status === 200);
  const found: Readonly<Partial<Record<Lack, boolean>>> = {
    ...filteredIn(exchanges),
    credentials: hasUsedIt && !hasCredentials,
    event_times: streams.some(hasUntimed),
    stream_ends: streams.some(({ stream }) => stream?.endedBy === "cut"),
    metadata: hasUntoldMetadata(archive, exchanges),
    cached_headers: archive.hasCached,
    request_headers: calls.some((call) => bare.has(call)),
    login_bodies: hasUntoldLogin(exchanges),
    login_answers: exchanges.some(isUntoldRegistration),
    call_bodies: areUntold(calls),
    token_answers: exchanges.some((one) => isAnswerLeftOut(one) && formOf(one).has("grant_type")),
    call_answers: answered.length > 0 && answered.every(isAnswerLeftOut),
    // A stream may have broken off before it said anything.
    some_answers: answered.some((one) => !isEventStream(one.response) && isAnswerLeftOut(one)),
    own_logins: isUnsure,
    own_registrations: hasUsedIt && !hasCredentials && exchanges.filter(hasRegistered).length > 1,
    own_metadata: isShared,
  };
  const replaced: ReadonlySet<Lack> = new Set(
    exchanges.flatMap(({ sequence }) => [...archive.replaced.get(sequence) ?? []]),
  );
  return lacks.filter((lack) => found[lack] || replaced.has(lack));
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
    if (!isSentUntold(exchange)) return false;
    const answer = parseObject(exchange.response.body);
    return endpoints.has(addressOf(exchange.url)) || ANSWERED.some((name) => textOf(answer, name) !== undefined);
  });
}

/** Whether an answer had a body, and nothing of it is on record. */
function isAnswerLeftOut({ response }: Exchange): boolean {
  return response.truncated && !response.body;
}

/** Whether a client has registered, and what it was given is not on record. */
function isUntoldRegistration(exchange: Exchange): boolean {
  const { status, request } = exchange;
  return status >= 200 && status < 300 && isAnswerLeftOut(exchange) &&
    listOf(parseObject(request.body), "redirect_uris") !== undefined;
}

/** Endpoints of an authorization server that tell a client's step by its body. */
const ENDPOINTS = ["registration", "token", "pushed_authorization_request"] as const;
/** What is in the answer of one of these. */
const ANSWERED = ["access_token", "client_id", "request_uri"] as const;

/** Whether a request had a body, and not all of it is on record. */
function isSentUntold({ method, request }: Exchange): boolean {
  return method === "POST" && request.truncated;
}

/** Whether nothing is on record of what calls said, or nothing that tells which revision they are of. */
function areUntold(calls: readonly Exchange[]): boolean {
  const told = calls.filter((call) => !isSentUntold(call));
  return told.length < calls.length &&
    told.every(({ request }) =>
      headerOf(request, "mcp-protocol-version") === undefined && messagesOf(request)[0]?.method !== "initialize"
    );
}

/** What is lacking of one client, beside what is of all. */
function lacksOfClient(exchanges: readonly Exchange[], hasBegun: boolean): readonly Lack[] {
  const has = (is: (exchange: Exchange) => boolean): boolean => exchanges.some(is);
  // What led it to log in; before that, some servers let it in.
  const began = exchanges.findIndex((exchange) => !isCall(exchange));
  const refused = exchanges.slice(0, began < 0 ? undefined : began).find(({ status }) => status === 401);
  const isRefused = refused !== undefined;
  const isFirstLogin = isRefused && headerOf(refused.request, "authorization") === undefined && has(hasRegistered) &&
    // A recording of POSTs alone has no metadata.
    has(({ method, route }) => method === "GET" && route !== "oauth_get");
  const hasAuthorized = has(({ route }) => route === "authorize");
  const found: Readonly<Partial<Record<Lack, boolean>>> = {
    beginning: !hasBegun && !isRefused,
    first_login: !hasBegun && !isFirstLogin,
    authorizations: !hasAuthorized,
    logins: !hasAuthorized && !has((exchange) => formOf(exchange).get("grant_type") === "authorization_code"),
    refusals: !hasBegun && !has(({ status }) => status === 401),
    open_streams: !has(({ method, response }) => method === "GET" && isEventStream(response) && !!response.body) &&
      hasUnasked(exchanges),
  };
  return lacks.filter((lack) => found[lack]);
}

function isCall({ route = "" }: Exchange): boolean {
  return ["oauth_post", "oauth_get", "oauth_messages"].includes(route);
}

/** Whether a client has answered more than servers have asked on record. */
function hasUnasked(exchanges: readonly Exchange[]): boolean {
  const calls = exchanges.filter(isCall);
  const asked = calls.flatMap(({ response }) => messagesOf(response)).filter(({ method, id }) =>
    method !== undefined && id !== undefined
  );
  const answers = calls.flatMap(({ request }) => messagesOf(request)).filter(({ method, id }) =>
    method === undefined && id !== undefined
  );
  return answers.length > asked.length;
}

function hasRegistered({ method, status, response }: Exchange): boolean {
  return method === "POST" && status < 300 && textOf(parseObject(response.body), "client_id") !== undefined;
}

/** What is asked of who let a client go on here. */
const AGAIN = "and ask for the report again";
/** What hides how far a client came. */
const HIDING: ReadonlySet<Lack> = new Set(["request_headers", "call_bodies", "call_answers", "login_bodies"]);
/** What tools leave out: it is said even if no rule needed it, as a setting of the tool may bring it back. */
const LEFT_OUT: ReadonlySet<Lack> = new Set([
  ...HIDING,
  "credentials",
  "metadata",
  "login_answers",
  "token_answers",
  ...replacedLacks,
]);

/** What rules are held against. */
interface Judged {
  readonly report: Report;
  readonly exchanges: readonly Exchange[];
  /** What may have been of interest, and was not answered. */
  readonly gaps: Archive["unreadable"];
  /** Those without the headers of their requests. */
  readonly bare: ReadonlySet<Exchange>;
  /** Whether the clients had done nothing before. */
  readonly isWhole: boolean;
}

/** A report in which no rule is judged that needs what is lacking. */
export function withoutLacking({ report, exchanges, gaps, bare, isWhole }: Judged, missing: readonly Lack[]): Report {
  const bySequence = new Map(exchanges.map((exchange) => [exchange.sequence, exchange] as const));
  const isGapIn = createGaps(gaps);
  const left = missing.filter((lack) => LEFT_OUT.has(lack));
  const clients = report.clients.map((client) => {
    const own = client.exchanges.flatMap((sequence) => bySequence.get(sequence) ?? []);
    const lacked = [...missing, ...lacksOfClient(own, isWhole && gaps.length === 0)];
    const findings = client.findings.map((finding) => {
      const shown = finding.evidence.flatMap((sequence) => bySequence.get(sequence) ?? []);
      const around: readonly Lack[] = [
        ...finding.status === "broken" && isGapIn(shown) ? ["between" as const] : [],
        ...isTaken(shown.at(-1)) ? ["accepted" as const] : [],
        ...shown.some((exchange) => bare.has(exchange)) ? ["own_headers" as const] : [],
        ...shown.length > 0 && shown.at(-1) === own.at(-1) ? ["end" as const] : [],
      ];
      const detail = reasonFor(finding, [...lacked, ...around]);
      if (detail === undefined) return finding;
      const { message: _, ...rest } = finding;
      return { ...rest, status: "not observed" as const, evidence: [], detail };
    });
    const progress = { ...client.progress, sentence: client.progress.sentence.replace(AGAIN, "and record it again") };
    const outcome = decide(findings, progress);
    const hiding = outcome.verdict === "incomplete" ? missing.find((lack) => HIDING.has(lack)) : undefined;
    return {
      ...client,
      progress,
      findings,
      ...outcome,
      ...(hiding ? { reason: `${lacking[hiding].reason}, so that it does not show how far it came` } : {}),
      ...(left.length === 0 ? {} : { unseen: left.map((lack) => lacking[lack].reason) }),
    };
  });
  return { ...report, clients, ...sumUp(clients) };
}

/** Whether a server gave a token for it. */
function isTaken(exchange: Exchange | undefined): boolean {
  return exchange !== undefined && exchange.status < 300 && formOf(exchange).has("grant_type");
}

function reasonFor({ rule, status }: Finding, missing: readonly Lack[]): string | undefined {
  return missing.map((lack) => lacking[lack]).find(
    ({ rules, isOfBroken = false, seenBroken = [], unseenKept = [] }) => {
      const has = (ids: readonly RuleId[]): boolean => ids.some((id) => id === rule);
      if (status === "kept" && has(unseenKept)) return true;
      return !(status === "broken" ? has(seenBroken) : isOfBroken) && has(rules);
    },
  )?.reason;
}

/** Tells whether something is missing between the first and the last of exchanges. */
function createGaps(gaps: Archive["unreadable"]): (shown: readonly Exchange[]) => boolean {
  const timed = gaps.flatMap(({ startedAtMs }) => startedAtMs ?? []).sort((one, other) => one - other);
  const untimed = gaps.flatMap(({ number, startedAtMs }) => startedAtMs === undefined ? [number] : []);
  const hasOne = (sorted: readonly number[], from: number, to: number): boolean =>
    (sorted[firstFrom(sorted, from)] ?? Infinity) <= to;
  return (shown) => {
    const [first, last] = [shown[0], shown.at(-1)];
    if (!first || !last || first === last) return false;
    const [from, to] = [Math.min(first.sequence, last.sequence), Math.max(first.sequence, last.sequence)];
    return hasOne(timed, first.receivedAtMs, last.receivedAtMs) || hasOne(untimed, from, to);
  };
}

/** Where the first of sorted numbers stands that is not below another. */
function firstFrom(sorted: readonly number[], from: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
