// What is asked of an MCP server beside its lists: what it says of what it does not have, and what completes what people type.
import { isObject, type JsonObject } from "../http/json.ts";
import { textOf } from "../judge/reading.ts";
import { unknown } from "./aims.ts";
import { methodOf, type Observed, resultOf } from "./observed.ts";

/** Arguments whose completion is asked for: each is a request. */
const MAX_COMPLETED = 4;

/** Messages to a server with these capabilities, once its lists have been read. */
export function furtherQuestions(capabilities: unknown, observed: readonly Observed[]): readonly JsonObject[] {
  const has = isObject(capabilities) ? capabilities : {};
  const questions: readonly JsonObject[] = [
    ...(has.tools ? [{ method: "tools/call", params: { name: unknown.name, arguments: {} } }] : []),
    ...(has.logging ? [{ method: "logging/setLevel", params: { level: "info" } }] : []),
    ...(has.resources ? [{ method: "resources/read", params: { uri: unknown.uri } }] : []),
    ...(has.prompts ? [{ method: "prompts/get", params: { name: unknown.name } }] : []),
    ...(has.completions ? completable(observed).slice(0, MAX_COMPLETED).map(completionOf) : []),
  ];
  return questions.map((question, index) => ({ jsonrpc: "2.0", id: 60 + index, ...question }));
}

interface Completable {
  readonly ref: JsonObject;
  readonly name: string;
}

function completionOf({ ref, name }: Completable): JsonObject {
  return { method: "completion/complete", params: { ref, argument: { name, value: "" } } };
}

/** The arguments of prompts, and the variables of templates, that were listed. */
function completable(observed: readonly Observed[]): readonly Completable[] {
  const listed = (method: string, list: string): readonly JsonObject[] =>
    observed.filter((one) => methodOf(one) === method).map((one) => resultOf(one)?.[list]).filter(Array.isArray).flat()
      .filter(isObject);
  const prompts = listed("prompts/list", "prompts").flatMap((prompt) => {
    const names = Array.isArray(prompt.arguments) ? prompt.arguments.filter(isObject) : [];
    const ref = { type: "ref/prompt", name: textOf(prompt, "name") ?? "" };
    return names.map((argument) => ({ ref, name: textOf(argument, "name") ?? "" }));
  });
  const templates = listed("resources/templates/list", "resourceTemplates").flatMap((template) => {
    const uri = textOf(template, "uriTemplate") ?? "";
    const names = [...uri.matchAll(/\{[+#./;?&]?(\w+)/g)].map(([, name = ""]) => name);
    return names.map((name) => ({ ref: { type: "ref/resource", uri }, name }));
  });
  return [...templates, ...prompts];
}
