// What is wrong with a catalogue as a whole: two entries of one name, answers that are two things at once, and templates that
// name nothing.
import { closest } from "../../http/did_you_mean.ts";
import { isObject } from "../../http/json.ts";
import {
  type Answering,
  answersOf,
  type AnyAnswer,
  type Catalogue,
  type CatalogueTool,
  type Lists,
  type Questions,
  type ToolGives,
} from "../mcp_catalogue.ts";
import { filledBytes } from "../catalogue_templates.ts";
import { argumentTemplatesIn } from "../argument_templates.ts";
import { variablesIn } from "../uri_template.ts";

/** Where something is wrong, and what is expected there. */
interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
  readonly input?: unknown;
}

/** An entry of a list, as far as problems go. */
interface Entry {
  readonly key: string;
  readonly keyName: "name" | "uri" | "uriTemplate";
  readonly answers: readonly (AnyAnswer & Pick<ToolGives, "task">)[];
  readonly isList: boolean;
  /** The arguments that templates can name; undefined where they can be any. */
  readonly names: readonly string[] | undefined;
}

/** The first thing that is wrong with a catalogue; undefined if nothing is. */
export function catalogueProblem({ stages = [], ...lists }: Catalogue): Problem | undefined {
  const large = sizeProblem([lists, ...stages]);
  if (large) return large;
  for (const [index, stage] of stages.entries()) {
    const problem = problemInLists(stage);
    if (problem) return { ...problem, path: ["stages", index, ...problem.path] };
  }
  return problemInLists(lists) ??
    problemIn(
      "skills",
      lists.skills,
      ({ uri }) => ({ key: uri, keyName: "uri", answers: [], isList: false, names: [] }),
    );
}

/** What a catalogue may come to once copies are made and templates filled, in bytes. */
const MAX_FILLED_BYTES = 32 * 1024 ** 2;

function sizeProblem(all: readonly Lists[]): Problem | undefined {
  let bytes = 0;
  for (const { tools = [], ...others } of all) {
    bytes += filledBytes(others);
    for (const tool of tools) bytes += (tool.copies ?? 1) * filledBytes(tool);
  }
  const message =
    `a catalogue of at most ${MAX_FILLED_BYTES} bytes with all copies and templates; it comes to ${bytes}`;
  return bytes <= MAX_FILLED_BYTES ? undefined : { path: [], message };
}

function problemInLists({ tools, resources, resourceTemplates, prompts }: Lists): Problem | undefined {
  return problemIn("tools", tools, (tool) => entryOf(tool, "name", tool.name, argumentNamesOf(tool))) ??
    problemIn("resources", resources, (resource) => entryOf(resource, "uri", resource.uri, [])) ??
    problemIn(
      "resourceTemplates",
      resourceTemplates,
      (template) => entryOf(template, "uriTemplate", template.uriTemplate, variablesIn(template.uriTemplate)),
    ) ??
    problemIn(
      "prompts",
      prompts,
      (prompt) => entryOf(prompt, "name", prompt.name, (prompt.arguments ?? []).map(({ name }) => name)),
    );
}

function entryOf(
  { answer }: Answering<AnyAnswer & Pick<ToolGives, "task">>,
  keyName: Entry["keyName"],
  key: string,
  names: Entry["names"],
): Entry {
  const isList = Array.isArray(answer);
  return { key, keyName, names, isList, answers: answersOf(answer) };
}

function problemIn<T>(list: string, items: readonly T[] | undefined, read: (item: T) => Entry): Problem | undefined {
  const seen = new Map<string, number>();
  for (const [index, item] of (items ?? []).entries()) {
    const { key, keyName, answers, isList, names } = read(item);
    const first = seen.get(key);
    if (first !== undefined) {
      return { path: [list, index, keyName], message: `another ${keyName}: ${list}.${first} has this one` };
    }
    seen.set(key, index);
    for (const [at, answer] of answers.entries()) {
      const problem = problemOfAnswer(answer, names);
      if (problem) return { ...problem, path: [list, index, "answer", ...(isList ? [at] : []), ...problem.path] };
    }
  }
  return undefined;
}

/** A round has questions, or a state, or both. */
function problemOfStates({ inputRequests, requestStates = [] }: AnyAnswer): Problem | undefined {
  const rounds = answersOf(inputRequests);
  for (const [index, state] of requestStates.entries()) {
    const path = ["requestStates", index];
    const questions = rounds[index];
    if (!questions) return { path, message: `no more states than inputRequests has rounds, ${rounds.length}` };
    if (state === null && Object.keys(questions).length === 0) {
      return { path, message: "a text, as the round asks nothing" };
    }
    if (state !== null && requestStates.indexOf(state) < index) return { path, message: "another text than before" };
  }
  return undefined;
}

/** Members that are no result. */
const beside = [
  "delay_ms",
  "inputRequests",
  "requestStates",
  "url_required",
  "task",
  "progress",
  "logs",
  "updates",
  "error",
  "never",
];

function problemOfAnswer(answer: AnyAnswer & Pick<ToolGives, "task">, names: Entry["names"]): Problem | undefined {
  const { error, never } = answer;
  const result = Object.keys(answer).find((name) => !beside.includes(name));
  const what = error && "error" || never && "never";
  if (error && never) return { path: ["never"], message: "no such member beside error, which is an answer" };
  if (what && result !== undefined) return { path: [result], message: `no such member beside ${what}` };
  const problem = problemOfStates(answer) ?? pageProblem(answer);
  if (problem) return problem;
  const rounds = [...answersOf(answer.inputRequests), ...taskQuestionsOf(answer)].flatMap(Object.keys);
  for (const { path, root, name, written } of argumentTemplatesIn(answer)) {
    const known = root === "arguments" ? names : rounds;
    if (known === undefined || known.includes(name)) continue;
    const meant = closest(name, known);
    const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
    const all = known.length === 0 ? "there are none" : `they are ${known.slice(0, 20).join(", ")}`;
    const of = root === "arguments" ? "an argument" : "a question";
    return {
      path: [...path],
      message: `the name of ${of} in {${written}}${hint}; ${all}; {{${written}}} stands for the text {${written}}`,
    };
  }
  return undefined;
}

/** What is wrong with questions that are to be asked on pages of ours. */
function pageProblem(answer: AnyAnswer & Pick<ToolGives, "task">): Problem | undefined {
  const hasPage = (questions: Questions): boolean =>
    Object.values(questions).some(({ params }) => params?.mode === "url" && params.url === undefined);
  if (answer.url_required && !answersOf(answer.inputRequests).some(hasPage)) {
    return { path: ["url_required"], message: "no such member, unless a question has the mode url and no url" };
  }
  const index = answer.task?.states?.findIndex(({ inputRequests = {} }) => hasPage(inputRequests)) ?? -1;
  return index < 0
    ? undefined
    : { path: ["task", "states", index], message: "a url for every question in URL mode, as tasks have no pages here" };
}

/** What a task asks in its states. */
function taskQuestionsOf({ task }: Pick<ToolGives, "task">): readonly Questions[] {
  return (task?.states ?? []).flatMap(({ inputRequests }) => inputRequests ? [inputRequests] : []);
}

/** Keywords under which a schema lets in members that it does not list. */
const open = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas"];

/** The arguments that a tool takes, as far as its schema lists them. */
function argumentNamesOf({ inputSchema }: Pick<CatalogueTool, "inputSchema">): readonly string[] | undefined {
  const { properties, additionalProperties } = inputSchema;
  if (!isObject(properties) || open.some((keyword) => keyword in inputSchema)) return undefined;
  if (additionalProperties !== undefined && additionalProperties !== false) return undefined;
  return Object.keys(properties);
}
