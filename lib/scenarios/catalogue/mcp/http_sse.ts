// HTTP+SSE of 2024-11-05, where a server has no other transport.
import type { Fault } from "../../fault.ts";
import type { Scenario } from "../../scenario.ts";
import { section } from "../links.ts";
import { since2025_06 } from "../since.ts";
import { anyMcp } from "./eras.ts";

/** One way in which a server that has HTTP+SSE alone refuses messages at the URL of its stream. */
function httpSse(name: string, story: string, refusal?: Fault["edit"]): Scenario {
  return {
    name,
    group: "Versions and eras",
    story,
    client: "Opens the stream with GET, and sends its messages to the URL that the first event names",
    plan: {
      policy: { mcpTransport: "http_sse" },
      faults: refusal === undefined ? [] : [{
        name,
        match: { endpoint: anyMcp, method: "POST", status: 405 },
        edit: refusal,
      }],
    },
    expects: ["M38"],
    links: [
      section("2025-11-25", "basic/transports#backwards-compatibility"),
      section("2024-11-05", "basic/transports#http-with-sse"),
    ],
  };
}

const text = "text/plain; charset=utf-8";

/** Scenarios of servers with HTTP+SSE alone. */
export const httpSseScenarios: readonly Scenario[] = [
  httpSse("http-sse-only", "The server has HTTP+SSE of 2024-11-05 alone: POST to its URL gets 405"),
  httpSse("http-sse-404", "The server has HTTP+SSE of 2024-11-05 alone: POST to its URL gets 404", {
    status: 404,
    body: "Not Found",
    content_type: text,
    headers: { allow: null },
  }),
  httpSse("http-sse-400", "The server has HTTP+SSE of 2024-11-05 alone: POST to its URL gets 400", {
    status: 400,
    body: "Bad Request",
    content_type: text,
    headers: { allow: null },
  }),
  {
    ...httpSse(
      "http-sse-foreign-endpoint",
      "The stream of HTTP+SSE names a URL at another origin for the client's messages",
    ),
    client: "Stops: its messages, and its token with them, belong to the origin that it was given",
    plan: {
      policy: { mcpTransport: "http_sse" },
      faults: [{
        name: "http-sse-foreign-endpoint",
        match: { endpoint: anyMcp, method: "GET", status: 200 },
        edit: {
          stream: { before: [{ event: "endpoint", data: "{other_origin}{path}/messages?sessionId=elsewhere" }] },
        },
      }],
    },
    // Below a path, where the server can be called by two names.
    revisions: since2025_06,
    reaches: "connection",
  },
];
