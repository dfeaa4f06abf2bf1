// Rules on Streamable HTTP in every revision that has it: where messages go, and what a client says that it takes.

import { conversationIn, threadOf } from "../../conversation.ts";
import { headerOf } from "../../../recorder/exchange.ts";
import { originOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { ALWAYS, type Outcome, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { holdEach, type Wrong } from "./each.ts";

const TRANSPORTS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports";

function checkPlace({ calls }: View): Outcome {
  const endpoints = new Map<string, string>();
  for (const { opening } of conversationIn(calls).sessions) {
    if (opening?.thread !== undefined) endpoints.set(opening.thread, opening.step.address);
  }
  const isSentOn = calls.some(({ status }) => status === 307 || status === 308);
  const carrying = calls.filter(({ sent, session }) =>
    sent.some(({ message }) => message !== undefined) && endpoints.has(session ?? "")
  );
  return holdEach(carrying.map((step) => ({ step })), {
    wrong: ({ step: { verb, session = "", address, method = "a message" } }) => {
      if (verb !== "POST") return `It sent ${method} with ${verb}, where messages are sent with POST`;
      const endpoint = endpoints.get(session);
      // Who is sent on goes elsewhere; what is sent to another origin, M34 judges.
      return endpoint === undefined || endpoint === address || isSentOn || originOf(endpoint) !== originOf(address)
        ? undefined
        : `It sent ${method} to ${address}, in a session that it has at ${endpoint}`;
    },
    kept: "It sent every message of its sessions with POST, to the endpoint that the session is at",
    none: "It sent no message in a session",
  });
}

/** The media types of an `Accept` header, in lower case and without parameters. */
function acceptedBy({ exchange: { request } }: McpStep): readonly string[] {
  return headerOf(request, "accept")?.split(",").map((range) => range.split(";", 1)[0]?.trim().toLowerCase() ?? "") ??
    [];
}

/** Whether a range with an asterisk stands for a media type. */
function isCovered(type: string, ranges: readonly string[]): boolean {
  return ranges.includes("*/*") || ranges.includes(type.replace(/\/.*/, "/*"));
}

function checkAccept(types: readonly string[], step: McpStep): Wrong | undefined {
  const ranges = acceptedBy(step);
  const missing = types.filter((type) => !ranges.includes(type));
  if (missing.length === 0) return undefined;
  const what = [step.verb, step.method].filter(Boolean).join(" ");
  const says = ranges.length === 0 ? "without an Accept header" : `with Accept: ${ranges.join(", ")}`;
  const detail = `It sent ${what} ${says}, which does not list ${missing.join(" and ")}`;
  return { detail, level: missing.every((type) => isCovered(type, ranges)) ? "SHOULD" : "MUST" };
}

function checkPostAccept({ calls }: View): Outcome {
  const posts = calls.filter(({ verb, sent, channel }) =>
    verb === "POST" && channel === undefined && sent.some(({ message }) => message !== undefined)
  );
  return holdEach(posts.map((step) => ({ step })), {
    wrong: ({ step }) => checkAccept(["application/json", "text/event-stream"], step),
    kept: "Every Accept header of its messages listed both media types",
    none: "It sent no message that is on record whole over Streamable HTTP",
  });
}

function checkGetAccept({ calls }: View): Outcome {
  // Without a session it may have another purpose: to be refused, or to look at the server.
  const gets = calls.filter((step) =>
    step.verb === "GET" && step.channel === undefined && threadOf(step) !== undefined
  );
  return holdEach(gets.map((step) => ({ step })), {
    wrong: ({ step }) => checkAccept(["text/event-stream"], step),
    kept: "Its GET said that it takes an event stream",
    none: "It asked for no stream in a session",
  });
}

/** Rules on the transport. */
export const transportRules: readonly Rule[] = [
  {
    id: "M22",
    name: "post-to-endpoint",
    title: "A client sends each message with POST, to the MCP endpoint.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMessages: true,
    isOfMcp: true,
    link: `${TRANSPORTS}#sending-messages-to-the-server`,
    official: [],
    check: checkPlace,
  },
  {
    id: "M23",
    name: "post-accepts-both",
    title: "The Accept header of a POST lists application/json and text/event-stream.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${TRANSPORTS}#sending-messages-to-the-server`,
    official: [],
    check: checkPostAccept,
  },
  {
    id: "M26",
    name: "get-accepts-stream",
    title: "The Accept header of a GET lists text/event-stream.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMessages: true,
    isOfMcp: true,
    link: `${TRANSPORTS}#listening-for-messages-from-the-server`,
    official: [],
    check: checkGetAccept,
  },
];
