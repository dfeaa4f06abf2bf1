// What all answers of an MCP endpoint have in common: said once, it holds for what nobody has asked as well.
import { isEventStream } from "../judge/reading.ts";
import { headerOf } from "../recorder/exchange.ts";
import type { Edit } from "../scenarios/edit.ts";
import type { Match } from "../scenarios/match.ts";
import { type Aiming, toMcp } from "./aims.ts";
import type { Difference } from "./differences.ts";
import { headersFor } from "./faults.ts";
import { accessOf, methodOf, type Observed } from "./observed.ts";

/** A request, and what a server and its clone have answered. */
export interface Compared {
  readonly original: Observed;
  readonly clone: Observed;
  readonly differences: readonly Difference[];
}

/** Requests that are answered alike, and what makes the clone answer so. */
export interface SharedEdit {
  readonly match: Match;
  readonly edit: Edit;
}

/** So many messages of different methods say what the others are like. */
const MIN_METHODS = 3;

/** What the answers to many methods have in common, and the clone's have not. */
export function sharedEdits(compared: readonly Compared[], aiming: Aiming): readonly SharedEdit[] {
  const posts = compared.filter(({ original, clone }) => {
    return clone.url === aiming.map.urls.oauth && clone.method === "POST" && original.status === clone.status;
  });
  const groupsBy = (key: (one: Compared) => string, isOfStatus: boolean): readonly SharedEdit[] =>
    [...Map.groupBy(posts, key).values()].flatMap((group) => {
      const [first] = group;
      const edit = first && editFor(group, aiming);
      if (!edit || new Set(group.map(({ original }) => methodOf(original))).size < MIN_METHODS) return [];
      const status = isOfStatus ? { status: first.clone.status, rpc_method: "*" } : {};
      return [{ match: { ...toMcp(first.original, aiming), method: "POST", ...status }, edit }];
    });
  const ofAll = groupsBy(({ original }) => accessOf(original), false);
  return ofAll.length > 0 ? ofAll : groupsBy(({ original, clone }) => `${clone.status} ${accessOf(original)}`, true);
}

/** The headers in which all of them differ alike. */
function editFor(group: readonly Compared[], { map }: Aiming): Edit | undefined {
  const differing = new Map<string, Difference>();
  for (const { differences } of group) {
    for (const one of differences) if (one.part === "header") differing.set(one.name, one);
  }
  const common = [...differing.values()].filter(({ name, original }) =>
    group.every((one) => headerOf(one.original.response, name) === original)
  );
  // A stream is not made by its name.
  const isJson = group.every(({ original, clone }) =>
    ![original, clone].some(({ response }) => isEventStream(response))
  );
  const { headers } = headersFor(common.filter(({ name }) => name !== "content-type" || isJson), map);
  return headers && { headers };
}
