// What the MCP server does with the event streams of its answers: forms, comments, early ends, other streams, and what it
// accepts notifications with.
import type { Edit } from "../../edit.ts";
import type { Fault } from "../../fault.ts";
import type { Scenario } from "../../scenario.ts";
import { mcpTransports, reports, section } from "../links.ts";
import { callingAgain, listeningOn, whileListening } from "../scripts.ts";
import { since2026_07, until2025_11 as withSessions } from "../since.ts";

const sending = mcpTransports("sending messages");
const resuming = mcpTransports("resumability");
const connections = mcpTransports("multiple connections");
const receiving = section("2026-07-28", "basic/transports/streamable-http#receiving-messages");
const changes = section("2026-07-28", "changelog#major-changes");
const events = {
  label: "HTML: interpreting an event stream",
  url: "https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation",
};

/** The only revision in which a stream may close before its answer, and says when to come back. */
const withRetry: readonly string[] = ["2025-11-25"];
const endpoint = ["mcp", "open_mcp"] as const;
const posts = { endpoint, method: "POST" } as const;
const calls = { endpoint, rpc_method: "tools/call" } as const;

/** A call that is answered with a stream which can be resumed, and what is done to it. */
function resumableCall(name: string, edit: Edit): Fault {
  return { name, match: calls, policy: { mcpAnswerForm: "events" }, edit };
}

/** Each call's stream closes behind the event that opens it, after as long as in the official suite. */
const closedEarly = resumableCall("closed-early", {
  stream: { fields: { retry_ms: 500 }, end: { after_events: 1, after_ms: 50, how: "close" } },
});

/** Pieces of a prime number of bytes, which end where nothing else does. */
function trickled(bytes: number): Edit {
  return { trickle: { bytes, every_ms: 1 } };
}

const forms: readonly Scenario[] = [
  {
    name: "answers-as-streams",
    group: "Streams",
    story: "Every answer comes as an event stream, also those to initialize and to lists",
    client: "Reads answers in either form, as its Accept header says",
    plan: { policy: { mcpAnswerForm: "events" } },
    expects: ["M25"],
    links: [sending, ...reports("ts#1211", "py#1641")],
  },
  {
    name: "answers-as-json",
    group: "Streams",
    story: "Every answer comes as JSON, also that of a tool that takes long, and GET gets 405",
    client: "Reads answers in either form, and goes on without progress and without a stream of its own",
    plan: {
      faults: [
        {
          name: "answers-as-json",
          match: { ...posts, not_rpc_method: "subscriptions/listen" },
          edit: { stream: { form: "json" } },
        },
        { name: "no-stream", match: { endpoint, method: "GET" }, answer: { status: 405, headers: { allow: "POST" } } },
      ],
    },
    expects: ["M25"],
    links: [sending, mcpTransports("listening for messages")],
  },
  {
    name: "stream-comments",
    group: "Streams",
    story: "Event streams have comments: before the first event, between two lines of data, and at the end",
    client: "Skips every line that begins with a colon, wherever it stands",
    plan: {
      faults: [{
        name: "stream-comments",
        match: posts,
        edit: {
          stream: { before: [{ comment: "" }, { comment: "still here" }], split: true, after: [{ comment: "end" }] },
        },
      }],
    },
    expects: ["M52"],
    links: [receiving, events],
  },
  {
    name: "notifications-first",
    group: "Streams",
    story: "Before each answer come a notification of an unknown kind and progress that nobody asked for",
    client: "Ignores what it does not know, and waits for the message with the id of its request",
    plan: {
      faults: [{
        name: "notifications-first",
        match: posts,
        edit: {
          stream: {
            before: [
              { message: { jsonrpc: "2.0", method: "notifications/mock/unknown", params: { number: 1 } } },
              {
                message: {
                  jsonrpc: "2.0",
                  method: "notifications/progress",
                  params: { progressToken: "nobody-has-sent-this", progress: 1 },
                },
              },
            ],
          },
        },
      }],
    },
    expects: ["M25"],
    links: [sending, receiving],
  },
  {
    name: "stream-trickled",
    group: "Streams",
    story: "Event streams arrive in small pieces that end anywhere, within lines and characters",
    client: "Puts the pieces together, and takes an event as complete only at an empty line",
    plan: {
      policy: { mcpAnswerForm: "events" },
      faults: [
        { name: "list-trickled", match: { ...posts, rpc_method: "tools/list" }, edit: trickled(509) },
        { name: "stream-trickled", match: { ...posts, not_rpc_method: "tools/list" }, edit: trickled(31) },
      ],
    },
    expects: ["M25"],
    links: [events, sending],
  },
];

const earlyEnds: readonly Scenario[] = [
  {
    name: "stream-closed-early",
    group: "Streams",
    story: "The stream of each call closes after an event id and a retry of 500 ms, before the answer",
    client: "Waits 500 ms, and gets the answer with GET and the Last-Event-ID of that stream",
    // As the suite's server, which knows no other revision.
    plan: { policy: { mcpRevisions: ["2025-11-25"] }, faults: [closedEarly] },
    catalogue: {
      built_in: true,
      tools: [{
        name: "test_reconnection",
        description: "Answers on a stream that closes first",
        inputSchema: { type: "object", properties: {}, required: [] },
      }],
    },
    official: "sse-retry",
    revisions: withRetry,
    expects: ["M28", "M29", "M30"],
    links: [sending, resuming, ...reports("ts#2499", "modelcontextprotocol/php-sdk#327", "insp#723")],
  },
  {
    name: "stream-cut-early",
    group: "Streams",
    story: "The connection of each call breaks behind an event id, before the answer",
    client: "Gets the answer with GET and the Last-Event-ID of that stream, and does not call again",
    plan: {
      faults: [resumableCall("stream-cut-early", { stream: { end: { after_events: 1, how: "cut" } } })],
    },
    revisions: withRetry,
    expects: ["M30"],
    links: [resuming, ...reports("ts#2499")],
  },
  {
    name: "stream-cut-without-id",
    group: "Streams",
    story: "The connection of the first call breaks before anything has come, and nothing can be resumed",
    client: "Sends the request anew, under another id, if the tool does no harm when it runs twice",
    plan: {
      faults: [{
        name: "stream-cut-without-id",
        match: calls,
        times: 1,
        edit: { stream: { end: { how: "cut" } } },
      }],
    },
    revisions: since2026_07,
    expects: ["M53"],
    links: [changes, receiving],
  },
  {
    name: "stream-cut-in-answer",
    group: "Streams",
    story: "The connection of the first call breaks in the middle of the answer",
    client: "Drops the broken event; resumes the stream up to 2025-11-25, and asks anew since 2026-07-28",
    plan: { faults: [{ ...resumableCall("stream-cut-in-answer", { truncate_bytes: 160 }), times: 1 }] },
    revisions: [...withRetry, ...since2026_07],
    expects: ["M30", "M53"],
    links: [resuming, changes],
  },
  {
    name: "resume-broken",
    group: "Streams",
    story: "Each call's stream closes before the answer, and the first one that resumes it breaks at once",
    client: "Resumes once more, still with the last event id that it has got",
    plan: {
      faults: [
        closedEarly,
        {
          name: "resume-broken",
          match: { endpoint, method: "GET", has_header: "last-event-id" },
          times: 1,
          edit: { drop: true },
        },
      ],
    },
    revisions: withRetry,
    expects: ["M28", "M29", "M30"],
    driver: callingAgain({ do: "wait", ms: 10_000 }),
    links: [resuming, ...reports("ts#2509")],
  },
];

const otherStreams: readonly Scenario[] = [
  {
    name: "two-streams",
    group: "Streams",
    story: "Each call's stream closes before the answer, after the GET stream has brought an event id of its own",
    client: "Keeps the last event id of each stream apart, and resumes each with its own",
    plan: {
      faults: [resumableCall("two-streams", {
        stream: {
          on_get: [{
            id: "get-stream-{message.id}",
            message: { jsonrpc: "2.0", method: "notifications/mock/unknown", params: { number: 1 } },
          }],
          fields: { retry_ms: 100 },
          end: { after_events: 1, how: "close" },
        },
      })],
    },
    revisions: withRetry,
    expects: ["M30"],
    driver: whileListening,
    links: [resuming, connections],
  },
  {
    name: "answers-on-get-stream",
    group: "Streams",
    story: "The answers to calls come on the GET stream, after a ping there; the stream of the call ends without any",
    client: "Answers the ping while the call is under way, and takes the answer by its id, whatever stream brings it",
    plan: {
      faults: [{
        name: "answers-on-get-stream",
        match: calls,
        edit: {
          stream: { on_get: [{ message: { jsonrpc: "2.0", id: "ping-{message.id}", method: "ping" } }], via: "get" },
        },
      }],
    },
    revisions: withSessions,
    expects: ["M31"],
    driver: listeningOn,
    links: [connections, ...reports("mark3labs/mcp-go#932")],
  },
];

/** Notifications are accepted with something else than 202 and no body. */
function accepted(name: string, story: string, edit: Edit, ...seen: readonly string[]): Scenario {
  return {
    name,
    group: "Streams",
    story,
    client: "Takes the notification as accepted by the status, and goes on",
    plan: { faults: [{ name, match: { endpoint, rpc_method: "notifications/*" }, edit }] },
    revisions: withSessions,
    expects: ["M24"],
    links: [sending, ...reports(...seen)],
  };
}

/** Scenarios of event streams. */
export const streamScenarios: readonly Scenario[] = [
  ...forms,
  ...earlyEnds,
  ...otherStreams,
  accepted(
    "accepted-with-body",
    "Notifications are accepted with 202 and a body of text that is not JSON",
    { body: "Accepted", content_type: "text/plain; charset=utf-8" },
  ),
  accepted(
    "accepted-with-200",
    "Notifications are accepted with 200, the media type of JSON, and an empty body",
    { status: 200, content_type: "application/json", body: "" },
    "modelcontextprotocol/java-sdk#748",
  ),
  accepted("accepted-with-204", "Notifications are accepted with 204 instead of 202", { status: 204 }),
];
