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

/** The references of a part of a schema that nothing in the whole of it answers. */
export function externalRefs(part: unknown, whole: unknown = part): readonly string[] {
  const base = isObject(whole) && typeof whole.$id === "string" ? whole.$id : undefined;
  const placeOf = (uri: string): string =>
    (URL.canParse(uri, base) ? new URL(uri, base).href : uri).replace(/#.*$/s, "");
  const ids = new Set<string>();
  for (const [{ $id, id }] of objectsIn(whole)) {
    for (const name of [$id, id]) if (typeof name === "string") ids.add(placeOf(name));
  }
  const refs = [...objectsIn(part)].flatMap(([{ $ref }]) => typeof $ref === "string" ? $ref : []);
  return refs.filter((ref) => !ref.startsWith("#") && !META.test(ref) && !ids.has(placeOf(ref)));
}

/** The references of a schema that are URLs of a network. */
export function networkRefs(schema: unknown): readonly string[] {
  return externalRefs(schema).filter((ref) => /^https?:\/\//i.test(ref));
}

/** Whether a part of a schema cannot be read without what lies elsewhere, followed through references within the schema. */
export function leadsOut(part: unknown, root: unknown, depth = 0): boolean {
  if (depth > 20) return false;
  if (externalRefs(part, root).length > 0) return true;
  for (const [{ $ref }] of objectsIn(part)) {
    if (typeof $ref !== "string" || !$ref.startsWith("#")) continue;
    const target = pointed(root, $ref);
    if (target !== root && target !== part && leadsOut(target, root, depth + 1)) return true;
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
    if (typeof object.pattern === "string" && /\([^()]*[+*][^()]*\)[+*{]/.test(object.pattern)) {
      pattern ??= object.pattern;
    }
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
    for (const [bracket] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
      if (bracket === "{") [level, objects] = [level + 1, objects + 1];
      else if (bracket === "}") level--;
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
