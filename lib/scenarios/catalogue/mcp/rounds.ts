// Calls that take several rounds (MCP 2026-07-28, multi round-trip requests): what the state of a round looks like, how many
// there are, and what else goes on meanwhile.
import type { DriverStep } from "../../driver_step.ts";
import type { CatalogueTool, Question, Questions, ToolGives } from "../../mcp_catalogue.ts";
import type { Scenario } from "../../scenario.ts";
import { reports, section } from "../links.ts";
import { since2026_07 } from "../since.ts";
import { asking, form } from "./asking.ts";

const clients = section("2026-07-28", "basic/patterns/mrtr#client-requirements-basic-workflow");
const servers = section("2026-07-28", "basic/patterns/mrtr#server-requirements-basic-workflow");
const states = section("2026-07-28", "basic/patterns/mrtr#inputrequiredresult");

/** A form with one field to tick. */
const confirmation = (message: string): Question => form(message, { sure: { type: "boolean" } });
const deletion: Questions = { confirm: confirmation("Delete the branch?") };

/** What the scenarios here have in common. */
const COMMON = { revisions: since2026_07, links: [clients, servers] } as const;

/** A scenario in which a tool asks once, with a state that looks like this. */
function withState(name: string, state: string, story: string): Scenario {
  return asking("delete_branch", deletion, {
    ...COMMON,
    name,
    story,
    client: "Sends requestState back character by character, and reads nothing in it",
    gives: { requestStates: [state] },
    expects: ["M88", "M90", "M91"],
    links: [states, clients, ...reports("ts#2313")],
  });
}

const name = (tool: string): Pick<CatalogueTool, "name" | "inputSchema"> => ({
  name: tool,
  inputSchema: { type: "object", properties: {}, required: [] },
});

/** What the suite's tools ask. */
const suiteQuestion = (message: string): Questions => ({
  confirm: form(message, { confirmed: { type: "boolean", description: "Confirm?" } }),
});

function suiteTool(tool: string, description: string, gives: ToolGives): CatalogueTool {
  return { ...name(tool), description, answer: gives };
}

const said = (text: string): ToolGives => ({ content: [{ type: "text", text }] });

const call = (tool: string): DriverStep => ({ do: "call", tool });
const start: readonly DriverStep[] = [{ do: "connect" }, { do: "list_tools" }];

/** Scenarios of calls that take several rounds. */
export const roundScenarios: readonly Scenario[] = [
  withState(
    "state-json",
    '{ "step" : 1, "ratio": 1.0, "name": "\\u00e4\\/b", "step": 2 }',
    "A tool asks, with a state that is JSON, and no longer the same once somebody has parsed it",
  ),
  withState(
    "state-base64",
    "+/v7-_8/AAEC+w",
    "A tool asks, with a state that is nearly Base64, of both alphabets, without padding",
  ),
  withState(
    "state-long",
    `${"state.of.eight.kilobytes/".repeat(327)}end`,
    "A tool asks, with a state of eight kilobytes",
  ),
  withState(
    "state-odd-characters",
    ' %7B"\\<é>🙂\u2028&=\t ',
    "A tool asks, with a state of quotes, escapes, spaces at both ends, and emoji",
  ),
  asking("set_up", ["one", "two", "three"].map((step) => ({ [step]: confirmation(`Step ${step}: go on?`) })), {
    ...COMMON,
    name: "rounds-three",
    story: "A tool asks three times, one question after the other, each with a state of its own",
    client: "Answers each round with the state of that round, under an id of its own, until the tool is done",
    expects: ["M93", "M88", "M90", "M91"],
  }),
  asking("look_again", [{ confirm: confirmation("Go on?") }, {}], {
    ...COMMON,
    name: "state-without-questions",
    story: "After its question a tool gives a state and asks nothing: the client may come back at once",
    client: "Sends the call again with the state alone, now or later; a result without questions is no error",
    expects: ["M93", "M88"],
  }),
  asking("two_steps", [deletion, { again: confirmation("Are you sure?") }], {
    ...COMMON,
    name: "questions-without-state",
    story: "A tool asks twice, first with a state, and then without one",
    client: "Sends the state with the first answer alone: there is none to send with the second",
    gives: { requestStates: ["of-the-first-round", null] },
    expects: ["M89", "M88"],
  }),
  {
    ...asking("ask_first", deletion, {
      ...COMMON,
      name: "one-of-two-asks",
      story: "Of two calls at the same time, one asks before it answers, and the other answers at once",
      client: "Sends the state and the answers with the call that asked, and with no other",
      gives: { requestStates: ["of-the-call-that-asked"] },
      expects: ["M92"],
      driver: [
        ...start,
        { do: "call_at_once", calls: [{ tool: "ask_first" }, { tool: "answer_at_once" }] },
        call("answer_at_once"),
        { do: "end" },
      ],
    }),
    catalogue: {
      tools: [
        {
          ...name("ask_first"),
          answer: { ...said("Done"), inputRequests: deletion, requestStates: ["of-the-call-that-asked"] },
        },
        { ...name("answer_at_once"), annotations: { readOnlyHint: true } },
      ],
    },
  },
  asking("format_disk", [{ confirm: confirmation("Format the disk?") }, { roots: { method: "roots/list" } }], {
    ...COMMON,
    name: "question-declined",
    story: "A tool asks for something that the person declines, and then for the client's roots",
    client: "Says so in the result of that question, and goes on; it sends no error in the place of an answer",
    expects: ["M94"],
    links: [section("2026-07-28", "client/sampling#error-handling"), clients],
    driver: [...start, { do: "answer", action: "decline" }, call("format_disk"), { do: "end" }],
  }),
  {
    name: "request-states",
    group: "Questions",
    story: "One tool asks with a state, one without, one does not ask, and one gives a result without resultType",
    client: "Sends the state back with the first call alone, and takes the last result as complete",
    plan: {
      faults: [{
        name: "no-result-type",
        match: { endpoint: "mcp", rpc_method: "tools/call", message: { "params.name": "test_mrtr_no_result_type" } },
        edit: { json: { remove: ["result.resultType"] } },
      }],
    },
    catalogue: {
      tools: [
        suiteTool("test_mrtr_echo_state", "Asks, with a state that has to come back as it is", {
          ...said("echo-state-ok"),
          inputRequests: suiteQuestion("Please confirm to continue"),
          requestStates: ['{"nonce":"0b0f6e63-7a3c-4c9e-9a50-3d2f1f7f2a55","originalId":1}'],
        }),
        suiteTool("test_mrtr_no_state", "Asks, without a state", {
          ...said("no-state-ok"),
          inputRequests: suiteQuestion("Please confirm to continue (no state test)"),
          requestStates: [null],
        }),
        suiteTool("test_mrtr_unrelated", "Does not ask", said("unrelated-ok")),
        suiteTool("test_mrtr_no_result_type", "Answers without resultType", said("no-result-type-ok")),
      ],
    },
    revisions: since2026_07,
    expects: ["M88", "M89", "M90", "M92"],
    official: "sep-2322-client-request-state",
    links: [clients, states],
  },
];
