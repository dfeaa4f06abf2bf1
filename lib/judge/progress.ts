// How far a client came: the stations on its way from the resource's metadata to the end of its session.
import { isOfDriver } from "../scenarios/guide.ts";
import { idOf } from "./proofs.ts";
import { isBrokenOff } from "./moments.ts";
import type { McpStep, Step, TokenStep } from "./step.ts";
import { rpcErrorOf, textOf } from "./reading.ts";
import type { View } from "./view.ts";

/** The stations, in the order in which a client passes them. */
export const stationNames = [
  "found_resource",
  "found_server",
  "registered",
  "authorized",
  "token",
  "connected",
  "listed",
  "called",
  "refreshed",
  "ended",
] as const;

/** One of {@link stationNames}. */
export type StationName = typeof stationNames[number];

/** A station on a client's way. */
export interface Station {
  readonly station: StationName;
  readonly reached: boolean;
  /** Sequence number of the exchange by which it was reached. */
  readonly at?: number;
}

/** Whether a client came as far as the scenario wants it to: no, yes, or too far. */
export type ReachOutcome = "short" | "reached" | "beyond";

/** How far a client came. */
export interface Progress {
  /** Those that there are for this client, in order. */
  readonly stations: readonly Station[];
  readonly outcome: ReachOutcome;
  /** How far it came, and if that is not as far as the scenario wants it to, what is missing and what to do. */
  readonly sentence: string;
}

/** What a client did at each station, and what it did not do. */
const words: Readonly<Record<StationName, readonly [did: string, doIt: string]>> = {
  found_resource: ["found the resource's metadata", "find the resource's metadata"],
  found_server: ["found the authorization server's metadata", "find the authorization server's metadata"],
  registered: ["got a client_id", "get a client_id"],
  authorized: ["was authorized", "get authorization"],
  token: ["got a token", "get a token"],
  connected: ["began to speak MCP", "begin to speak MCP"],
  listed: ["listed what the server has", "list what the server has"],
  called: ["made a call", "make a call"],
  refreshed: ["refreshed its token", "refresh its token"],
  ended: ["ended its session", "end its session"],
};

/** Methods that list what a server has. */
const listing = /^(?:tools|prompts|resources|resources\/templates)\/list$/;
/** Methods that make use of it. */
const calling: ReadonlySet<string> = new Set(["tools/call", "resources/read", "prompts/get"]);

/** Stations that a client may leave out on its way to the next. */
const optional: ReadonlySet<StationName> = new Set(["listed", "refreshed", "ended"]);

/** Whether an answer says that all is well. */
export function isGood({ status }: Step): boolean {
  return status >= 200 && status < 300;
}

/** Whether a call made use of what a server has, and was answered well, as far as the client can tell. */
export function isCall(call: McpStep): boolean {
  const isAside = call.sent.some(({ message }) => isOfDriver(message));
  return isGood(call) && calling.has(call.method ?? "") && !isAside && !isBrokenOff(call) &&
    rpcErrorOf(call) === undefined;
}

/** Whether a token request brought an access token, in whatever form. */
export function isIssued(step: TokenStep): boolean {
  return textOf(step.issued, "access_token") !== undefined ||
    (isGood(step) && /\baccess_token\b/.test(step.exchange.response.body ?? ""));
}

/** Whether a request asks for a token to be revoked (RFC 7009 2.1). */
export function isRevocation(step: Step): boolean {
  return step.kind === "other" && (step.exchange.route === "revoke" || step.params.has("token_type_hint"));
}

/**
 * The stations of a client: those of a login only where it needed one.
 *
 * @param view What it did.
 */
export function stationsOf(view: View): readonly Station[] {
  const { steps, calls, tokens, authorizations } = view;
  const reached: Readonly<Record<StationName, Step | undefined>> = {
    found_resource: view.resourceMetadata.find(({ document }) => document !== undefined),
    found_server: view.serverMetadata.find(({ document }) => document !== undefined),
    registered: steps.find((step) => step.kind === "registration" ? step.registered !== undefined : namesClient(step)),
    authorized: authorizations.find(({ answer }) => answer?.has("code")),
    token: tokens.find(isIssued),
    connected: calls.find(isGood),
    listed: calls.find((call) => isGood(call) && listing.test(call.method ?? "")),
    called: calls.find(isCall),
    refreshed: tokens.find((step) => isIssued(step) && step.params.get("grant_type") === "refresh_token"),
    ended: steps.find((step) => isGood(step) && (step.kind === "mcp" ? step.verb === "DELETE" : isRevocation(step))),
  };
  const has = absentStations(view, reached);
  return stationNames.filter((name) => reached[name] || !has(name)).map((station) => {
    const step = reached[station];
    return step ? { station, reached: true, at: step.exchange.sequence } : { station, reached: false };
  });
}

/** Tells which stations are not on the way of this client, so that nobody misses them. */
function absentStations(
  { steps, calls, tokens, authorizations, revision }: View,
  reached: Readonly<Record<StationName, Step | undefined>>,
): (name: StationName) => boolean {
  const needsLogin = steps.some((step) => step.kind !== "mcp" || step.status === 401);
  const isAlone = reached.token !== undefined && authorizations.length === 0;
  const canRefresh = tokens.some(({ issued, params }) =>
    textOf(issued, "refresh_token") !== undefined || params.get("grant_type") === "refresh_token"
  );
  const canEnd = calls.some(({ session }) => session !== undefined);
  return (name) => {
    switch (name) {
      case "found_resource":
        return !needsLogin || revision === "2025-03-26";
      case "found_server":
      case "registered":
      case "token":
        return !needsLogin;
      case "authorized":
        return !needsLogin || isAlone;
      case "refreshed":
        return !canRefresh;
      case "ended":
        return !canEnd;
      default:
        return false;
    }
  };
}

function namesClient(step: Step): boolean {
  return (step.kind === "authorization" || step.kind === "token") && idOf(step) !== undefined;
}

/**
 * How far a client came, as a sentence.
 *
 * @param ending Whether it should have gone on ("but did not …") or may have stopped ("and went no further").
 */
export function describeStations(stations: readonly Station[], ending: "but" | "and"): string {
  const last = stations.findLastIndex(({ station, reached }) => reached && !optional.has(station));
  const done = stations.filter(({ station, reached }, index) => reached && (index === last || optional.has(station)))
    .map(({ station }) => words[station][0]);
  const next = stations.find(({ station }, index) => index > last && !optional.has(station));
  if (done.length === 0) return next ? `It did not ${words[next.station][1]}` : "It did nothing that a client does";
  const did = done.join(", ").replace(/, ([^,]*)$/, " and $1");
  if (!next) return `It ${did}`;
  return ending === "and" ? `It ${did}, and went no further` : `It ${did}, but did not ${words[next.station][1]}`;
}
