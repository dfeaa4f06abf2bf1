/** What the test client answers where a server asks it for something: a person's input, a model's answer, its roots. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import { objectIn } from "./inbox.ts";
import type { Link } from "./link.ts";
import { visit } from "./url_required.ts";
import { extensionsIn } from "./tasks.ts";

/** What it does wrong there. */
export type QuestionSlip =
  | "answers what it did not declare"
  | "declares a mode that there is not"
  | "takes no mode for a mistake"
  | "accepts an undeclared mode"
  | "refuses a mode with a code of its own"
  | "makes up an action"
  | "accepts without content"
  | "sends content with a URL"
  | "fills in what does not fit"
  | "leaves a required member out"
  | "leaves defaults out"
  | "sends titles"
  | "sends a list where one is asked for"
  | "answers every question"
  | "answers as a system"
  | "names no model"
  | "takes broken results of tools"
  | "refuses broken results without a code"
  | "uses tools undeclared"
  | "uses tools where it may not"
  | "uses no tool where it must"
  | "writes on and on"
  | "asks for tools for ever"
  | "has a web page for a root"
  | "changes its roots silently";

/** An answer: a result, or an error. */
export interface Outcome {
  readonly result?: Document;
  readonly error?: { readonly code: number; readonly message: string };
}

/** How many questions of a kind it answers; whoever asks more is told no. */
const MOST_ANSWERED = 8;
/** In how many rounds its model may ask for a tool. */
const MOST_ROUNDS = 4;

const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const REFUSED = -1;

const needed: Readonly<Record<string, string>> = {
  "elicitation/create": "elicitation",
  "sampling/createMessage": "sampling",
  "roots/list": "roots",
};

/** What a revision has of what a client can declare. */
export function declaredIn({ options, slip }: Setting, revision: string): Document {
  const { elicitation, sampling, roots, ...rest } = options.declares ?? {};
  const hasModes = revision >= "2025-11-25";
  const given = slip === "declares a mode that there is not" ? { web: {} } : elicitation;
  return {
    ...rest,
    ...extensionsIn(revision),
    ...(elicitation !== undefined && revision >= "2025-06-18" ? { elicitation: hasModes ? given : {} } : {}),
    ...(sampling === undefined ? {} : { sampling: hasModes ? sampling : {} }),
    ...(roots === undefined ? {} : { roots: revision < "2026-07-28" ? roots : {} }),
  };
}

/** Makes what answers questions. */
export function createAnswering(setting: Setting, link: Link): (question: Document) => Promise<Outcome> {
  const counts = new Map<string, number>();

  return async ({ method: asked, params: given }) => {
    const method = String(asked);
    const params = objectIn({ given }, "given") ?? {};
    const declared = declaredIn(setting, link.revision);
    const capability = needed[method];
    const isDeclared = capability !== undefined && declared[capability] !== undefined;
    if (!isDeclared && !(capability !== undefined && setting.slip === "answers what it did not declare")) {
      return failure(METHOD_NOT_FOUND, "Method not found");
    }
    if (method === "roots/list") return { result: { roots: rootsFor(link, setting) } };
    const isTool = params.tools !== undefined;
    const count = (counts.get(method) ?? 0) + 1;
    counts.set(method, count);
    const isFlood = count > MOST_ANSWERED && setting.slip !== "answers every question" && !isTool;
    if (method === "sampling/createMessage") {
      return isFlood ? failure(REFUSED, "Too many questions") : sample(params, declared, { setting, count });
    }
    // Its person has decided beforehand.
    if (link.answer.action !== "accept") return { result: { action: link.answer.action } };
    return isFlood ? { result: { action: "decline" } } : await elicit(params, declared, { link, setting });
  };
}

function failure(code: number, message: string): Outcome {
  return { error: { code, message } };
}

function rootsFor({ root }: Link, { slip }: Setting): readonly Document[] {
  return [{ uri: slip === "has a web page for a root" ? "https://example.com/work" : root, name: "Work" }];
}

async function elicit(
  params: Document,
  declared: Document,
  { link: { answer }, setting }: { readonly link: Link; readonly setting: Setting },
): Promise<Outcome> {
  const { slip } = setting;
  const elicitation = objectIn(declared, "elicitation") ?? {};
  const mode = params.mode ?? "form";
  if (params.mode === undefined && slip === "takes no mode for a mistake") return failure(INVALID_PARAMS, "No mode");
  const has = Object.keys(elicitation).length === 0 ? mode === "form" : elicitation[String(mode)] !== undefined;
  if (!has && slip !== "answers what it did not declare" && slip !== "accepts an undeclared mode") {
    return slip === "refuses a mode with a code of its own" ? failure(-32000, "No URLs here") : failure(
      INVALID_PARAMS,
      "This mode was not declared",
    );
  }
  if (answer.action !== "accept") return { result: { action: answer.action } };
  if (slip === "makes up an action") return { result: { action: "ok" } };
  if (mode === "url") {
    const isTalkative = slip === "sends content with a URL";
    if (has) await visit(String(params.url), setting);
    return { result: { action: "accept", ...(isTalkative ? { content: { done: true } } : {}) } };
  }
  if (slip === "accepts without content") return { result: { action: "accept" } };
  const schema = objectIn(params, "requestedSchema") ?? {};
  const properties = objectIn(schema, "properties") ?? {};
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const left = slip === "leaves a required member out" ? required[0] : undefined;
  const content = Object.fromEntries(
    Object.keys(properties).flatMap((name) => {
      const field = objectIn(properties, name) ?? {};
      const isLeft = name === left || (slip === "leaves defaults out" && "default" in field);
      return isLeft ? [] : [[name, filledIn(field, slip)]];
    }),
  );
  return { result: { action: "accept", content: { ...content, ...objectIn(answer, "content") } } };
}

/** What it writes into a field: the default, the first choice, or something that fits. */
function filledIn(field: Document, slip: string | undefined): unknown {
  const isList = field.type === "array";
  const choices = choicesIn(isList ? objectIn(field, "items") ?? {} : field);
  const [first] = choices;
  if (first) {
    const value = slip === "sends titles" ? first.title ?? first.value : first.value;
    if (slip === "sends a list where one is asked for") return [value];
    return isList ? [value] : slip === "sends titles" ? value : field.default ?? value;
  }
  if (slip === "fills in what does not fit") {
    return field.type === "string" ? "?" : field.type === "boolean" ? "yes" : 0.5 - Number(field.maximum ?? 0) * -2;
  }
  if (field.default !== undefined) return field.default;
  switch (field.type) {
    case "boolean":
      return true;
    case "integer":
    case "number":
      return field.minimum ?? 7;
    default:
      return texts[String(field.format)] ?? "Ada Lovelace";
  }
}

const texts: Readonly<Record<string, string>> = {
  email: "ada@example.com",
  uri: "https://example.com/ada",
  date: "2026-02-28",
  "date-time": "2026-02-28T12:30:00Z",
};

function choicesIn(field: Document): readonly { readonly value: unknown; readonly title: unknown }[] {
  const titled: readonly unknown[] = [field.oneOf, field.anyOf].find(Array.isArray) ?? [];
  if (titled.length > 0) {
    return titled.map((choice) => {
      const { const: value, title } = objectIn({ choice }, "choice") ?? {};
      return { value, title };
    });
  }
  const values: readonly unknown[] = Array.isArray(field.enum) ? field.enum : [];
  const names: readonly unknown[] = Array.isArray(field.enumNames) ? field.enumNames : [];
  return values.map((value, at) => ({ value, title: names[at] }));
}

function sample(
  params: Document,
  declared: Document,
  { setting: { slip }, count }: { readonly setting: Setting; readonly count: number },
): Outcome {
  const choice = objectIn(params, "toolChoice")?.mode;
  const hasTools = objectIn(objectIn(declared, "sampling"), "tools") !== undefined;
  const isWithTools = params.tools !== undefined || params.toolChoice !== undefined;
  if (isWithTools && !hasTools && slip !== "uses tools undeclared") return failure(INVALID_PARAMS, "No tools here");
  if (isBroken(params.messages) && slip !== "takes broken results of tools") {
    const isOdd = slip === "refuses broken results without a code";
    return failure(isOdd ? -32000 : INVALID_PARAMS, "Tool result missing in request");
  }
  const isTired = count > MOST_ROUNDS && slip !== "asks for tools for ever";
  if (isTired && choice === "required") return failure(REFUSED, "Enough of that");
  const wants = choice === "none"
    ? slip === "uses tools where it may not"
    : choice === "required"
    ? slip !== "uses no tool where it must"
    : params.tools !== undefined && !isTired;
  const role = slip === "answers as a system" ? "system" : "assistant";
  const model = slip === "names no model" ? {} : { model: "double-1" };
  if (wants) {
    const content = [{ type: "tool_use", id: `use-${count}`, name: "look_up", input: {} }];
    return { result: { role, content, ...model, stopReason: "toolUse" } };
  }
  const text = slip === "writes on and on" ? "and so on ".repeat(1000) : "Paris";
  return { result: { role, content: { type: "text", text }, ...model, stopReason: "endTurn" } };
}

/** Whether a use of a tool has no result, or a result stands beside something else. */
function isBroken(messages: unknown): boolean {
  const all: readonly unknown[] = Array.isArray(messages) ? messages : [];
  const typesOf = (message: unknown): readonly unknown[] => {
    const content = objectIn({ message }, "message")?.content;
    return [content].flat().map((block) => objectIn({ block }, "block")?.type);
  };
  return all.some((message, index) => {
    const types = typesOf(message);
    const isMixed = types.includes("tool_result") && types.some((type) => type !== "tool_result");
    const uses = types.filter((type) => type === "tool_use").length;
    const results = typesOf(all[index + 1]).filter((type) => type === "tool_result").length;
    return isMixed || (index < all.length - 1 && results < uses);
  });
}
