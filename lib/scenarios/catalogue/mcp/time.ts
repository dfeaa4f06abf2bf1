// Answers that never come, come too late, or are not those that were asked for; progress without end.
import type { StreamEdit, StreamEvent } from "../../edit.ts";
import type { Fault } from "../../fault.ts";
import type { Match } from "../../match.ts";
import type { Scenario, ScenarioLink } from "../../scenario.ts";
import { reports, rfc, section } from "../links.ts";
import { startedAgain, watching } from "../scripts.ts";
import { until2025_11 } from "../since.ts";
import { anyMcp } from "./eras.ts";

const timeouts = section("2025-11-25", "basic/lifecycle#timeouts");
const cancelling = section("2025-11-25", "basic/utilities/cancellation#behavior-requirements");
const crossing = section("2025-11-25", "basic/utilities/cancellation#timing-considerations");
const progressFlow = section("2025-11-25", "basic/utilities/progress#progress-flow");
const responses = section("2025-11-25", "basic#responses");
const notifications = section("2025-11-25", "basic#notifications");

/** Longer than a client should wait for anything. */
const TEN_MINUTES_MS = 600_000;

const toolCall: Match = { endpoint: anyMcp, rpc_method: "tools/call", status: 200 };

/** A stream that ends after ten minutes without having brought the answer. */
const unanswered: StreamEdit = { end: { after_events: 0, after_ms: TEN_MINUTES_MS, how: "cut" } };

/** What is done to the stream of the first request of its kind. */
function once(name: string, match: Match, stream: StreamEdit): Fault {
  return { name, match, times: 1, edit: { stream } };
}

/** What a client does that has waited long enough. */
const givesUp = "Gives up after a time limit, cancels the request, says so, and continues";

/** A notification of how far something is. */
function progress(progressToken: unknown, done: unknown): StreamEvent {
  return { message: { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress: done } } };
}

/** What the scenarios have in common in which the answer to the first tool call has a wrong id. */
function wrongId(
  id: string,
  entry: Pick<Scenario, "name" | "story" | "client"> & { readonly links: readonly ScenarioLink[] },
): Scenario {
  return {
    group: "Time and cancellation",
    plan: { faults: [{ name: entry.name, match: toolCall, times: 1, edit: { json: { set: { id } } } }] },
    expects: ["C22"],
    ...entry,
  };
}

/** Scenarios of time. */
export const timeScenarios: readonly Scenario[] = [
  {
    name: "slow-tool-call",
    group: "Time and cancellation",
    story: "Every tool call takes half a minute",
    client: "Waits, or times out, says so, and cancels the request",
    plan: { faults: [{ name: "slow-tool-call", match: toolCall, edit: { delay_ms: 30_000 } }] },
    expects: ["C22"],
    links: [rfc("9110 15.5.9"), timeouts],
  },
  {
    name: "call-unanswered",
    group: "Time and cancellation",
    story: "The first tool call gets an event stream, and nothing comes on it for ten minutes",
    client: givesUp,
    plan: { faults: [once("call-unanswered", toolCall, unanswered)] },
    expects: ["M102"],
    links: [timeouts, cancelling],
  },
  {
    name: "list-unanswered",
    group: "Time and cancellation",
    story: "The first tools/list gets an event stream, and nothing comes on it for ten minutes",
    client: givesUp,
    plan: {
      faults: [once("list-unanswered", { endpoint: anyMcp, rpc_method: "tools/list", status: 200 }, unanswered)],
    },
    expects: ["M102"],
    links: [timeouts],
  },
  {
    name: "initialize-unanswered",
    group: "Time and cancellation",
    story: "The first initialize is not answered for ten minutes",
    client: "Gives up after a time limit and closes the connection, but sends no notifications/cancelled for it",
    plan: {
      faults: [{
        name: "initialize-unanswered",
        match: { endpoint: anyMcp, rpc_method: "initialize", status: 200 },
        times: 1,
        edit: { delay_ms: TEN_MINUTES_MS },
      }],
    },
    revisions: until2025_11,
    expects: ["M99"],
    driver: startedAgain,
    links: [cancelling, timeouts],
  },
  {
    name: "answer-after-cancel",
    group: "Time and cancellation",
    story: "The answer to the first tool call comes after ten minutes, when the call was cancelled long ago",
    client: "Gives up after a time limit, cancels the request, and ignores the answer that comes after that",
    plan: {
      faults: [
        once("answer-after-cancel", toolCall, {
          before: [{ comment: "The answer takes ten minutes" }, { wait_ms: TEN_MINUTES_MS }],
        }),
      ],
    },
    expects: ["M102"],
    links: [crossing, cancelling],
  },
  {
    name: "progress-for-ever",
    group: "Time and cancellation",
    story:
      "The first tool call that asks for progress gets a report of it every half minute for an hour, and no answer",
    client: "Gives up after a time that no progress makes longer, cancels the request, says so, and continues",
    plan: {
      faults: [
        once("progress-for-ever", { ...toolCall, message: { "params._meta.progressToken": "*" } }, {
          before: [{
            ...progress("{message.params._meta.progressToken}", "{event.time}"),
            every_ms: 30_000,
            times: 120,
          }],
        }),
      ],
    },
    expects: ["M103"],
    driver: watching,
    links: [timeouts, progressFlow],
  },
  {
    name: "progress-stray",
    group: "Time and cancellation",
    story:
      "The answers to tool calls come between progress for tokens that nobody has given, and for calls that are over",
    client: "Ignores such progress, takes the answers, and continues",
    plan: {
      faults: [{
        name: "progress-stray",
        match: toolCall,
        edit: { stream: { before: [progress("of-nobody", 1), progress(4711, 2)], after: [progress("of-nobody", 3)] } },
      }],
    },
    expects: ["M5", "M25"],
    links: [progressFlow, notifications],
  },
  {
    name: "cancelled-unknown",
    group: "Time and cancellation",
    story: "While a tool call is under way, the server cancels requests that it never made",
    client: "Ignores such notifications: they may have crossed with an answer",
    plan: {
      faults: [{
        name: "cancelled-unknown",
        match: toolCall,
        edit: {
          stream: {
            before: [
              { message: { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "never-made" } } },
              { message: { jsonrpc: "2.0", method: "notifications/cancelled" } },
            ],
          },
        },
      }],
    },
    revisions: until2025_11,
    expects: ["M5"],
    links: [crossing, section("2025-11-25", "basic/utilities/cancellation#error-handling")],
  },
  {
    name: "answer-twice",
    group: "Time and cancellation",
    story: "Every tool call is answered twice in its event stream",
    client: "Takes the first answer, and ignores the second",
    plan: { faults: [{ name: "answer-twice", match: toolCall, edit: { stream: { twice: true } } }] },
    expects: ["M25"],
    links: [responses],
  },
  wrongId("another-{rpc_id_text}", {
    name: "answer-other-id",
    story: "The answer to the first tool call has the id of a request that was never made",
    client: "Takes it for no answer of its own, reports the call as failed, and continues",
    links: [responses],
  }),
  wrongId("{rpc_id_text}", {
    name: "answer-id-as-text",
    story: "The answer to the first tool call has the id as text, where the request had a number",
    client: "Takes it for no answer of its own, or for the answer all the same, but does not wait for ever",
    links: [responses, ...reports("py#1720")],
  }),
];
