/** Ways to the places in a value, and values with something else there. */
import type { Chance } from "./chance.ts";
import { isList, isObject, type Json } from "./message.ts";

/** The way to something in a value. */
export type Way = readonly (string | number)[];

/** The ways to everything in a value. */
export function waysIn(value: Json, way: Way = []): readonly Way[] {
  if (isList(value)) return [way, ...value.flatMap((item, index) => waysIn(item, [...way, index]))];
  if (!isObject(value)) return [way];
  return [way, ...Object.entries(value).flatMap(([name, member]) => waysIn(member, [...way, name]))];
}

function at(value: Json, way: Way): Json | undefined {
  return way.reduce<Json | undefined>((found, name) => {
    if (found === undefined || found === null || typeof found !== "object") return undefined;
    return isList(found) ? found[Number(name)] : found[name];
  }, value);
}

/** A value with something else at the end of a way. */
export function put(value: Json, [first, ...rest]: Way, replacement: Json): Json {
  if (first === undefined) return replacement;
  if (isList(value)) return value.map((item, index) => index === first ? put(item, rest, replacement) : item);
  if (!isObject(value)) return value;
  return Object.fromEntries([
    ...Object.entries(value).filter(([name]) => name !== first),
    [String(first), put(value[first] ?? null, rest, replacement)],
  ]);
}

/** A value with something else in one of its places. */
export function replaceLeaf(value: Json, chance: Chance, replacement: Json, which = /./): Json {
  const ways = waysIn(value).filter((way) => way.length > 0 && which.test(way.map(String).join(".")));
  return ways.length === 0 ? value : put(value, chance.pick(ways), replacement);
}

/** Puts something into an object or list, rather into a deep one: those tend to be open to anything. */
export function grow(value: Json, chance: Chance, addition: Json): Json {
  const holders = waysIn(value).filter((way) => {
    const held = at(value, way);
    return isList(held ?? null) || isObject(held);
  });
  if (holders.length === 0) return addition;
  const way = chance.happens(0.7) ? holders.at(-1) ?? [] : chance.pick(holders);
  const holder = at(value, way) ?? null;
  if (isList(holder)) return put(value, way, [...holder, addition]);
  if (!isObject(holder)) return value;
  const names = Object.keys(holder);
  const name = names.length > 0 && chance.happens(0.5) ? chance.pick(names) : "zz";
  return put(value, [...way, name], addition);
}
