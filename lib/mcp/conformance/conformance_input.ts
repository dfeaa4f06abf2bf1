// The conformance suite's tools that ask the client back: for a person's input, a model's answer, the client's roots.
// Each is written once, as rounds that end with a question or an answer; in a session the SDK asks, and calls again with
// what the client said.
import {
  type CallToolResult,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { ClientLink, Responses } from "../client_link.ts";
import { askForm, askName, askText } from "./conformance_questions.ts";
import { clientOf, type DefinedTool, defineTool, READS, textResult } from "../tools/tool.ts";

type Round = CallToolResult | InputRequiredResult;

/** A tool without arguments that goes in rounds. */
function defineRounds(
  name: string,
  description: string,
  next: (client: ClientLink) => Round | Promise<Round>,
): DefinedTool {
  return defineTool({
    name,
    title: name.replace(/^test_(input_required_result_)?/, "Ask: ").replaceAll("_", " "),
    description,
    input: z.object({}),
    annotations: READS,
    lasting: true,
    run: (_, call) => next(clientOf(call)),
  });
}

/** What a person answered to a form, in the words the suite's descriptions have. */
function formAnswer(
  responses: Responses,
  key: string,
): { action: string; content: unknown } | undefined {
  const response = inputResponse(responses, key);
  return response.kind === "elicit" ? { action: response.action, content: response.content ?? {} } : undefined;
}

/** The text of a model's answer. */
function modelAnswer(responses: Responses, key: string): string | undefined {
  const response = inputResponse(responses, key);
  if (response.kind !== "sampling") return undefined;
  const { content } = response.result;
  return [content].flat().map((block) => block.type === "text" ? block.text : `(${block.type})`).join(" ");
}

function rootsAnswer(responses: Responses, key: string): string | undefined {
  const response = inputResponse(responses, key);
  return response.kind === "roots" ? response.roots.map(({ uri }) => uri).join(", ") || "none" : undefined;
}

/** What an accepted form holds, if it has the one text that was asked for. */
function acceptedText(responses: Responses, key: string, property: string): string | undefined {
  const response = inputResponse(responses, key);
  const value = response.kind === "elicit" && response.action === "accept" ? response.content?.[property] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** A form, and the answer to it as the suite words it. */
function formRound(form: Parameters<typeof inputRequired.elicit>[0]): (client: ClientLink) => Round {
  return ({ responses }) => {
    const answer = formAnswer(responses, "form");
    if (!answer) return inputRequired({ inputRequests: { form: inputRequired.elicit(form) } });
    return textResult(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content)}`);
  };
}

const pushTools: readonly DefinedTool[] = [
  defineTool({
    name: "test_sampling",
    title: "Ask a model",
    description: "Has the client's model answer a prompt.",
    input: z.object({ prompt: z.string().describe("What to ask the model") }),
    annotations: READS,
    lasting: true,
    run: ({ prompt }, call) => {
      const answer = modelAnswer(clientOf(call).responses, "answer");
      if (answer !== undefined) return textResult(`LLM response: ${answer}`);
      return inputRequired({ inputRequests: { answer: inputRequired.createMessage(askText(prompt, 100)) } });
    },
  }),
  defineTool({
    name: "test_elicitation",
    title: "Ask a person",
    description: "Asks the person at the client for a name and an e-mail address.",
    input: z.object({ message: z.string().describe("What to say to the person") }),
    annotations: READS,
    lasting: true,
    run: ({ message }, call) => {
      const answer = formAnswer(clientOf(call).responses, "user");
      if (answer) {
        return textResult(`User response: action: ${answer.action}, content: ${JSON.stringify(answer.content)}`);
      }
      return inputRequired({ inputRequests: { user: inputRequired.elicit({ ...askForm("user"), message }) } });
    },
  }),
  defineRounds(
    "test_elicitation_sep1034_defaults",
    "Asks with a form whose every field has a default.",
    formRound(askForm("defaults")),
  ),
  defineRounds(
    "test_elicitation_sep1330_enums",
    "Asks with a form that has every kind of choice.",
    formRound(askForm("enums")),
  ),
  defineRounds("test_missing_capability", "Needs a client that can sample, and asks it.", ({ responses }) => {
    const answer = modelAnswer(responses, "answer");
    if (answer !== undefined) return textResult(`LLM response: ${answer}`);
    return inputRequired({ inputRequests: { answer: inputRequired.createMessage(askText("Say hello", 100)) } });
  }),
  defineRounds("test_streaming_elicitation", "Asks for a name; no request of the server's own is sent.", greet),
];

/** The suite's first example, which three of its tools share. */
function greet({ responses }: ClientLink): Round {
  const name = acceptedText(responses, "user_name", "name");
  if (name !== undefined) return textResult(`Hello, ${name}!`);
  if (formAnswer(responses, "user_name")?.action === "decline") return textResult("Hello, whoever you are!");
  return inputRequired({ inputRequests: { user_name: inputRequired.elicit(askName("What is your name?")) } });
}

/** Asks once for a confirmation, with a state that has to come back unchanged. */
async function confirm({ responses, state, remember }: ClientLink): Promise<Round> {
  const answer = formAnswer(responses, "confirm");
  if (answer && state === "confirm") return textResult(`state-ok: the person chose to ${answer.action}`);
  return inputRequired({
    inputRequests: { confirm: inputRequired.elicit(askForm("confirm")) },
    requestState: await remember("confirm"),
  });
}

const roundTools: readonly DefinedTool[] = [
  defineRounds("test_input_required_result_elicitation", "Asks for a name and greets.", greet),
  defineRounds("test_input_required_result_sampling", "Asks the client's model one question.", ({ responses }) => {
    const answer = modelAnswer(responses, "capital_question");
    if (answer !== undefined) return textResult(answer);
    const question = inputRequired.createMessage(askText("What is the capital of France?", 100));
    return inputRequired({ inputRequests: { capital_question: question } });
  }),
  defineRounds("test_input_required_result_list_roots", "Asks for the client's roots.", ({ responses }) => {
    const roots = rootsAnswer(responses, "client_roots");
    if (roots !== undefined) return textResult(`Roots: ${roots}`);
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  }),
  defineRounds("test_input_required_result_request_state", "Asks, and checks that its state comes back.", confirm),
  defineRounds("test_input_required_result_tampered_state", "Asks, and refuses a state that was changed.", confirm),
  defineRounds(
    "test_input_required_result_multiple_inputs",
    "Asks a person, a model and for roots at once.",
    async ({ responses, state, remember }) => {
      const name = acceptedText(responses, "user_name", "name");
      const greeting = modelAnswer(responses, "greeting");
      const roots = rootsAnswer(responses, "client_roots");
      if (name !== undefined && greeting !== undefined && roots !== undefined && state === "all") {
        return textResult(`${greeting} (to ${name}, roots: ${roots})`);
      }
      return inputRequired({
        inputRequests: {
          user_name: inputRequired.elicit(askName("What is your name?")),
          greeting: inputRequired.createMessage(askText("Generate a greeting", 50)),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await remember("all"),
      });
    },
  ),
  defineRounds(
    "test_input_required_result_multi_round",
    "Asks for a name, then for a colour.",
    async ({ responses, state, remember }) => {
      const name = acceptedText(responses, "step1", "name");
      const color = acceptedText(responses, "step2", "color");
      const known = z.object({ name: z.string() }).safeParse(state);
      if (known.success && color !== undefined) return textResult(`${known.data.name} likes ${color}`);
      if (name === undefined && !known.success) {
        return inputRequired({
          inputRequests: { step1: inputRequired.elicit(askName("Step 1: What is your name?")) },
          requestState: await remember("step 1"),
        });
      }
      return inputRequired({
        inputRequests: { step2: inputRequired.elicit(askForm("color")) },
        requestState: await remember({ name: known.success ? known.data.name : name }),
      });
    },
  ),
  defineRounds(
    "test_input_required_result_capabilities",
    "Asks only for what the client can do.",
    ({ responses, supports }) => {
      const answered = [
        formAnswer(responses, "user_name") && "elicitation",
        modelAnswer(responses, "greeting") && "sampling",
        rootsAnswer(responses, "client_roots") && "roots",
      ].filter(Boolean);
      if (answered.length > 0) return textResult(`Answered: ${answered.join(", ")}`);
      const inputRequests = {
        ...(supports("elicitation") && { user_name: inputRequired.elicit(askName("What is your name?")) }),
        ...(supports("sampling") && { greeting: inputRequired.createMessage(askText("Generate a greeting", 50)) }),
        ...(supports("roots") && { client_roots: inputRequired.listRoots() }),
      };
      if (Object.keys(inputRequests).length === 0) return textResult("The client can be asked nothing");
      return inputRequired({ inputRequests });
    },
  ),
];

/** All of them, in the order they are listed. */
export const conformanceInputTools: readonly DefinedTool[] = Object.freeze([...pushTools, ...roundTools]);
