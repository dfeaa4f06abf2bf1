// What the MCP server of a clone declares: who it is and what it lists, as it was listed.
import { isObject, type JsonObject } from "../http/json.ts";
import { listOf, textOf } from "../judge/reading.ts";
import { defined } from "../runtime/defined.ts";
import type { Catalogue, Lists, Paging } from "../scenarios/mcp_catalogue.ts";
import { catalogueSchema } from "../scenarios/schema/catalogue_schema.ts";
import { literalText } from "../scenarios/catalogue_templates.ts";
import { calledOf, paramsOf, recordedAnswers } from "./answers.ts";
import { translated } from "./differences.ts";
import { entryKeys, repeatedIn } from "./repeated.ts";
import { methodOf, type Observed, resultOf } from "./observed.ts";

/** The lists by the methods that read them. */
const lists = {
  "tools/list": "tools",
  "resources/list": "resources",
  "resources/templates/list": "resourceTemplates",
  "prompts/list": "prompts",
} as const satisfies Readonly<Record<string, keyof Lists>>;

/** What was read of a server's lists. */
export interface ReadCatalogue {
  /** Undefined where nothing was listed. */
  readonly catalogue: Catalogue | undefined;
  /** What could not be taken over, and why. */
  readonly problems: readonly string[];
}

/** Reads what a server declares. */
export function readCatalogue(observed: readonly Observed[]): ReadCatalogue {
  const problems: string[] = [];
  const said = observed.filter((one) => ["initialize", "server/discover"].includes(methodOf(one) ?? "")).map(resultOf);
  const serverInfo = said.map(serverInfoOf).find(isObject);
  const instructions = said.map((result) => textOf(result, "instructions")).find((text) => text !== undefined);
  const declared: Record<string, unknown> = defined({ serverInfo, instructions });
  const paged: [list: string, cut: Paging][] = [];
  for (const [method, list] of Object.entries(lists)) {
    const key = entryKeys[list];
    const pages = pagesOf(method, list, observed);
    const listed = unique([...pages.flat(), ...calledOf(list, observed)], key);
    if (pages.length === 0 && listed.length === 0) continue;
    if (isCutShort(method, observed)) problems.push(`the pages of ${method} behind the ${pages.length} that were read`);
    problems.push(...repeatedIn(pages, key).map((name) => `${list}.${name}: calls of all but the first of that name`));
    declared[list] = listed.map((entry) => ({
      ...entry,
      ...recordedAnswers(list, textOf(entry, key) ?? "", observed),
      ...completedOf(list, textOf(entry, key) ?? "", observed),
    }));
    const cut = pagingOf(method, pages, { key, observed });
    if (cut) paged.push([list, cut]);
  }
  if (paged.length > 0) declared.pages = Object.fromEntries(paged);
  if (Object.keys(declared).length === 0) return { catalogue: undefined, problems };
  // What a list has beside that is another server's own; where nothing was listed, there is nothing.
  const catalogue = fitting({ tools: [], ...translated(declared, literalText) }, problems);
  return { catalogue, problems };
}

/** What completes the arguments of an entry, as far as somebody has asked. */
function completedOf(list: keyof Lists, key: string, observed: readonly Observed[]): JsonObject {
  const member = { prompts: "name", resourceTemplates: "uri", tools: undefined, resources: undefined }[list];
  const complete: Record<string, readonly string[]> = {};
  for (const one of observed.filter((one) => methodOf(one) === "completion/complete")) {
    const { ref, argument } = paramsOf(one);
    const { completion } = resultOf(one) ?? {};
    if (!member || !isObject(ref) || !isObject(argument) || !isObject(completion) || ref[member] !== key) continue;
    const name = textOf(argument, "name") ?? "";
    complete[name] = [...new Set([...complete[name] ?? [], ...listOf(completion, "values") ?? []])];
  }
  return Object.keys(complete).length === 0 ? {} : { complete };
}

/** Who a server says it is: in 2026-07-28 beside the result, before that in it. */
function serverInfoOf(result: JsonObject | undefined): unknown {
  const meta = isObject(result?._meta) ? result._meta : {};
  return result?.serverInfo ?? meta["io.modelcontextprotocol/serverInfo"];
}

/** The pages of a list, in the order in which they were read. */
function pagesOf(method: string, list: string, observed: readonly Observed[]): readonly (readonly JsonObject[])[] {
  const pages = observed.filter((one) => methodOf(one) === method).map(resultOf).map((result) => result?.[list]);
  return pages.filter((page) => Array.isArray(page)).map((page) => page.filter(isObject));
}

/** Whether the last page that was read leads to another. */
function isCutShort(method: string, observed: readonly Observed[]): boolean {
  const last = observed.filter((one) => methodOf(one) === method).map(resultOf).findLast((result) =>
    result !== undefined
  );
  return textOf(last, "nextCursor") !== undefined;
}

/** The entries that come first of each name: a list may have been read several times. */
function unique(entries: readonly JsonObject[], key: string): readonly JsonObject[] {
  const known = new Map<unknown, JsonObject>();
  for (const entry of entries) if (!known.has(entry[key])) known.set(entry[key], entry);
  return [...known.values()];
}

/** How a list is cut, if it is. */
function pagingOf(
  method: string,
  pages: readonly (readonly JsonObject[])[],
  { key, observed }: { readonly key: string; readonly observed: readonly Observed[] },
): Paging | undefined {
  const cursors = observed.filter((one) => methodOf(one) === method)
    .map((one) => textOf(resultOf(one), "nextCursor")).filter((cursor) => cursor !== undefined);
  if (cursors.length === 0) return undefined;
  const known = [...new Set(cursors)];
  // It may have been read several times.
  return { page_sizes: pages.slice(0, known.length).map((page) => unique(page, key).length), cursors: known };
}

/** A catalogue without what catalogues cannot have: members that the protocol does not know, entries that are not as it has them. */
function fitting(declared: JsonObject, problems: string[]): Catalogue | undefined {
  const gone: Gone[] = [];
  let left = declared;
  // Each round may bring out what the schema had no look at.
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const parsed = catalogueSchema.safeParse(left);
    if (parsed.success) {
      problems.push(...told(gone));
      return parsed.data;
    }
    const { issues } = parsed.error;
    const unknown = issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => ({ path: [...issue.path.map(String), key], why: "the protocol has no such member" }))
        : []
    );
    // Entries are taken out from behind, so that those before them stay where they are.
    const entries = new Map(issues.map(({ path, message }) => [path.slice(0, 2).join("\n"), { path, message }]));
    const wrong = [...entries.values()].reverse().map(({ path, message }) => ({
      path: path.slice(0, 2).map(String),
      why: `it needs ${message}`,
    }));
    for (const { path, why } of unknown.length > 0 ? unknown : wrong) {
      gone.push({ name: nameAt(left, path), list: path[0] ?? "", member: path.slice(2).join("."), why });
      const cut = without(left, path);
      left = isObject(cut) ? cut : {};
    }
  }
  return undefined;
}

const MAX_ROUNDS = 20;

interface Gone {
  readonly name: string;
  readonly list: string;
  /** What of an entry; empty for all of it. */
  readonly member: string;
  readonly why: string;
}

/** What was left out, in a line each: the same of many entries is one. */
function told(gone: readonly Gone[]): readonly string[] {
  const groups = Map.groupBy(gone, ({ list, member, why }) => JSON.stringify([list, member === "" ? why : member]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const what = group.length === 1 ? first.name : `${first.name} and ${group.length - 1} like it`;
    return [`${what}: left out (${first.why})`];
  });
}

/** A path for people: entries by their names. */
function nameAt(value: unknown, path: readonly string[]): string {
  const names: string[] = [];
  let at = value;
  for (const step of path) {
    at = Array.isArray(at) ? at[Number(step)] : isObject(at) ? at[step] : undefined;
    const name = isObject(at) ? textOf(at, "name") ?? textOf(at, "uri") : undefined;
    names.push(/^\d+$/.test(step) ? name ?? step : step);
  }
  return names.join(".");
}

/** A value less what is at a path. */
function without(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    const at = Number(step);
    return value.flatMap((item, index) => index !== at ? [item] : rest.length === 0 ? [] : [without(item, rest)]);
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      name !== step ? [[name, item]] : rest.length === 0 ? [] : [[name, without(item, rest)]]
    ),
  );
}
