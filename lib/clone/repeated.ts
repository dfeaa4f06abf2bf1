// Lists with several entries of one name. A catalogue has one of each, as a call can reach but one.
import { isObject, type JsonObject } from "../http/json.ts";
import { textOf } from "../judge/reading.ts";
import { messageOf, type Observed, resultOf } from "./observed.ts";
import type { Lists } from "../scenarios/mcp_catalogue.ts";

/** What the entries of each list are told apart by. */
export const entryKeys = {
  tools: "name",
  resources: "uri",
  resourceTemplates: "uriTemplate",
  prompts: "name",
} as const satisfies Readonly<Record<keyof Lists, string>>;

/** The names that several entries of one page have. */
export function repeatedIn(pages: readonly (readonly JsonObject[])[], key: string): readonly string[] {
  const repeated = new Set<string>();
  for (const page of pages) {
    const known = new Set<string>();
    for (const name of page.map((entry) => textOf(entry, key) ?? "")) {
      if (known.has(name)) repeated.add(name);
      known.add(name);
    }
  }
  return [...repeated];
}

/**
 * Whether a member of an answer is a whole list with several entries of one name, which no catalogue has.
 *
 * @param path Such as `result.tools`.
 */
export function isRepeating(path: string, observed: Observed): boolean {
  const list = names.find((name) => path === `result.${name}`);
  const { [list ?? ""]: entries, nextCursor } = resultOf(observed) ?? {};
  const params = messageOf(observed)?.params;
  const isPage = nextCursor !== undefined || (isObject(params) && params.cursor !== undefined);
  return list !== undefined && Array.isArray(entries) && !isPage &&
    repeatedIn([entries.filter(isObject)], entryKeys[list]).length > 0;
}

const names = ["tools", "resources", "resourceTemplates", "prompts"] as const;
