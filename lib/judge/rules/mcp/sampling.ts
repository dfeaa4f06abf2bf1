// Rules on sampling: what a model's answer looks like, and what a client lets a server have of its model.

import { counted } from "../counted.ts";
import { isObject, type JsonObject } from "../../../http/json.ts";
import { type Answered, hasDeclared, type Question, questionsOf } from "../../questions.ts";
import { textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import {
  ALWAYS,
  broken,
  brokenBy,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2025_11,
} from "../rule.ts";
import { holdEach, shown } from "./each.ts";

const SAMPLING = "https://modelcontextprotocol.io/specification/2025-11-25/client/sampling";
const INVALID_PARAMS = -32602;
const REFUSED_BY_PERSON = -1;

/** Revisions in which a model may be given tools. */
const withTools: ReadonlySet<string | undefined> = new Set(SINCE_2025_11);

/** A question for a model, and the first answer to it. */
interface Sampled extends Answered {
  readonly question: Question;
}

function sampledIn(questions: readonly Question[]): readonly Sampled[] {
  return questions.flatMap((question) => question.answers.slice(0, 1).map((answer) => ({ ...answer, question })));
}

function modelsAnswers({ calls }: View): readonly Sampled[] {
  return sampledIn(questionsOf(calls, "sampling/createMessage")).filter(({ result }) => result !== undefined);
}

/** The parts of a message: one, or a list of them. */
function blocksIn(message: JsonObject | undefined): readonly unknown[] {
  return message?.content === undefined ? [] : [message.content].flat();
}

function blocksOf(message: JsonObject | undefined, type: string): readonly JsonObject[] {
  return blocksIn(message).filter(isObject).filter((block) => block.type === type);
}

/** Members by name, and what each of them is. */
type Members = Readonly<Record<string, "string" | "object">>;

/** The members that a part has to have, by its type. */
const members: ReadonlyMap<unknown, Members> = new Map<unknown, Members>([
  ["text", { text: "string" }],
  ["image", { data: "string", mimeType: "string" }],
  ["audio", { data: "string", mimeType: "string" }],
  ["tool_use", { id: "string", name: "string", input: "object" }],
]);

function blockProblem(block: unknown): string | undefined {
  if (!isObject(block)) return `content ${shown(block)}, which is not an object`;
  const needed = members.get(block.type);
  if (needed === undefined) return `content of the type ${shown(block.type)}, which there is not`;
  const missing = Object.entries(needed).find(([name, type]) =>
    type === "string" ? typeof block[name] !== "string" : !isObject(block[name])
  );
  return missing && `content of the type ${shown(block.type)} without ${missing[0]}`;
}

function checkResults(view: View): Outcome {
  return holdEach(modelsAnswers(view), {
    wrong: ({ result }) => {
      const [role, model] = [result?.role, textOf(result, "model")];
      if (role !== "assistant" && role !== "user") {
        return `A model's answer has the role ${shown(role)}, where only user and assistant are roles`;
      }
      if (!model) return "A model's answer does not name the model";
      const blocks = blocksIn(result);
      if (blocks.length === 0) return "A model's answer has no content";
      const problem = blocks.map(blockProblem).find((found) => found !== undefined);
      if (problem !== undefined) return `A model's answer has ${problem}`;
      return role === "user" ? { detail: "A model's answer has the role user", level: "SHOULD" } : undefined;
    },
    kept: "Every answer of a model named its role and the model, and had content",
    none: "It had no model answer",
  });
}

/** What is wrong with the tools in the messages that a model is given: every use has a result, and results stand alone. */
function toolProblemIn({ params: { messages } }: Question): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  const all = messages.filter(isObject);
  for (const [index, message] of all.entries()) {
    const results = blocksOf(message, "tool_result");
    if (results.length > 0 && results.length < blocksIn(message).length) return "results of tools beside other content";
    const used = blocksOf(message, "tool_use").map(({ id }) => id);
    const given = blocksOf(all[index + 1], "tool_result").map(({ toolUseId }) => toolUseId);
    // What the last message asks for, nobody has answered yet.
    const isOpen = index < all.length - 1 && used.some((id) => !given.includes(id));
    if (isOpen) return "a use of a tool without its result";
  }
  return undefined;
}

function checkRefusals({ calls }: View): Outcome {
  const well: McpStep[] = [];
  const asked = questionsOf(calls, "sampling/createMessage").filter(({ era }) => era === "handshake");
  for (const { question, step, message, error, result } of sampledIn(asked)) {
    if (error?.code === REFUSED_BY_PERSON) well.push(step);
    const { version, declared } = question;
    const problem = version === "2025-11-25" ? toolProblemIn(question) : undefined;
    if (problem === undefined || !isObject(declared?.sampling) || !isObject(declared.sampling.tools)) continue;
    if (error?.code === INVALID_PARAMS) {
      well.push(step);
      continue;
    }
    const what = result ? "had a model answer" : `answered with the error ${shown(error?.code)}`;
    return brokenBy(message, `It was sent ${problem}, and ${what}`, positionsOf([question.step, step]));
  }
  return well.length === 0
    ? notObserved("No person of its refused sampling, and the server sent no messages that it had to refuse")
    : kept("It refused sampling with the codes that there are for that", positionsOf(well));
}

function choiceIn({ params: { toolChoice } }: Question): unknown {
  return isObject(toolChoice) ? toolChoice.mode : undefined;
}

function checkTools({ calls }: View): Outcome {
  const asked = questionsOf(calls, "sampling/createMessage").filter(({ params, version, declared }) =>
    withTools.has(version) && hasDeclared(declared, "sampling") &&
    (params.tools !== undefined || params.toolChoice !== undefined)
  );
  const well: McpStep[] = [];
  for (const { question, step, message, result } of sampledIn(asked)) {
    const evidence = positionsOf([question.step, step]);
    const isDeclared = isObject(question.declared?.sampling) && isObject(question.declared.sampling.tools);
    const uses = blocksOf(result, "tool_use").length;
    const choice = choiceIn(question);
    if (result && !isDeclared) {
      return brokenBy(message, "It had a model answer with tools, and had not declared sampling.tools", evidence);
    }
    if (choice === "none" && uses > 0) {
      return brokenBy(message, "Its model asked for a tool, where toolChoice was none", evidence);
    }
    if (result && choice === "required" && uses === 0 && result.stopReason !== "maxTokens") {
      return brokenBy(message, "Its model asked for no tool, where toolChoice was required", evidence);
    }
    well.push(step);
  }
  return well.length === 0
    ? notObserved("It answered no sampling with tools")
    : kept("Its model used tools only where it may, and where it must", positionsOf(well));
}

function checkLengths(view: View): Outcome {
  const { limits } = view;
  const limited = modelsAnswers(view).filter(({ question: { params } }) => typeof params.maxTokens === "number");
  return holdEach(limited, {
    wrong: ({ question: { params: { maxTokens }, step: asked }, result, step }) => {
      const characters = blocksOf(result, "text").reduce((sum, block) => sum + (textOf(block, "text") ?? "").length, 0);
      if (characters <= Number(maxTokens) * limits.of("characters_per_token")) return undefined;
      return {
        detail: `Its model answered with ${characters} characters, where maxTokens was ${shown(maxTokens)}`,
        level: limits.levelBy("characters_per_token"),
        evidence: [asked, step],
      };
    },
    kept: "The answers of its model were not longer than maxTokens lets them be",
    none: "It had no model answer within a number of tokens",
  });
}

/** Questions for a model that follow on each other: those of one request of the client. */
function chainsOf(questions: readonly Question[]): readonly (readonly Question[])[] {
  const chains = new Map<unknown, Question[]>();
  const heads = new Map<JsonObject, unknown>();
  for (const question of questions) {
    const { round, step, answers: [answer] } = question;
    // In 2026-07-28 the request that answers a question is the one that the next question comes to.
    const head = round === undefined ? step : heads.get(round.message) ?? round.message;
    if (answer && round) heads.set(answer.message, head);
    chains.set(head, [...chains.get(head) ?? [], question]);
  }
  return [...chains.values()];
}

function usesTool({ answers: [answer] }: Question): boolean {
  return blocksOf(answer?.result, "tool_use").length > 0;
}

function checkLoops({ calls, limits }: View): Outcome {
  const most = limits.of("tool_rounds");
  const asked = questionsOf(calls, "sampling/createMessage").filter(({ params, version }) =>
    withTools.has(version) && params.tools !== undefined
  );
  const ended: McpStep[] = [];
  for (const chain of chainsOf(asked)) {
    const rounds = chain.filter(usesTool);
    if (rounds.length > most) {
      return broken(
        `Its model asked for a tool in ${counted(rounds.length, "round")} of one call`,
        positionsOf(rounds.flatMap(({ answers }) => answers.map(({ step }) => step))),
        limits.levelBy("tool_rounds"),
      );
    }
    const last = chain.at(-1);
    if (last && rounds.length > 0 && chain.length > 1 && !usesTool(last)) ended.push(last.step);
  }
  return ended.length === 0
    ? notObserved("Its model was not asked again and again with tools")
    : kept("It ended a loop of tools", positionsOf(ended));
}

/** What the rules here have in common. */
const COMMON = { isOfMessages: true, isOfMcp: true, official: [] } as const;

/** Rules on sampling. */
export const samplingRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M81",
    name: "sampling-result",
    title: "A model's answer has a role, the name of the model, and content.",
    level: "MUST",
    revisions: ALWAYS,
    link: `${SAMPLING}#creating-messages`,
    official: ["wire-schema-valid"],
    check: checkResults,
  },
  {
    ...COMMON,
    id: "M82",
    name: "sampling-refusals",
    title: "A client refuses messages with -32602 where results of tools are missing or beside other content.",
    level: "SHOULD",
    revisions: ["2025-11-25"],
    link: `${SAMPLING}#error-handling`,
    check: checkRefusals,
  },
  {
    ...COMMON,
    id: "M83",
    name: "tools-in-sampling",
    title: "A client gives its model tools only where it has declared that, and obeys toolChoice.",
    level: "MUST",
    revisions: SINCE_2025_11,
    link: `${SAMPLING}#tools-in-sampling`,
    check: checkTools,
  },
  {
    ...COMMON,
    id: "M84",
    name: "max-tokens",
    title: "A client does not let its model answer with more than maxTokens.",
    level: "MUST",
    revisions: ALWAYS,
    link: "https://modelcontextprotocol.io/specification/2026-07-28/client/sampling#sampling-parameters",
    check: checkLengths,
  },
  {
    ...COMMON,
    id: "M85",
    name: "tool-loop-ends",
    title: "A client ends a loop in which its model asks for one tool after the other.",
    level: "SHOULD",
    revisions: SINCE_2025_11,
    link: `${SAMPLING}#security-considerations`,
    check: checkLoops,
  },
];
