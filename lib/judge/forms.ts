/**
 * Forms that a server has a person fill in: what a value has to be like, by the restricted JSON Schema that they are made of.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import type { Fit } from "./schema_fit.ts";

/** A field of a form. */
export interface Field {
  readonly name: string;
  readonly schema: JsonObject;
  readonly isRequired: boolean;
  /** The values that there are to choose from; undefined if it is no choice. */
  readonly choices: readonly Choice[] | undefined;
  /** Whether several can be chosen. */
  readonly isMultiple: boolean;
}

/** A value to choose, and what a person sees of it. */
export interface Choice {
  readonly value: unknown;
  readonly title: string | undefined;
}

/**
 * The fields of a form, in order.
 *
 * @param schema The `requestedSchema`, unchecked.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#requested-schema}
 */
export function fieldsOf(schema: unknown): readonly Field[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).flatMap(([name, field]): readonly Field[] => {
    if (!isObject(field)) return [];
    const isMultiple = field.type === "array";
    const choices = choicesIn(isMultiple && isObject(field.items) ? field.items : field);
    return [{ name, schema: field, isRequired: required.includes(name), choices, isMultiple }];
  });
}

function choicesIn(schema: JsonObject): readonly Choice[] | undefined {
  const titled = [schema.oneOf, schema.anyOf].find(Array.isArray);
  if (titled) {
    return titled.filter(isObject).map(({ const: value, title }) => ({
      value,
      title: typeof title === "string" ? title : undefined,
    }));
  }
  if (!Array.isArray(schema.enum)) return undefined;
  const names: readonly unknown[] = Array.isArray(schema.enumNames) ? schema.enumNames : [];
  return schema.enum.map((value, at) => {
    const title = names[at];
    return { value, title: typeof title === "string" ? title : undefined };
  });
}

/** What a value that is no choice does not fit, to continue a sentence with: `is not a date`. No pattern is run: both are hostile. */
export function misfitOf(schema: JsonObject, value: unknown): Fit {
  switch (schema.type) {
    case "string":
      return typeof value === "string" ? textMisfit(schema, value) : "is not a text";
    case "integer":
      return Number.isInteger(value) ? numberMisfit(schema, Number(value)) : "is not an integer";
    case "number":
      return typeof value === "number" ? numberMisfit(schema, value) : "is not a number";
    case "boolean":
      return typeof value === "boolean" ? null : "is neither true nor false";
    default:
      return null;
  }
}

function numberMisfit({ minimum, maximum }: JsonObject, value: number): Fit {
  if (typeof minimum === "number" && value < minimum) return `is less than ${minimum}`;
  return typeof maximum === "number" && value > maximum ? `is more than ${maximum}` : null;
}

function textMisfit({ minLength, maxLength, pattern, format }: JsonObject, value: string): Fit {
  const { length } = [...value];
  if (typeof minLength === "number" && length < minLength) return `is shorter than ${minLength} characters`;
  if (typeof maxLength === "number" && length > maxLength) return `is longer than ${maxLength} characters`;
  const check = typeof format === "string" ? formats.get(format) : undefined;
  if (check && !check.fits(value)) return `is not ${check.noun}`;
  return pattern === undefined ? null : undefined;
}

/** The formats that there are for texts; each takes what is in doubt. */
const formats: ReadonlyMap<string, { readonly noun: string; readonly fits: (value: string) => boolean }> = new Map([
  ["email", { noun: "an e-mail address", fits: (value: string) => /^[^\s@]+@[^\s@]+$/.test(value) }],
  ["uri", { noun: "a URI", fits: (value: string) => /^[a-z][a-z\d+.-]*:\S+$/i.test(value) }],
  ["date", { noun: "a date", fits: isDate }],
  ["date-time", {
    noun: "a date with a time",
    fits: (value: string) =>
      /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) && isDate(value.slice(0, 10)),
  }],
]);

/** A day of the calendar (RFC 3339, full-date). */
function isDate(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const ms = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value);
}
