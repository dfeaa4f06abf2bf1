/**
 * Whether a value fits a JSON Schema, as far as that is certain. Schemas come from servers and values from clients, either of
 * which may be hostile: so no pattern is run, nothing is fetched, and work is bounded, all of which a validator made for
 * trusted schemas does otherwise. What a schema says beyond that is not held against a value.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../http/json.ts";

/** What is wrong with a value, to continue a sentence with; null where it fits; undefined where that cannot be told. */
export type Fit = string | null | undefined;

/** How many pairs of a value and a schema are looked at. */
const MAX_STEPS = 5000;
const MAX_DEPTH = 100;

/** Dialects in which the keywords that are looked at mean the same. */
const DIALECT = /^https?:\/\/json-schema\.org\/(?:draft\/20(?:19-09|20-12)|draft-0[67])\/schema#?$/;

interface Walk {
  /** The part whose `$id` is the nearest, or else the whole: what `#/` begins at. */
  readonly root: unknown;
  /** What was spent, together. */
  readonly spent: { steps: number };
}

/**
 * Holds a value against a schema.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const schema = { type: "object", properties: { days: { type: "integer" } }, required: ["days"] };
 * assert.equal(fitOf({ days: 3 }, schema), null);
 * assert.equal(fitOf({ days: "3" }, schema), "days is a string, and has to be of type integer");
 * assert.equal(fitOf({}, schema), "days is missing");
 * assert.equal(fitOf({ days: 3 }, { ...schema, $schema: "https://example.com/own" }), undefined);
 * ```
 */
export function fitOf(value: unknown, schema: unknown): Fit {
  const dialect = isObject(schema) ? schema.$schema : undefined;
  if (dialect !== undefined && (typeof dialect !== "string" || !DIALECT.test(dialect))) return undefined;
  return fit(value, schema, "", { root: schema, spent: { steps: 0 } }, 0);
}

function fit(value: unknown, schema: unknown, at: string, outer: Walk, depth: number): Fit {
  if (schema === true) return null;
  if (schema === false) return `${at || "it"} must not be there`;
  if (!isObject(schema) || depth > MAX_DEPTH) return undefined;
  outer.spent.steps += costOf(schema);
  if (outer.spent.steps > MAX_STEPS) return undefined;
  const walk = isResource(schema) ? { ...outer, root: schema } : outer;
  // Some drafts take nothing of what stands beside a reference, an `$id` included.
  if (walk.root !== outer.root && "$ref" in schema) return undefined;
  // What redaction has changed may have been anything.
  if (typeof value === "string" && value.includes("…")) return undefined;
  // Who says that something is so by default takes it, whatever else is said.
  if (Object.hasOwn(schema, "default") && isDeepStrictEqual(value, schema.default)) return null;
  if (value === null && schema.nullable === true) return undefined;
  // Drafts before 2019-09 take nothing of what stands beside a reference.
  if (typeof schema.$ref === "string") return combinedFit(value, { $ref: schema.$ref }, at, walk, depth);
  const found = [
    () => typeFit(value, schema, at),
    () => choiceFit(value, schema, at),
    () => boundFit(value, schema, at),
    () => objectFit(value, schema, at, walk, depth),
    () => arrayFit(value, schema, at, walk, depth),
    () => combinedFit(value, schema, at, walk, depth),
  ];
  return allOf(found);
}

/** Whether references below a part of a schema begin at it. */
function isResource({ $id }: JsonObject): boolean {
  return typeof $id === "string" && !$id.startsWith("#");
}

/** A long list of choices, or of members that are required, is work as well. */
function costOf({ enum: choices, required }: JsonObject): number {
  return [choices, required].reduce((cost: number, list) => cost + (Array.isArray(list) ? list.length / 100 : 0), 1);
}

/** The first thing that is wrong; undefined if anything is unknown, and nothing wrong. */
function allOf(parts: Iterable<() => Fit>): Fit {
  let all: Fit = null;
  for (const part of parts) {
    const one = part();
    if (typeof one === "string") return one;
    if (one === undefined) all = undefined;
  }
  return all;
}

/** The type of a value, as JSON Schema calls it. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function isOfType(value: unknown, type: unknown): boolean {
  return type === "integer" ? Number.isInteger(value) : typeOf(value) === type;
}

function typeFit(value: unknown, { type }: JsonObject, at: string): Fit {
  if (type === undefined) return null;
  const types = [type].flat();
  if (types.some((one) => isOfType(value, one))) return null;
  const own = typeOf(value);
  const article = /^[aeiou]/.test(own) ? "an" : "a";
  return `${at || "it"} is ${own === "null" ? own : `${article} ${own}`}, and has to be of type ${types.join(" or ")}`;
}

function choiceFit(value: unknown, schema: JsonObject, at: string): Fit {
  const choices = "const" in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : undefined;
  if (!choices || choices.some((one) => isDeepStrictEqual(one, value))) return null;
  if (typeof value === "object" && JSON.stringify(value).includes("…")) return undefined;
  return `${at || "it"} is none of the values that it can have`;
}

/** What is counted of a value, and the keywords that bound it. */
function sizeOf(value: unknown): readonly [size: number | undefined, least: string, most: string] {
  if (typeof value === "string") return [[...value].length, "minLength", "maxLength"];
  if (Array.isArray(value)) return [value.length, "minItems", "maxItems"];
  return [isObject(value) ? Object.keys(value).length : undefined, "minProperties", "maxProperties"];
}

/** Bounds of numbers, texts, lists and objects. */
function boundFit(value: unknown, schema: JsonObject, at: string): Fit {
  const [size, least, most] = sizeOf(value);
  const bounds:
    readonly (readonly [measured: unknown, name: string, isKept: (one: number, bound: number) => boolean])[] = [
      [value, "minimum", (one, bound) => one >= bound],
      [value, "maximum", (one, bound) => one <= bound],
      [value, "exclusiveMinimum", (one, bound) => one > bound],
      [value, "exclusiveMaximum", (one, bound) => one < bound],
      [size, least, (one, bound) => one >= bound],
      [size, most, (one, bound) => one <= bound],
    ];
  const broken = bounds.find(([measured, name, isKept]) => {
    const bound = schema[name];
    return typeof measured === "number" && typeof bound === "number" && !isKept(measured, bound);
  });
  if (broken) return `${at || "it"} does not keep ${broken[1]} ${String(schema[broken[1]])}`;
  if (typeof value === "number" && "multipleOf" in schema) return multipleFit(value, schema.multipleOf, at);
  // Formats and patterns are not looked at.
  return typeof value === "string" && ("pattern" in schema || "format" in schema) ? undefined : null;
}

/** Of fractions, validators differ on what a multiple is. */
function multipleFit(value: number, factor: unknown, at: string): Fit {
  if (!Number.isSafeInteger(value) || !Number.isSafeInteger(factor) || Number(factor) < 1) return undefined;
  return value % Number(factor) === 0 ? null : `${at || "it"} does not keep multipleOf ${String(factor)}`;
}

function objectFit(value: unknown, schema: JsonObject, at: string, walk: Walk, depth: number): Fit {
  if (!isObject(value)) return null;
  const { required, additionalProperties } = schema;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const missing = Array.isArray(required)
    ? required.find((name) => typeof name === "string" && !Object.hasOwn(value, name))
    : undefined;
  if (missing !== undefined) return `${at === "" ? "" : `${at}.`}${String(missing)} is missing`;
  const isClosed = additionalProperties === false && !isObject(schema.patternProperties);
  const others = "patternProperties" in schema || "propertyNames" in schema || "dependentSchemas" in schema;
  return allOf([
    ...Object.entries(value).map(([name, member]) => (): Fit => {
      const path = at === "" ? name : `${at}.${name}`;
      if (Object.hasOwn(properties, name)) return fit(member, properties[name], path, walk, depth + 1);
      if (isClosed) return `${path} is not one of its members`;
      return isObject(additionalProperties) && !others
        ? fit(member, additionalProperties, path, walk, depth + 1)
        : null;
    }),
    () => others ? undefined : null,
  ]);
}

function arrayFit(value: unknown, schema: JsonObject, at: string, walk: Walk, depth: number): Fit {
  if (!Array.isArray(value)) return null;
  const { items, prefixItems } = schema;
  // A list of schemas is what drafts before 2020-12 have.
  if (prefixItems !== undefined || Array.isArray(items) || "contains" in schema) return undefined;
  if (schema.uniqueItems === true) {
    const repeated = repeatedFit(value, at);
    if (repeated !== null) return repeated;
  }
  if (items === undefined) return null;
  return allOf(value.map((item, index) => () => fit(item, items, `${at}[${index}]`, walk, depth + 1)));
}

/** Whether a list has a value twice; of lists and objects, and what redaction may have made the same, that is not looked at. */
function repeatedFit(value: readonly unknown[], at: string): Fit {
  const isPlain = value.every((one) => typeof one === "string" ? !one.includes("…") : typeof one !== "object");
  if (!isPlain && value.length > 1) return undefined;
  return new Set(value).size === value.length ? null : `${at || "it"} has a value twice`;
}

/** Keywords that are not looked at. */
const unread = [
  "if",
  "not",
  "dependentRequired",
  "dependencies",
  "unevaluatedProperties",
  "unevaluatedItems",
  "$dynamicRef",
  "$recursiveRef",
];

function combinedFit(value: unknown, schema: JsonObject, at: string, walk: Walk, depth: number): Fit {
  const into = (one: unknown): Fit => fit(value, one, at, walk, depth + 1);
  const parts: (() => Fit)[] = [() => unread.some((name) => name in schema) ? undefined : null];
  const { $ref, allOf: all, anyOf, oneOf } = schema;
  if (typeof $ref === "string") {
    const target = pointed(walk.root, $ref, isResource);
    parts.push(() => target === undefined ? undefined : into(target));
  }
  if (Array.isArray(all)) parts.push(() => allOf(all.map((one) => () => into(one))));
  for (const some of [anyOf, oneOf]) {
    if (!Array.isArray(some)) continue;
    parts.push(() => {
      const fits = some.map(into);
      if (fits.every((one) => typeof one === "string")) return `${at || "it"} fits none of its alternatives`;
      const good = fits.filter((one) => one === null).length;
      if (some === oneOf) return good === 1 && !fits.includes(undefined) ? null : undefined;
      return good > 0 ? null : undefined;
    });
  }
  return allOf(parts);
}

/**
 * What a reference within the schema points to (RFC 6901); undefined for any other.
 *
 * @param isBorder What a reference does not lead through.
 */
export function pointed(
  root: unknown,
  reference: string,
  isBorder: (part: JsonObject) => boolean = () => false,
): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  return reference.slice(2).split("/").reduce<unknown>((holder, step) => {
    const name = decoded(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (holder !== root && isObject(holder) && isBorder(holder)) return undefined;
    return (isObject(holder) || Array.isArray(holder)) && Object.hasOwn(holder, name)
      ? Reflect.get(holder, name)
      : undefined;
  }, root);
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
