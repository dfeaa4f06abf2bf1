// Reading members of JSON of which nothing is certain.
import { isObject, type JsonObject } from "../http/json.ts";

/** A member that is an object. */
export function objectIn(object: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = object?.[name];
  return isObject(value) ? value : undefined;
}

/** A member that is a text. */
export function textIn(object: JsonObject | undefined, name: string): string | undefined {
  const value = object?.[name];
  return typeof value === "string" ? value : undefined;
}

/** A member that is a number. */
export function numberIn(object: JsonObject | undefined, name: string): number | undefined {
  const value = object?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The objects of a member that is an array; none if it is anything else. */
export function objectsIn(object: JsonObject | undefined, name: string): readonly JsonObject[] {
  const value = object?.[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
