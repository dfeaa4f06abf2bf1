/**
 * The steps of one client, prepared for rules: what it spoke, what it had been told at each moment.
 *
 * @module
 */
import { digestOf } from "../recorder/redact/digests.ts";
import type {
  AuthorizationStep,
  CanaryStep,
  IconStep,
  McpStep,
  RegistrationStep,
  ResourceMetadataStep,
  ServerMetadataStep,
  Step,
  TokenStep,
} from "./step.ts";
import { addressOf, plainUrl, textOf } from "./reading.ts";
import { newestOffered, type Revision, revisionOf, settledVersions, spokenRevisions } from "./settled.ts";
import type { JsonObject } from "../http/json.ts";
import type { Limits } from "./limits.ts";

/** What a sandbox is, as far as a rule must know. */
export interface SandboxFacts {
  /** Whether all of its origin is recorded: of a sandbox below a path, requests to the root of the origin are not. */
  readonly hasOrigin: boolean;
  /** Digests of all access tokens that it is known to have issued. */
  readonly issued: ReadonlySet<string>;
  /** Whether its exchanges are known from the first one on. */
  readonly isWhole: boolean;
  /** Whether nothing at all is missing, not even of what is like what is there: only then is what is not there known not to be. */
  readonly isGapless: boolean;
  /** The position from which on nothing is missing: what fell off the record may have stood between those before. */
  readonly wholeFrom: number;
  /** The limits that rules go by where bytes do not decide. */
  readonly limits: Limits;
  /** The revision that clients are judged by, whatever they speak; undefined for the one that each speaks. */
  readonly judgedBy: Revision | undefined;
}

/** One client, as rules see it. */
export interface View extends SandboxFacts {
  /** The revision it is judged by: `judgedBy`, else the one it speaks; undefined if it has not shown. */
  readonly revision: Revision | undefined;
  /** The newest that it offered, by which it has logged in before it settled another; undefined if it offered none. */
  readonly offered: Revision | undefined;
  /** All that it speaks, by which rules on messages judge it; `judgedBy` alone, where that is given. */
  readonly spoken: ReadonlySet<Revision>;
  /** Everything it did, in order, but for fetching icons and canaries. */
  readonly steps: readonly Step[];
  /** The icons that it fetched. */
  readonly icons: readonly IconStep[];
  /** The canaries that it fetched, but for those that were named as icons. */
  readonly canaries: readonly CanaryStep[];
  readonly resourceMetadata: readonly ResourceMetadataStep[];
  readonly serverMetadata: readonly ServerMetadataStep[];
  readonly registrations: readonly RegistrationStep[];
  readonly authorizations: readonly AuthorizationStep[];
  readonly tokens: readonly TokenStep[];
  /** Requests to MCP servers. */
  readonly calls: readonly McpStep[];
  /** The revision that each of these has to name. */
  readonly settled: ReadonlyMap<McpStep, string>;
}

/**
 * Prepares the steps of a client.
 *
 * @param steps Its steps, in order.
 * @param sandbox Where they were made.
 */
export function createView(steps: readonly Step[], sandbox: SandboxFacts): View {
  const calls = steps.filter((step) => step.kind === "mcp");
  return {
    ...sandbox,
    revision: sandbox.judgedBy ?? revisionOf(calls),
    offered: sandbox.judgedBy ?? newestOffered(calls),
    spoken: sandbox.judgedBy === undefined ? spokenRevisions(calls) : new Set([sandbox.judgedBy]),
    steps: steps.filter((step) => step.kind !== "icon" && step.kind !== "canary"),
    icons: steps.filter((step) => step.kind === "icon"),
    canaries: steps.filter((step) => step.kind === "canary"),
    resourceMetadata: steps.filter((step) => step.kind === "resource_metadata"),
    serverMetadata: steps.filter((step) => step.kind === "server_metadata"),
    registrations: steps.filter((step) => step.kind === "registration"),
    authorizations: steps.filter((step) => step.kind === "authorization"),
    tokens: steps.filter((step) => step.kind === "token"),
    calls,
    settled: settledVersions(calls),
  };
}

const gapless = new WeakMap<View, readonly McpStep[]>();

/** The requests to MCP servers between and after which none is missing on record. */
export function gaplessCalls(view: View): readonly McpStep[] {
  const { calls, wholeFrom } = view;
  if (wholeFrom === 0) return calls;
  // What is worked out from a list of calls is kept for as long as the list.
  const found = gapless.get(view) ?? calls.filter(({ at }) => at >= wholeFrom);
  gapless.set(view, found);
  return found;
}

/** What a client's revision is to it, for a sentence. */
export function spokenOf({ revision, judgedBy }: View): string {
  return `${judgedBy === undefined ? "speaks" : "is judged by"} ${revision}`;
}

/** Whether a client was seen to be one of MCP; others, such as those of OpenID Connect, find their issuer in other ways. */
export function speaksMcp({ calls, resourceMetadata }: View): boolean {
  return calls.length + resourceMetadata.length > 0;
}

/** Whether what a client did first is known: what it read before the record was cleared, it need not read again. */
export function hasBeginning({ isWhole, registrations, calls: [first] }: View): boolean {
  return isWhole || registrations.length > 0 || (first?.status === 401 && first.token === undefined);
}

/** Sends a token that the sandbox is not known to have issued, and that it refuses. */
export function isForeignCall({ issued }: Pick<SandboxFacts, "issued">, step: Step): step is McpStep {
  return step.kind === "mcp" && step.token !== undefined && step.status === 401 && !issued.has(digestOf(step.token));
}

/**
 * Whether discovery failed in a sandbox below a path, or what it found there names another resource than was called, which a
 * client must not use (RFC 9728 3.3), and the client then logged in elsewhere: the root of the origin, which it tries next, is
 * another server, and what is done there is not on record here.
 */
export function wasLedToRoot(steps: readonly Step[], facts: Omit<SandboxFacts, "isWhole">): boolean {
  const foreign = facts.hasOrigin ? undefined : steps.find((step) => isForeignCall(facts, step));
  if (!foreign) return false;
  const before = steps.filter((step) => step.at < foreign.at);
  const called = new Set([foreign, ...before].filter(({ kind }) => kind === "mcp").map(({ address }) => address));
  return (["resource_metadata", "server_metadata"] as const).some((kind) => {
    const read = before.filter((step) => step.kind === kind);
    return read.length > 0 && read.every((step) => step.kind === kind && !isUsable(step, called));
  });
}

/** Whether a client can continue with metadata that it has read: that of a resource has to be of one that was called. */
function isUsable({ kind, document }: ResourceMetadataStep | ServerMetadataStep, called: ReadonlySet<string>): boolean {
  return document !== undefined &&
    (kind === "server_metadata" || called.has(plainUrl(textOf(document, "resource") ?? "")));
}

/**
 * Whether a client began on record: it registered, or was refused without a token, before it sent anything that it can have
 * had from before.
 */
export function beganOnRecord(steps: readonly Step[]): boolean {
  const used = steps.find((step) => step.kind === "token" || (step.kind === "mcp" && step.token !== undefined));
  if (used?.kind === "mcp" || (used?.kind === "token" && used.params.get("grant_type") === "refresh_token")) {
    return false;
  }
  return steps.some((step) =>
    step.at < (used?.at ?? Infinity) && (step.kind === "registration" || (step.kind === "mcp" && step.status === 401))
  );
}

/** The last authorization server metadata that a client had read before a step, preferably of the server it then used. */
export function metadataFor(view: View, { at, address }: Step): ServerMetadataStep | undefined {
  const read = view.serverMetadata.filter((step) => step.at < at && step.document !== undefined);
  return read.findLast(({ document }) => namesEndpoint(document, address)) ?? read.at(-1);
}

/** The last protected resource metadata that a client had read before a step. */
export function resourceFor({ resourceMetadata }: View, { at }: Step): ResourceMetadataStep | undefined {
  return resourceMetadata.findLast((step) => step.at < at && step.document !== undefined);
}

/** The token request that redeems the code of an authorization response, if there is one. */
export function tokenRequestFor({ tokens }: View, { answer }: AuthorizationStep): TokenStep | undefined {
  const code = answer?.get("code");
  return code === null || code === undefined ? undefined : tokens.find(({ params }) => params.get("code") === code);
}

/** The answer to a call that a client acted on when it asked for authorization: the last 401 or 403 before. */
export function challengeBefore({ calls }: View, { at }: Step): McpStep | undefined {
  return calls.findLast((call) => call.at < at && (call.status === 401 || call.status === 403));
}

/** Digests of the access tokens that steps have brought. */
export function issuedTokens(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.flatMap((step) => {
    const token = step.kind === "token" ? textOf(step.issued, "access_token") : undefined;
    return token === undefined ? [] : [digestOf(token)];
  }));
}

/** Registrations of which all that was sent is on record: of others, nobody knows what they lack. */
export function wholeRegistrations({ registrations }: View): readonly RegistrationStep[] {
  return registrations.filter(({ exchange }) => !exchange.request.truncated);
}

/** Whether metadata names an address as one of its endpoints. */
export function namesEndpoint(document: JsonObject | undefined, address: string): boolean {
  return Object.entries(document ?? {}).some(([member, value]) =>
    member.endsWith("_endpoint") && typeof value === "string" && addressOf(value) === address
  );
}
