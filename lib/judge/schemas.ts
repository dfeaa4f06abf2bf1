/**
 * What a JSON Schema holds: references to elsewhere, and how much work it is.
 *
 * @module
 */
import { isObject } from "../http/json.ts";
import { pointed } from "./schema_fit.ts";

/** Nodes that are looked at: what is larger is heavy, whatever else it holds. */
const MAX_NODES = 50_000;

/** How much work a schema is. */
export interface Weight {
  readonly levels: number;
  readonly subschemas: number;
  /** A pattern that repeats what is repeated already, which takes some engines for ever. */
  readonly pattern: string | undefined;
}

/** A schema that is more work than this calls for bounds: nobody writes one by hand. */
const HEAVY = { levels: 100, subschemas: 5000 } as const;

/** Visits every object of a schema, parents first, without recursion: it may be deeper than a stack. */
function* objectsIn(schema: unknown): Generator<readonly [object: Readonly<Record<string, unknown>>, level: number]> {
  const waiting: (readonly [unknown, number])[] = [[schema, 1]];
  for (let seen = 0; waiting.length > 0 && seen < MAX_NODES; seen++) {
    const [value, level] = waiting.pop() ?? [undefined, 0];
    if (isObject(value)) yield [value, level];
    if (typeof value !== "object" || value === null) continue;
    const below = isObject(value) ? level + 1 : level;
    for (const item of Object.values(value)) {
      if (typeof item === "object" && item !== null) waiting.push([item, below]);
    }
  }
}

/** Schemas of schemas, which every validator has. */
const META = /^https?:\/\/json-schema\.org\//;

/** Gives a URL without its fragment; what is none as it is. */
function placeOf(uri: string, base: string | undefined): string {
  return (URL.canParse(uri, base) ? new URL(uri, base).href : uri).replace(/#.*$/s, "");
}

function baseOf(whole: unknown): string | undefined {
  return isObject(whole) && typeof whole.$id === "string" ? whole.$id : undefined;
}

/** The places that a schema says it has parts for; gone with the schema. */
const places = new WeakMap<object, ReadonlySet<string>>();

function placesIn(whole: unknown): ReadonlySet<string> {
  const key = isObject(whole) ? whole : {};
  const found = places.get(key) ?? new Set(
    [...objectsIn(whole)].flatMap(([{ $id, id }]) =>
      [$id, id].flatMap((name) => typeof name === "string" ? [placeOf(name, baseOf(whole))] : [])
    ),
  );
  places.set(key, found);
  return found;
}

function isExternal(ref: string, whole: unknown): boolean {
  return !ref.startsWith("#") && !META.test(ref) && !placesIn(whole).has(placeOf(ref, baseOf(whole)));
}

/** The references of a part of a schema that nothing in the whole of it answers. */
export function externalRefs(part: unknown, whole: unknown = part): readonly string[] {
  return [...objectsIn(part)].flatMap(([{ $ref }]) => typeof $ref === "string" && isExternal($ref, whole) ? $ref : []);
}

/** The references of a schema that are URLs of a network. */
export function networkRefs(schema: unknown): readonly string[] {
  return externalRefs(schema).filter((ref) => /^https?:\/\//i.test(ref));
}

/**
 * Whether a part of a schema cannot be read without what lies elsewhere, followed through references within the schema. Each
 * part is visited once: what refers to the same from two places would be twice the work at every level.
 */
export function leadsOut(part: unknown, root: unknown): boolean {
  const seen = new Set<unknown>();
  const waiting = [part];
  while (waiting.length > 0 && seen.size < MAX_NODES) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isObject(value) && typeof value.$ref === "string") {
      if (isExternal(value.$ref, root)) return true;
      const target = pointed(root, value.$ref);
      if (target !== root) waiting.push(target);
    }
    for (const item of Object.values(value)) waiting.push(item);
  }
  return false;
}

/** Whether a pattern has a group without another in it that repeats something and is repeated itself: `(a+)+`. */
function repeatsRepeated(pattern: string): boolean {
  let [isInGroup, repeats] = [false, false];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character === ")" && isInGroup && repeats && "+*{".includes(pattern.charAt(at + 1) || " ")) return true;
    if (character === "(" || character === ")") [isInGroup, repeats] = [character === "(", false];
    else if (character === "+" || character === "*") repeats = true;
  }
  return false;
}

/** How much work a schema is. */
export function weightOf(schema: unknown): Weight {
  let [levels, subschemas] = [0, 0];
  let pattern: string | undefined;
  for (const [object, level] of objectsIn(schema)) {
    levels = Math.max(levels, level);
    subschemas++;
    if (typeof object.pattern === "string" && repeatsRepeated(object.pattern)) pattern ??= object.pattern;
  }
  return { levels, subschemas, pattern };
}

/**
 * Whether the beginning of a list of tools, of which the record has no more, is that of a heavy schema: it nests deeper than any
 * that is written by hand, or has more objects for each tool than these do.
 */
export function isHeavyText(json: string): boolean {
  const [, ...tools] = json.split('"inputSchema":');
  return tools.some((text) => {
    let [level, levels, objects] = [0, 0, 0];
    let isInText = false;
    for (let at = 0; at < text.length; at++) {
      const character = text.charAt(at);
      if (character === '"') isInText = !isInText;
      else if (isInText && character === "\\") at++;
      else if (!isInText && character === "{") [level, objects] = [level + 1, objects + 1];
      else if (!isInText && character === "}") level--;
      levels = Math.max(levels, level);
    }
    return levels > HEAVY.levels || objects > OBJECTS_PER_TOOL;
  });
}

/** More objects than a tool that is written by hand has. */
const OBJECTS_PER_TOOL = 150;

/** Whether a schema calls for bounds. */
export function isHeavy({ levels, subschemas, pattern }: Weight): boolean {
  return levels > HEAVY.levels || subschemas > HEAVY.subschemas || pattern !== undefined;
}
