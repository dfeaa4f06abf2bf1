// Data that fits a JSON Schema, for tools that say what they return and not what it is: clients check it.
import { isObject } from "../http/json.ts";

/** How deep it goes; below that, members that need not be there are left out. */
const MAX_DEPTH = 4;
/** A schema that refers to itself without end gets nothing there. */
const MAX_LEVELS = 20;

const texts: Readonly<Record<string, string>> = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  email: "ada@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

/**
 * Makes data that fits a schema, as far as its type, its choices and its bounds go.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const schema = { type: "object", properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } } };
 * assert.deepEqual(sampleOf(schema), { city: "text", days: 1 });
 * ```
 */
export function sampleOf(schema: unknown): unknown {
  return sample(schema, schema, 0);
}

function sample(schema: unknown, root: unknown, depth: number): unknown {
  if (!isObject(schema) || depth > MAX_LEVELS) return null;
  if ("const" in schema) return schema.const;
  if ("default" in schema) return schema.default;
  for (const choices of [schema.examples, schema.enum]) {
    if (Array.isArray(choices) && choices.length > 0) return choices[0];
  }
  if (typeof schema.$ref === "string") return sample(pointed(root, schema.$ref), root, depth + 1);
  for (const some of [schema.oneOf, schema.anyOf]) {
    if (Array.isArray(some) && some.length > 0) return sample({ ...schema, ...bare(some[0]) }, root, depth + 1);
  }
  if (Array.isArray(schema.allOf)) return sample(merged(schema, schema.allOf, root), root, depth + 1);
  return ofType(schema, root, depth);
}

/** An alternative, which is looked at instead of the choice between all. */
function bare(alternative: unknown): object {
  return { oneOf: undefined, anyOf: undefined, ...(isObject(alternative) ? alternative : {}) };
}

function merged(
  { allOf: _, ...schema }: Readonly<Record<string, unknown>>,
  parts: readonly unknown[],
  root: unknown,
): object {
  const whole: Record<string, unknown> = { ...schema };
  for (const part of parts) {
    const found = isObject(part) && typeof part.$ref === "string" ? pointed(root, part.$ref) : part;
    if (!isObject(found)) continue;
    const properties = { ...entriesOf(whole.properties), ...entriesOf(found.properties) };
    const required = [...listOf(whole.required), ...listOf(found.required)];
    Object.assign(whole, found, { properties, required });
  }
  return whole;
}

function ofType(schema: Readonly<Record<string, unknown>>, root: unknown, depth: number): unknown {
  const { type, properties, items, format, minLength, minimum, exclusiveMinimum, minItems } = schema;
  const [first] = Array.isArray(type) ? type : [type ?? (isObject(properties) ? "object" : undefined)];
  switch (first) {
    case "object": {
      const required = listOf(schema.required);
      const members = Object.entries(entriesOf(properties)).filter(([name]) =>
        depth < MAX_DEPTH || required.includes(name)
      );
      return Object.fromEntries(members.map(([name, member]) => [name, sample(member, root, depth + 1)]));
    }
    case "array": {
      const length = typeof minItems === "number" ? Math.min(minItems, 100) : depth < MAX_DEPTH ? 1 : 0;
      return Array.from({ length }, () => sample(items, root, depth + 1));
    }
    case "string": {
      const text = (typeof format === "string" ? texts[format] : undefined) ?? "text";
      return typeof minLength === "number" ? text.padEnd(Math.min(minLength, 10_000), "t") : text;
    }
    case "integer":
    case "number":
      if (typeof minimum === "number") return first === "integer" ? Math.ceil(minimum) : minimum;
      return typeof exclusiveMinimum === "number" ? Math.floor(exclusiveMinimum) + 1 : 0;
    case "boolean":
      return true;
    default:
      return null;
  }
}

/** What a reference within the schema points to (RFC 6901). */
function pointed(root: unknown, reference: string): unknown {
  if (!reference.startsWith("#")) return undefined;
  return reference.split("/").slice(1).reduce<unknown>((holder, step) => {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    return isObject(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
  }, root);
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
