// What a server asks of a client's model.
import type { Question } from "../../mcp_catalogue.ts";
import type { Scenario, ScenarioLink } from "../../scenario.ts";
import { section } from "../links.ts";
import { since2025_11 } from "../since.ts";
import { asking } from "./asking.ts";
import { anyMcp } from "./eras.ts";

const sampling = (anchor: string): ScenarioLink => section("2025-11-25", `client/sampling#${anchor}`);

const tools = [{
  name: "get_weather",
  description: "The weather of a city",
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
}] as const;

const question = { role: "user", content: { type: "text", text: "What is the weather in Paris?" } } as const;

function ask(more: Readonly<Record<string, unknown>> = {}): Question {
  return { method: "sampling/createMessage", params: { messages: [question], maxTokens: 100, ...more } };
}

/** What was said before a round of a loop: in the last one, the model has asked for a tool, and got its result. */
function saidBefore(round: number): readonly unknown[] {
  if (round === 0) return [];
  const id = `call-${round}`;
  const answer = { type: "text", text: "Not known yet, ask again" };
  return [
    { role: "assistant", content: [{ type: "tool_use", id, name: "get_weather", input: { city: "Paris" } }] },
    { role: "user", content: [{ type: "tool_result", toolUseId: id, content: [answer] }] },
  ];
}

/** Scenarios of sampling. */
export const samplingScenarios: readonly Scenario[] = [
  asking("ask_model", { answer: ask() }, {
    name: "sampling",
    story: "A tool asks the client's model a question",
    client: "Has its person agree, and answers with the role, the name of the model, and content",
    expects: ["M81"],
    links: [sampling("creating-messages"), section("2026-07-28", "client/sampling#result-fields")],
  }),
  asking("ask_model", { answer: ask({ tools, toolChoice: { mode: "required" } }) }, {
    name: "sampling-tool-required",
    story: "A tool asks the client's model, which has to use one of the tools that come with the question",
    client: "Lets its model ask for a tool, if it has declared sampling.tools; else it refuses",
    revisions: since2025_11,
    expects: ["M83"],
    links: [sampling("tool-choice-modes"), sampling("tools-in-sampling")],
  }),
  asking("ask_model", { answer: ask({ tools, toolChoice: { mode: "none" } }) }, {
    name: "sampling-no-tool",
    story: "A tool asks the client's model, which may not use the tools that come with the question",
    client: "Has the model answer in words",
    revisions: since2025_11,
    expects: ["M83"],
    links: [sampling("tool-choice-modes")],
  }),
  asking("ask_model", { answer: ask({ maxTokens: 5 }) }, {
    name: "sampling-five-tokens",
    story: "A tool asks the client's model for an answer of five tokens at most",
    client: "Passes the limit on to the model, and sends no longer answer",
    expects: ["M84"],
    links: [section("2026-07-28", "client/sampling#sampling-parameters")],
  }),
  asking(
    "ask_model",
    Array.from({ length: 15 }, (_, round) => ({ answer: ask({ tools, messages: [question, ...saidBefore(round)] }) })),
    {
      name: "sampling-tool-loop",
      story: "A tool asks the client's model fifteen times, with a tool whose results always say to ask again",
      client: "Ends the loop after some rounds: its model answers in words, or the request is refused",
      revisions: since2025_11,
      expects: ["M85"],
      links: [sampling("multi-turn-tool-loop"), sampling("security-considerations")],
    },
  ),
  {
    name: "sampling-result-missing",
    group: "Questions",
    story: "The server breaks a rule itself: the messages for the client's model lack the result of a tool",
    client: "Refuses with -32602, if it has declared sampling.tools",
    plan: {
      faults: [{
        name: "sampling-result-missing",
        match: { endpoint: anyMcp, rpc_method: "tools/call", has_header: "mcp-session-id", status: 200 },
        edit: {
          stream: {
            before: [{
              message: {
                jsonrpc: "2.0",
                id: "sampling-1",
                method: "sampling/createMessage",
                params: {
                  maxTokens: 100,
                  tools,
                  messages: [
                    question,
                    ...saidBefore(1).slice(0, 1),
                    { role: "user", content: { type: "text", text: "And in London?" } },
                  ],
                },
              },
            }, { wait_ms: 3000 }],
          },
        },
      }],
    },
    revisions: ["2025-11-25"],
    expects: ["M82"],
    links: [sampling("error-handling"), sampling("tool-use-and-result-balance")],
  },
];
