// The tools that the official conformance suite calls by name, only on `/conformance`. Names and what they answer are
// the suite's; people use them to try a client against every kind of content.
import { z } from "zod";
import { conformanceContentTools } from "./conformance_content.ts";
import { conformanceInputTools } from "./conformance_input.ts";
import { conformanceTaskTools } from "./conformance_tasks.ts";
import { clientOf, type DefinedTool, defineTool, READS, textResult, type ToolCall } from "../tools/tool.ts";

const PAUSE_MS = 50;

const nothing = z.object({});

const streamTools: readonly DefinedTool[] = [
  defineTool({
    name: "test_tool_with_logging",
    title: "Log",
    description: "Sends three lines of a log in the course of the call.",
    input: nothing,
    annotations: READS,
    lasting: true,
    run: async (_, call) => {
      const { log } = clientOf(call);
      await log("info", "Tool execution started");
      await pause(call);
      await log("info", "Tool processing data");
      await pause(call);
      await log("info", "Tool execution completed");
      return textResult("Sent three log messages");
    },
  }),
  defineTool({
    name: "test_logging_tool",
    title: "Log once",
    description: "Sends one line of a log; to a client of 2026-07-28 only if the request names a level.",
    input: nothing,
    annotations: READS,
    lasting: true,
    run: async (_, call) => {
      await clientOf(call).log("info", "One line of a log");
      return textResult("Sent one log message");
    },
  }),
  defineTool({
    name: "test_tool_with_progress",
    title: "Progress",
    description: "Reports 0, 50 and 100 of 100.",
    input: nothing,
    annotations: READS,
    lasting: true,
    run: async (_, call) => {
      await call.progress?.(0, 100, "Started");
      await pause(call);
      await call.progress?.(50, 100, "Half way");
      await pause(call);
      await call.progress?.(100, 100, "Done");
      return textResult("Reported progress three times");
    },
  }),
  defineTool({
    name: "test_reconnection",
    title: "Reconnect",
    description: "Closes the stream of its call, so that the client has to come back for the answer.",
    input: nothing,
    annotations: READS,
    lasting: true,
    run: async (_, call) => {
      clientOf(call).closeStream();
      await pause(call);
      return textResult("Answered after the stream was closed; a client that reads this came back for it");
    },
  }),
];

const TRIGGERS = Object.freeze({ ...READS, idempotentHint: false });

const triggerTools: readonly DefinedTool[] = [
  defineTool({
    name: "test_trigger_tool_change",
    title: "Say that tools changed",
    description: "Sends notifications/tools/list_changed to all listeners.",
    input: nothing,
    annotations: TRIGGERS,
    lasting: true,
    run: async (_, call) => {
      await clientOf(call).announce("tools");
      return textResult("Announced a change of tools");
    },
  }),
  defineTool({
    name: "test_trigger_prompt_change",
    title: "Say that prompts changed",
    description: "Sends notifications/prompts/list_changed to all listeners.",
    input: nothing,
    annotations: TRIGGERS,
    lasting: true,
    run: async (_, call) => {
      await clientOf(call).announce("prompts");
      return textResult("Announced a change of prompts");
    },
  }),
  defineTool({
    name: "test_trigger_resource_update",
    title: "Say that a resource changed",
    description: "Sends notifications/resources/updated for test://watched-resource to its subscribers.",
    input: nothing,
    annotations: TRIGGERS,
    lasting: true,
    run: async (_, call) => {
      await clientOf(call).announce({ resource: "test://watched-resource" });
      return textResult("Announced a change of test://watched-resource");
    },
  }),
];

/** All of them, in the order they are listed. */
export const conformanceTools: readonly DefinedTool[] = Object.freeze([
  ...conformanceContentTools,
  ...streamTools,
  ...triggerTools,
  ...conformanceInputTools,
  ...conformanceTaskTools,
]);

async function pause({ sleep, signal = new AbortController().signal }: ToolCall): Promise<void> {
  await sleep(PAUSE_MS, signal);
}
