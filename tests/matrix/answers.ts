/** What the programs of both SDKs answer where a server asks them for something, as an app does that agrees to everything. */
import { isObject } from "../../lib/http/json.ts";

/** What they declare in scenarios that ask for something. */
export const capabilities = {
  elicitation: { form: { applyDefaults: true }, url: {} },
  sampling: { tools: {} },
  roots: { listChanged: true },
} as const;

type Value = string | number | boolean | string[];

/** The answer to an elicitation: a form is filled in with what is required, and a URL is agreed to. */
export function elicited(params: Readonly<Record<string, unknown>>): {
  readonly action: "accept";
  readonly content?: Record<string, Value>;
} {
  if (params.mode === "url") return { action: "accept" };
  const schema = isObject(params.requestedSchema) ? params.requestedSchema : {};
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const fields = Object.entries(isObject(schema.properties) ? schema.properties : {});
  return {
    action: "accept",
    content: Object.fromEntries(
      fields.flatMap(([name, field]) => required.includes(name) && isObject(field) ? [[name, valueFor(field)]] : []),
    ),
  };
}

function valueFor(field: Readonly<Record<string, unknown>>): Value {
  if (field.type === "array") return [String(firstOf(isObject(field.items) ? field.items : {}))];
  if (field.type === "boolean") return true;
  if (field.type === "integer" || field.type === "number") return Number(field.minimum ?? 1);
  return String(firstOf(field) ?? texts[String(field.format)] ?? "Ada");
}

function firstOf(field: Readonly<Record<string, unknown>>): unknown {
  const [choice] = [field.oneOf, field.anyOf].flatMap((list) => Array.isArray(list) ? list : []);
  if (isObject(choice)) return choice.const;
  return Array.isArray(field.enum) ? field.enum[0] : undefined;
}

const texts: Readonly<Record<string, string>> = {
  email: "ada@example.com",
  uri: "https://example.com",
  date: "2026-02-28",
  "date-time": "2026-02-28T12:30:00Z",
};

/** The answer of a model, which asks for a tool where it has some and may. */
export function sampled(params: Readonly<Record<string, unknown>>): {
  readonly role: "assistant";
  readonly model: string;
  readonly content: { readonly type: "text"; readonly text: string } | {
    readonly type: "tool_use";
    readonly id: string;
    readonly name: string;
    readonly input: Record<string, unknown>;
  };
} {
  const model = { role: "assistant", model: "a-model" } as const;
  const choice = isObject(params.toolChoice) ? params.toolChoice.mode : undefined;
  const [tool]: readonly unknown[] = Array.isArray(params.tools) ? params.tools : [];
  if (!isObject(tool) || choice === "none") return { ...model, content: { type: "text", text: "Paris" } };
  return { ...model, content: { type: "tool_use", id: "use", name: String(tool.name), input: { city: "Paris" } } };
}

/** The roots. */
export const roots = { roots: [{ uri: "file:///work", name: "Work" }] };
