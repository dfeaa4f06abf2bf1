// The templates that the answers of a catalogue may hold: `{arguments.city}` for what a call brings, and
// `{inputResponses.name.content.age}` for what the client has answered to a question. There is no more language than that.
// Anything else between braces is text, as what servers answer may well hold some.

/** What a template begins with. */
export type TemplateRoot = "arguments" | "inputResponses";

/** A template, or what two braces keep from being one. */
const ANY = /\{\{((?:arguments|inputResponses)\.[^{}\s]+)\}\}|\{((arguments|inputResponses)\.[^{}\s]+)\}/g;
const SOLE = /^\{((?:arguments|inputResponses)\.[^{}\s]+)\}$/;

/** A template, and where it stands. */
interface FoundTemplate {
  readonly path: readonly (string | number)[];
  readonly root: TemplateRoot;
  /** What follows its root: an argument, or a question. */
  readonly name: string;
  /** What stands between its braces. */
  readonly written: string;
}

/** The templates in all texts of a JSON value. */
export function argumentTemplatesIn(value: unknown, path: FoundTemplate["path"] = []): readonly FoundTemplate[] {
  if (typeof value === "string") {
    return [...value.matchAll(ANY)].flatMap(([, , written, root]) => {
      if (written === undefined) return [];
      const [, name = ""] = written.split(".");
      return [{ path, written, name, root: root === "arguments" ? root : "inputResponses" }];
    });
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => argumentTemplatesIn(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => argumentTemplatesIn(item, [...path, name]));
}

/** What templates stand for: `arguments` and `inputResponses`, unchecked. */
export type TemplateValues = Readonly<Record<TemplateRoot, unknown>>;

/**
 * Fills the templates in all texts of a JSON value; what is not there becomes nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const values = { arguments: { city: "Bonn", days: 3 }, inputResponses: {} };
 * assert.deepEqual(fillArguments({ text: "{arguments.city}, {{arguments.city}}, {x}" }, values), {
 *   text: "Bonn, {arguments.city}, {x}",
 * });
 * assert.deepEqual(fillArguments({ days: "{arguments.days}" }, values), { days: "3" });
 * ```
 */
export function fillArguments<T>(value: T, values: TemplateValues): T;
export function fillArguments(value: unknown, values: TemplateValues): unknown {
  return filled(value, (text) => fillText(text, values));
}

/**
 * The same for data: a text that is one template, and nothing else, becomes what that stands for, so that a number stays a
 * number; null where it is not there.
 */
export function fillData(value: unknown, values: TemplateValues): unknown {
  return filled(value, (text) => {
    const sole = SOLE.exec(text)?.[1];
    return sole === undefined ? fillText(text, values) : at(values, sole) ?? null;
  });
}

function filled(value: unknown, fill: (text: string) => unknown): unknown {
  if (typeof value === "string") return value.includes("{") ? fill(value) : value;
  if (Array.isArray(value)) return value.map((item) => filled(item, fill));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, fill)]));
}

function fillText(text: string, values: TemplateValues): string {
  return text.replace(ANY, (_, kept: string | undefined, written = "") => {
    if (kept !== undefined) return `{${kept}}`;
    const found = at(values, written);
    return typeof found === "string" ? found : found === undefined ? "" : JSON.stringify(found);
  });
}

function at(values: TemplateValues, written: string): unknown {
  return written.split(".").reduce<unknown>(
    (holder, name) =>
      typeof holder === "object" && holder !== null && Object.hasOwn(holder, name)
        ? Reflect.get(holder, name)
        : undefined,
    values,
  );
}
