// Whether a client came as far as a scenario wants it to, and stopped where it has to. Where what it did cannot be told
// from what it may do, it has not gone too far.
import { digestOf } from "../recorder/redact/digests.ts";
import type { Reach, ReachName, RuleId } from "../scenarios/vocabulary.ts";
import { describeDeadEnd, describeLastRefusal, describeLostSession } from "./ending.ts";
import { describeStations, isCall, isGood, isIssued, isRevocation, type Progress, stationsOf } from "./progress.ts";
import { textOf } from "./reading.ts";
import { idOf } from "./proofs.ts";
import type { Rule, Status } from "./rules/rule.ts";
import { offersOf, type Revision } from "./settled.ts";
import type { McpStep } from "./step.ts";
import { spokenOf, type View } from "./view.ts";

/** What a scenario is about, and what became of it. */
export interface ScenarioFacts {
  readonly find: (id: RuleId) => Rule | undefined;
  readonly statusOf: (id: RuleId) => Status | undefined;
  /** Revisions of MCP that the scenario is for, oldest first; empty for all. */
  readonly revisions: readonly Revision[];
}

/** What is missing, and what to do about it. */
type Missing = readonly [missing: string, toDo: string];

/**
 * How far a client came.
 *
 * @param view What it did.
 * @param reach How far it has to come.
 */
export function progressOf(view: View, reach: Reach, facts: ScenarioFacts): Progress {
  const stations = stationsOf(view);
  const way = describeStations(stations, "but");
  const { revisions } = facts;
  const isForOthers = revisions.length > 0 && speaksNone(view, revisions);
  const others = `The scenario is for clients of ${revisions.join(" and ")}, and this one ${spokenOf(view)}`;
  if (isTooOld(view, revisions) || isTooNew(view, revisions)) {
    return { stations, outcome: "short", sentence: `${describeStations(stations, "and")}. ${others}` };
  }
  const beyond = typeof reach === "string" ? undefined : beyondSentence(view, reach, facts);
  if (beyond !== undefined) return { stations, outcome: "beyond", sentence: `${way}. ${beyond}` };
  const missing = typeof reach === "string" ? missingFor[reach](view) : missingForStop(view, reach, facts);
  if (!missing) return { stations, outcome: "reached", sentence: describeStations(stations, "and") };
  const [what, toDo] = isForOthers ? [others, ""] : missing;
  return { stations, outcome: "short", sentence: [way, what, toDo].filter(Boolean).join(". ") };
}

/** Whether a client speaks none of some revisions, and has offered none of them either. */
function speaksNone({ calls, revision, judgedBy }: View, revisions: readonly string[]): boolean {
  return revision !== undefined &&
    ![revision, ...judgedBy === undefined ? offersOf(calls) : []].some((spoken) => revisions.includes(spoken));
}

/** Whether a scenario is for clients of later revisions alone; one that has to step back to an older revision speaks both. */
export function isTooOld({ calls, revision, judgedBy }: View, [oldest]: readonly Revision[]): boolean {
  return oldest !== undefined && revision !== undefined &&
    [revision, ...judgedBy === undefined ? offersOf(calls) : []].every((spoken) => spoken < oldest);
}

/** Whether a scenario is for clients of earlier revisions alone; one that has offered one of these, too, speaks both. */
export function isTooNew({ calls, revision, judgedBy }: View, revisions: readonly Revision[]): boolean {
  const newest = revisions.at(-1);
  return newest !== undefined && revision !== undefined &&
    [revision, ...judgedBy === undefined ? offersOf(calls) : []].every((spoken) => spoken > newest);
}

const missingFor: Readonly<Record<ReachName, (view: View) => Missing | undefined>> = {
  // What is missing is what the way ends with.
  call: (view) =>
    view.calls.some(isCall)
      ? missingSince(view)
      : [describeLastRefusal(view) ?? "", `${adviceFor(view)}, and ask for the report again`],
  call_after_refusal: ({ calls }) => {
    // The refusal of a stream, or of an end, need not concern a client.
    const refused = calls.findLastIndex(({ verb, token, status }) =>
      verb === "POST" && token !== undefined && status >= 400
    );
    if (refused < 0) return ["No request with its token was refused yet", "Let it make several calls"];
    return calls.slice(refused).some(isCall)
      ? undefined
      : ["It made no call that succeeded after one was refused", "Let it go on, and make another call"];
  },
  call_after_expiry: (view) => {
    const { isDue, isDone } = renewalOf(view);
    if (isDone) return missingSince(view);
    return isDue
      ? ["Its token expired or was refused, and no request with a new one succeeded", "Let it go on"]
      : ["It sent nothing after its token had expired", moveClock(view)];
  },
  expiry: (view) =>
    renewalOf(view).isDue ? undefined : ["It sent nothing after its token had expired", moveClock(view)],
  discovery: ({ resourceMetadata, serverMetadata }) =>
    resourceMetadata.length + serverMetadata.length > 0
      ? undefined
      : ["It requested no metadata", "Give it the URL of the MCP server, and let it connect"],
  registration: ({ registrations, authorizations, tokens }) =>
    registrations.length + authorizations.length + tokens.length > 0
      ? undefined
      : ["It did not ask to be registered", "Let it connect"],
  authorization: ({ authorizations, tokens }) =>
    authorizations.length + tokens.length > 0
      ? undefined
      : ["It did not ask for authorization", "Let it connect, and log in"],
  token: ({ tokens }) => tokens.length > 0 ? undefined : ["It did not ask for a token", "Let it connect, and log in"],
  connection: ({ calls }) =>
    calls.some(({ status }) => status !== 401 && status !== 403)
      ? undefined
      : ["It did not get through to the MCP server", "Let it connect, and log in"],
  logout: ({ steps }) =>
    steps.some(isRevocation)
      ? undefined
      : ["It did not ask for its token to be revoked", "Let it log out, if it can revoke tokens"],
};

/** What to do about a client that made no call. */
function adviceFor({ steps, serverMetadata }: View): string {
  const document = serverMetadata.findLast((step) => step.document !== undefined)?.document;
  const canRegister = document?.registration_endpoint !== undefined ||
    document?.client_id_metadata_document_supported === true;
  return document === undefined || canRegister || steps.some((step) => idOf(step) !== undefined)
    ? "Let it make a call"
    : "Nobody can register here: give it the client_id of a client in GET /control/clients, let it make a call";
}

/** What is missing of a client that had come far enough, and gets nowhere since. */
function missingSince(view: View): Missing | undefined {
  const end = describeDeadEnd(view) ?? describeLostSession(view);
  return end === undefined ? undefined : [end, "Let it go on until a call succeeds, and ask for the report again"];
}

function missingForStop(view: View, reach: Stop, { find, statusOf }: ScenarioFacts): Missing | undefined {
  const { calls, authorizations, resourceMetadata, serverMetadata } = view;
  if ("gives_up_within" in reach) {
    return calls.some(({ token, status }) => token !== undefined && status >= 400)
      ? undefined
      : ["No request with its token was refused yet", "Let it log in, and make a call"];
  }
  const { refuses_before: step, rule: id } = reach;
  // What the rule could see was right, and what the client went on with may be what it has to refuse, sent elsewhere.
  if (id !== undefined && find(id) && statusOf(id) === "kept" && wentOn(view, step)) {
    return [`It went on to ${placeOf(step)}, and nothing shows whether it stopped where it has to (${id})`, ""];
  }
  if (step === "authorization") {
    return resourceMetadata.length + serverMetadata.length > 0
      ? undefined
      : ["It did not ask for the metadata that it has to refuse", "Let it connect"];
  }
  return authorizations.some(({ answer, status }) => answer !== undefined || status >= 400)
    ? undefined
    : ["It did not get the response that it has to refuse", "Let it log in"];
}

type Stop = Exclude<Reach, string>;

/** What it did though it had to stop, as a sentence. */
function beyondSentence(view: View, reach: Stop, { find, statusOf }: ScenarioFacts): string | undefined {
  if ("gives_up_within" in reach) {
    const logins = view.authorizations.filter(({ answer }) => answer?.has("code")).length +
      view.tokens.filter(({ params }) => params.get("grant_type") === "client_credentials").length;
    const most = reach.gives_up_within;
    if (logins > most) return `It logged in ${logins} times, and has to give up after ${most}`;
    const renewals = view.tokens.filter((token) =>
      isIssued(token) && token.params.get("grant_type") === "refresh_token"
    );
    return renewals.length <= most
      ? undefined
      : `It refreshed its token ${renewals.length} times, and has to give up after ${most}`;
  }
  const { refuses_before: step, rule: id } = reach;
  const rule = id === undefined ? undefined : find(id);
  const isLaw = !rule || view.revision === undefined || rule.revisions.includes(view.revision);
  if (!isLaw || !wentOn(view, step) || (rule && statusOf(rule.id) === "kept")) return undefined;
  return `It went on to ${placeOf(step)}, where it has to stop${rule ? ` (${rule.id})` : ""}`;
}

function wentOn({ authorizations, tokens }: View, step: "authorization" | "token"): boolean {
  return step === "authorization"
    ? authorizations.length + tokens.length > 0
    : tokens.some(({ params }) => params.get("grant_type") === "authorization_code");
}

function placeOf(step: "authorization" | "token"): string {
  return step === "authorization" ? "authorization" : "the token endpoint";
}

/** What became of the tokens that a client got. */
interface Renewal {
  /** Whether one expired or was refused, or the client refreshed before that. */
  readonly isDue: boolean;
  /** Whether a request succeeded with a token that came after that. */
  readonly isDone: boolean;
}

function renewalOf({ steps }: View): Renewal {
  /** Whether each token replaced one that was due. */
  const renewing = new Map<string, boolean>();
  let earliestEndMs = Infinity;
  let isDue = false;
  let isDone = false;
  for (const step of steps) {
    isDue ||= step.exchange.startedAtMs >= earliestEndMs;
    if (step.kind === "token") {
      isDue ||= step.params.get("grant_type") === "refresh_token";
      const token = textOf(step.issued, "access_token");
      if (token === undefined) continue;
      renewing.set(digestOf(token), isDue);
      const seconds = Number(step.issued?.expires_in ?? Infinity);
      const endMs = step.exchange.startedAtMs + seconds * 1000;
      if (endMs < earliestEndMs) earliestEndMs = endMs;
    } else if (step.kind === "mcp" && step.token !== undefined) {
      const isRenewing = renewing.get(digestOf(step.token));
      isDue ||= isRenewing !== undefined && isRefused(step);
      isDone ||= isRenewing === true && isGood(step);
    }
  }
  return { isDue, isDone };
}

/** A refusal for want of scope says nothing of a token's age. */
function isRefused({ status, challenge }: McpStep): boolean {
  return status === 401 || (status === 403 && challenge?.get("error") !== "insufficient_scope");
}

function moveClock({ tokens }: View): string {
  const seconds = Number(tokens.findLast(isIssued)?.issued?.expires_in);
  const life = seconds > 0 && seconds <= 7 * 24 * 60 * 60 ? seconds : 60;
  return `Move the clock with POST /control/clock {"advance_seconds":${life + 1}}, and let it make another call`;
}
