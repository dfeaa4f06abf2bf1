/**
 * How far a client is in the script of a scenario, as its requests show. Much of what a script says shows in none: that a client
 * waits, or takes what it has from a cache. So a request is taken for the next step that it can be, as long as all before that
 * can have been done without one.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import type { Exchange } from "../recorder/exchange.ts";
import type { Sliced } from "../runtime/slices.ts";
import type { DrivenCall, DriverStep } from "../scenarios/driver_step.ts";
import { ECHO_TOOL, REPORT_TOOL } from "../scenarios/reporting_tools.ts";
import { HAVE_READ } from "../scenarios/vocabulary.ts";
import { eraOf } from "./conversation.ts";
import { groupByClient } from "./group.ts";
import { endOf } from "./moments.ts";
import { textOf } from "./reading.ts";
import { digestOf } from "../recorder/redact/digests.ts";
import type { McpStep, Step } from "./step.ts";
import { readingSteps } from "./steps.ts";

/** Whose steps are looked for. */
export interface CallingClient {
  /** Digests of what it has brought that only it has: its token, its session. */
  readonly proofs: ReadonlySet<string>;
  /** Whether the sandbox has a label. */
  readonly isLabelled: boolean;
}

/**
 * Counts the steps of a script that a client has done.
 *
 * @param exchanges All of its sandbox, in the order they began.
 * @returns Undefined where there are several clients, and which of them calls cannot be told.
 */
export function* countingSteps(
  script: readonly DriverStep[],
  exchanges: readonly Exchange[],
  { proofs, isLabelled }: CallingClient,
): Sliced<number | undefined> {
  const steps = yield* readingSteps(exchanges);
  const clients = groupByClient(steps, { isLabelled }).filter(({ standing }) => standing === "client");
  const caller = clients.find((client) => client.steps.some((step) => proves(step, proofs))) ??
    (clients.length <= 1 ? { steps: clients[0]?.steps ?? [] } : undefined);
  return caller && countDone(script, caller.steps.filter((step) => step.kind === "mcp"));
}

function proves(step: Step, proofs: ReadonlySet<string>): boolean {
  if (step.kind !== "mcp") return false;
  const { token, session } = step;
  return (token !== undefined && proofs.has(digestOf(token))) || (session !== undefined && proofs.has(session));
}

/** One thing that a client did. */
interface Deed {
  readonly step: McpStep;
  /** The steps of scripts that it can be. */
  readonly kinds: ReadonlySet<DriverStep["do"]>;
  readonly params: JsonObject;
  /** Whether it needs no handshake, so that a client that is started again does not show. */
  readonly isStateless: boolean;
}

const kindsOf: Readonly<Record<string, readonly DriverStep["do"][]>> = {
  initialize: ["connect"],
  "server/discover": ["connect"],
  "subscriptions/listen": ["listen"],
  "tools/list": ["list_tools"],
  "resources/list": ["list_resources"],
  "resources/templates/list": ["list_resource_templates"],
  "prompts/list": ["list_prompts"],
  "prompts/get": ["get_prompt"],
  "skills/list": ["list_skills"],
  "resources/read": ["read", "load_skill"],
  "tools/call": ["call", "call_at_once", "cancel", "report", "hand_back_schema"],
};

function deedsIn(calls: readonly McpStep[]): readonly Deed[] {
  return calls.flatMap((step): readonly Deed[] => {
    if (step.verb === "GET") return [{ step, kinds: new Set(["listen"]), params: {}, isStateless: false }];
    return step.sent.flatMap(({ message }) => {
      const kinds = kindsOf[textOf(message, "method") ?? ""];
      if (!message || !kinds) return [];
      const params = isObject(message.params) ? message.params : {};
      // Further pages of a list belong to its first.
      if (params.cursor !== undefined) return [];
      return [{ step, kinds: new Set(kinds), params, isStateless: eraOf(step, message) === "stateless" }];
    });
  });
}

/** A client that calls has connected. */
function countDone(script: readonly DriverStep[], calls: readonly McpStep[]): number {
  let done = script[0]?.do === "connect" ? 1 : 0;
  let before: McpStep | undefined;
  let others: readonly DrivenCall[] = [];
  for (const deed of deedsIn(calls)) {
    const called = others.find((call) => isCallOf(call, deed));
    if (called) {
      others = others.filter((call) => call !== called);
      continue;
    }
    const at = script.findIndex((step, index) => index >= done && isStep(step, deed));
    const step = script[at];
    if (!step || !script.slice(done, at).every((left) => mayBeUnseen(left, deed, before))) continue;
    others = step.do === "call_at_once" ? step.calls.filter((call) => call !== firstOf(step.calls, deed)) : [];
    done = at + 1;
    before = deed.step;
  }
  return done;
}

function isStep(step: DriverStep, deed: Deed): boolean {
  const { kinds, params } = deed;
  if (!kinds.has(step.do)) return false;
  switch (step.do) {
    case "call":
    case "cancel":
      return isCallOf(step, deed);
    case "call_at_once":
      return firstOf(step.calls, deed) !== undefined;
    case "report":
      return params.name === REPORT_TOOL && isObject(params.arguments) && params.arguments.tool === step.tool;
    case "hand_back_schema":
      return params.name === ECHO_TOOL;
    case "read":
    case "load_skill":
      return params.uri === step.uri;
    case "get_prompt":
      return params.name === step.prompt;
    default:
      return true;
  }
}

function firstOf(calls: readonly DrivenCall[], deed: Deed): DrivenCall | undefined {
  return calls.find((call) => isCallOf(call, deed));
}

/** What a tool is called with, a driver may choose; but for what it says of what was read. */
function isCallOf({ tool, arguments: args = {} }: DrivenCall, { kinds, params }: Deed): boolean {
  if (!kinds.has("call") || params.name !== tool) return false;
  const sent = isObject(params.arguments) ? params.arguments : {};
  return tool !== HAVE_READ || Object.entries(args).every(([name, value]) => sent[name] === value);
}

/** What one kind of deed may come after without a request for it. */
const left: Readonly<Partial<Record<DriverStep["do"], "always" | "before calls" | "before calls and reads">>> = {
  answer: "always",
  switch_user: "always",
  log_out: "always",
  end: "always",
  listen: "always",
  list_tools: "before calls and reads",
  list_resources: "before calls and reads",
  list_resource_templates: "before calls and reads",
  list_prompts: "before calls and reads",
  list_skills: "before calls and reads",
  read: "before calls",
};

/** Whether a step can have been done without a request for it, or need not be, when a deed comes after it. */
function mayBeUnseen(step: DriverStep, { kinds, isStateless, step: { exchange } }: Deed, before?: McpStep): boolean {
  if (step.do === "connect") return isStateless;
  if (step.do === "wait") {
    const { ms = 0, clock_ms = 0 } = step;
    if (!before) return true;
    return exchange.receivedAtMs - endOf(before.exchange) >= ms &&
      exchange.startedAtMs - before.exchange.startedAtMs >= clock_ms;
  }
  const when = left[step.do];
  const isUse = kinds.has("call") || kinds.has("get_prompt");
  return when === "always" || (when !== undefined && isUse) || (when === "before calls and reads" && kinds.has("read"));
}
