// Rules on the shape of messages: JSON-RPC 2.0, ids of requests, none of notifications, one message a request.

import { counted } from "../counted.ts";
import { type Asked, conversationIn } from "../../conversation.ts";
import { revisionNamed } from "../../settled.ts";
import type { McpStep, SentMessage } from "../../step.ts";
import type { View } from "../../view.ts";
import { ALWAYS, type Outcome, type Rule, SINCE_2025_06 } from "../rule.ts";
import { holdEach, shown } from "./each.ts";

const BASE = "https://modelcontextprotocol.io/specification/2025-11-25/basic";

interface Part extends SentMessage {
  readonly step: McpStep;
}

function partsIn({ calls }: View): readonly Part[] {
  return calls.flatMap((step) => step.sent.map((part) => ({ ...part, step })));
}

function checkJsonRpc(view: View): Outcome {
  return holdEach(partsIn(view), {
    wrong: problemOf,
    kept: "Every message was JSON-RPC 2.0",
    none: "It sent no message that is on record whole",
  });
}

function problemOf({ message, problem }: Part): string | undefined {
  if (message === undefined) return `It sent a message that ${problem}`;
  const { jsonrpc, method, params } = message;
  const name = typeof method === "string" ? method : "a message";
  if (jsonrpc !== "2.0") {
    return jsonrpc === undefined
      ? `It sent ${name} without the member jsonrpc`
      : `It sent ${name} with jsonrpc ${shown(jsonrpc)}, where only "2.0" is accepted`;
  }
  if ("method" in message ? typeof method !== "string" : !("result" in message || "error" in message)) {
    return "It sent a message that is neither a request nor a notification nor a response";
  }
  return "params" in message && (typeof params !== "object" || params === null || Array.isArray(params))
    ? `It sent ${name} with params that are not an object: ${shown(params)}`
    : undefined;
}

/** Methods of requests: one of these without an id asks for something and can never be answered. */
const requestMethods: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "server/discover",
  "subscriptions/listen",
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
]);

function checkRequestIds(view: View): Outcome {
  const { requests, notifications } = conversationIn(view.calls);
  const asked = [...requests, ...notifications.filter(({ method }) => requestMethods.has(method))];
  return holdEach(asked, {
    wrong: ({ method, message }) => {
      if (!("id" in message)) return `It sent ${method} without an id`;
      const { id } = message;
      return typeof id === "string" || Number.isInteger(id)
        ? undefined
        : `It sent ${method} with the id ${shown(id)}, which is neither a string nor an integer`;
    },
    kept: "Every request had an id that is a string or an integer",
    none: "It sent no request that is on record whole",
  });
}

function checkNotifications({ calls }: View): Outcome {
  const notifications = conversationIn(calls).notifications.filter(({ method }) => method.startsWith("notifications/"));
  return holdEach<Asked>(notifications, {
    wrong: ({ method, message }) => "id" in message ? `It sent ${method} with the id ${shown(message.id)}` : undefined,
    kept: "No notification had an id",
    none: "It sent no notification",
  });
}

/** Batches were part of 2025-03-26, and of the JSON-RPC that 2024-11-05 refers to. */
const FIRST_WITHOUT_BATCHES = "2025-06-18";

function checkSingle({ calls, settled }: View): Outcome {
  const posts = calls.filter((step) => {
    const revision = revisionNamed(settled.get(step) ?? step.versions.settled);
    return revision !== undefined && revision >= FIRST_WITHOUT_BATCHES && (step.sent.length > 0 || step.isBatch);
  });
  return holdEach(posts.map((step) => ({ step })), {
    wrong: ({ step: { isBatch, sent } }) =>
      isBatch
        ? `It sent ${counted(sent.length, "message")} in an array, where a request carries one message and no array`
        : undefined,
    kept: "Every request carried a single message",
    none: "It sent no message after a revision without batches was settled",
  });
}

/** Rules on messages. */
export const messageRules: readonly Rule[] = [
  {
    id: "M1",
    name: "json-rpc",
    title: "Each message that a client sends is JSON-RPC 2.0: it says so, and its params are an object.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${BASE}#messages`,
    official: ["wire-schema-valid"],
    check: checkJsonRpc,
  },
  {
    id: "M2",
    name: "request-id",
    title: "Each request of a client has an id that is a string or an integer, and never null.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${BASE}#requests`,
    official: ["wire-schema-valid"],
    check: checkRequestIds,
  },
  {
    id: "M4",
    name: "notification-without-id",
    title: "No notification of a client has an id.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${BASE}#notifications`,
    official: ["wire-schema-valid"],
    check: checkNotifications,
  },
  {
    id: "M8",
    name: "one-message-a-request",
    title: "A client sends each message in a request of its own: there are no batches.",
    level: "MUST",
    revisions: SINCE_2025_06,
    isOfMessages: true,
    isOfMcp: true,
    link: `${BASE}/transports#sending-messages-to-the-server`,
    official: [],
    check: checkSingle,
  },
];
