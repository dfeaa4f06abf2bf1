// What calls of a recording were answered with, as answers of a catalogue: by arguments, and those of the same in their order.
import { isObject, isSameJson, type JsonObject } from "../http/json.ts";
import { unknown } from "./aims.ts";
import type { Lists } from "../scenarios/mcp_catalogue.ts";
import { answerOf, messageOf, methodOf, type Observed } from "./observed.ts";
import { translated } from "./differences.ts";

/** The requests that an entry of a list is asked by, and what of their results a catalogue has a place for. */
const kinds = {
  tools: { method: "tools/call", key: "name", members: ["content", "structuredContent", "isError", "_meta"] },
  resources: { method: "resources/read", key: "uri", members: ["contents", "ttlMs", "cacheScope", "_meta"] },
  prompts: { method: "prompts/get", key: "name", members: ["description", "messages", "_meta"] },
} as const;

/** What an entry gives when it is asked for; nothing where nobody asked for it. */
export function recordedAnswers(list: keyof Lists, key: string, observed: readonly Observed[]): JsonObject {
  if (list === "resourceTemplates") return {};
  const kind = kinds[list];
  const asked = observed.filter((one) => methodOf(one) === kind.method && paramsOf(one)[kind.key] === key);
  const answers = asked.flatMap((one) => {
    const gives = givesOf(answerOf(one), kind.members);
    const when = isObject(paramsOf(one).arguments) ? { when: paramsOf(one).arguments } : {};
    return gives ? [list === "resources" ? gives : { ...when, ...gives }] : [];
  });
  const turns = withoutRepeats(answers);
  return turns.length === 0 ? {} : { answer: turns.length === 1 ? turns[0] : turns };
}

/** Entries of what was asked for, as good as they can be made up where a recording has no list of them. */
export function calledOf(list: keyof Lists, observed: readonly Observed[]): readonly JsonObject[] {
  if (list === "resourceTemplates") return [];
  const { method, key } = kinds[list];
  const asked = observed.filter((one) => methodOf(one) === method && isObject(answerOf(one)?.result));
  const isKnown = (name: unknown): boolean => name !== unknown.name && name !== unknown.uri;
  return asked.map((one) => paramsOf(one)[key]).filter((name) => typeof name === "string").filter(isKnown).map((
    name,
  ) => ({
    ...(list === "resources" ? { uri: name, name } : { name }),
    ...(list === "tools" ? { inputSchema: { type: "object" } } : {}),
  }));
}

/** The parameters of a message. */
export function paramsOf(observed: Observed): JsonObject {
  const params = messageOf(observed)?.params;
  return isObject(params) ? params : {};
}

/** An answer as a catalogue has it; undefined for one that a catalogue cannot give. */
function givesOf(answer: JsonObject | undefined, members: readonly string[]): JsonObject | undefined {
  if (isObject(answer?.error)) {
    const { code, message, data } = answer.error;
    return { error: { code, message, ...(data === undefined ? {} : { data }) } };
  }
  if (!isObject(answer?.result) || answer.result.resultType === "input_required") return undefined;
  const known = Object.entries(answer.result).filter(([name]) => members.includes(name));
  return translated(Object.fromEntries(known), withoutTemplates);
}

/** A text that a catalogue gives as it is, though it looks like one of its templates. */
function withoutTemplates(text: string): string {
  return text.replace(/\{(?:arguments|inputResponses)\.[^{}\s]+\}/g, "{$&}");
}

/** Answers less those at the end of what is asked alike which only say the same again: the last one stays in any case. */
function withoutRepeats(answers: readonly JsonObject[]): readonly JsonObject[] {
  return answers.filter((answer, at) => {
    const before = answers.slice(0, at).findLast(({ when }) => isSameJson(when, answer.when));
    return before === undefined || !isSameJson(before, answer) ||
      answers.slice(at + 1).some((later) => isSameJson(later.when, answer.when) && !isSameJson(later, answer));
  });
}
