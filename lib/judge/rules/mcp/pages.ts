// Rules on lists that come in pages: all of them are read, and a cursor is sent back as it came.

import { isObject } from "../../../http/json.ts";
import { messagesOf, textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import { gaplessCalls, type View } from "../../view.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";

/** MCP's chapter on lists in pages. */
export const PAGINATION = "https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination";
const CURSORS =
  "https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/pagination#implementation-guidelines";

/** Methods whose results come in pages. */
const listings: ReadonlySet<string> = new Set([
  "tools/list",
  "resources/list",
  "resources/templates/list",
  "prompts/list",
]);

/** How often one cursor may be answered within one reading of a list: an answer that was lost is asked for again. */
const MAX_SENT = 3;

/** One page that was asked for. */
export interface Page {
  readonly call: McpStep;
  readonly method: string;
  readonly cursor: string | undefined;
  /** Where the next page is; undefined on the last one, or where the answer cannot be read. */
  readonly next: string | undefined;
  /** How many entries it has; undefined where that cannot be read. */
  readonly size: number | undefined;
  /** Whether the answer is on record whole, and good. */
  readonly isRead: boolean;
  /** Whether its result lacks the `resultType` of 2026-07-28, over which some clients stumble. */
  readonly lacksKind: boolean;
}

/** The pages that were asked for, in order; those of other lists, if their methods are given. */
export function pagesOf(calls: readonly McpStep[], methods: ReadonlySet<string> = listings): readonly Page[] {
  return calls.flatMap((call): readonly Page[] => {
    const { method, exchange } = call;
    if (method === undefined || !methods.has(method)) return [];
    const [request, second] = messagesOf(exchange.request);
    if (second) return [];
    const params = isObject(request?.params) ? request.params : undefined;
    const result = messagesOf(exchange.response).map((message) => message.result).find(isObject);
    const next = textOf(result, "nextCursor");
    const size = Object.values(result ?? {}).find(Array.isArray)?.length;
    const isRead = result !== undefined;
    const lacksKind = isRead && call.versions.settled === "2026-07-28" && textOf(result, "resultType") === undefined;
    return [{ call, method, cursor: textOf(params, "cursor"), next, size, isRead, lacksKind }];
  });
}

/** What tells lists apart. */
function listOf({ call: { session = "", address }, method }: Page): string {
  return `${session} ${address} ${method}`;
}

/** One reading of a list: from a request without a cursor up to the next such request for the same list in the session. */
function readingsOf(pages: readonly Page[]): readonly (readonly Page[])[] {
  const open = new Map<string, Page[]>();
  const all: Page[][] = [];
  for (const page of pages) {
    const list = listOf(page);
    const reading = open.get(list);
    if (reading && page.cursor !== undefined) reading.push(page);
    else {
      const begun = [page];
      open.set(list, begun);
      all.push(begun);
    }
  }
  return all;
}

/** The call of a tool that a client made after a page of tools, before it began to read them anew. */
function toolCallAfter({ call, method }: Page, calls: readonly McpStep[]): McpStep | undefined {
  if (method !== "tools/list") return undefined;
  const later = calls.filter(({ at, session, address }) =>
    at > call.at && session === call.session && address === call.address
  );
  const next = later.find((step) => step.method === "tools/call" && step.status < 300);
  const isReadAnew = pagesOf(later).some((page) =>
    page.method === method && page.cursor === undefined && page.call.at < (next?.at ?? 0)
  );
  return isReadAnew ? undefined : next;
}

/**
 * Readings that show whether a client reads on: where it knows the whole list from before, it may only have looked whether
 * the server is still there.
 */
function tellingReadings(calls: readonly McpStep[]): readonly (readonly Page[])[] {
  const known = new Set<string>();
  return readingsOf(pagesOf(calls)).filter((reading) => {
    const list = reading[0] && listOf(reading[0]);
    if (list === undefined || known.has(list)) return false;
    if (reading.length > 1 && !unfollowed(reading) && reading.every(({ isRead }) => isRead)) known.add(list);
    return true;
  });
}

/** The page of a reading whose `nextCursor` was not followed. */
function unfollowed(reading: readonly Page[]): Page | undefined {
  const sent = new Set(reading.map(({ cursor }) => cursor));
  return reading.find(({ next }) => next !== undefined && !sent.has(next));
}

/** Whether a page, not the first, has fewer entries than one before it. */
function isShort(page: Page, reading: readonly Page[]): boolean {
  const before = reading.slice(0, reading.indexOf(page));
  return page.size !== undefined && before.some(({ size }) => size !== undefined && size > (page.size ?? size));
}

/** Who has read so many pages takes no list for short, and stops at a bound of its own, as lists may have no end. */
const BOUNDED = 50;

/** A reading in which one cursor was answered too often, and how often it was. */
function endlessReading(
  readings: readonly (readonly Page[])[],
): { readonly reading: readonly Page[]; readonly count: number } | undefined {
  // Readings that run side by side cannot be told apart: any that has begun may be the one that asks for a page.
  const begun = new Map<string, number>();
  for (const reading of readings) {
    const [first] = reading;
    if (!first) continue;
    const list = listOf(first);
    const sideBySide = (begun.get(list) ?? 0) + (first.cursor === undefined ? 1 : reading.length);
    begun.set(list, sideBySide);
    const answered = reading.filter(({ cursor, isRead, call }) => cursor !== undefined && isRead && call.status < 300);
    for (const { length: count } of Map.groupBy(answered, ({ cursor }) => cursor).values()) {
      if (count > MAX_SENT * sideBySide) return { reading, count };
    }
  }
  return undefined;
}

function checkAllPages(view: View): Outcome {
  const calls = gaplessCalls(view);
  const whole: Page[] = [];
  let isUnderWay = false;
  const endless = endlessReading(readingsOf(pagesOf(calls)));
  if (endless) {
    return broken(
      `It asked for the page at one cursor ${endless.count} times, where the list does not go on`,
      positionsOf(endless.reading.map(({ call }) => call)),
    );
  }
  for (const reading of tellingReadings(calls)) {
    const given = new Set(reading.flatMap(({ next }) => next ?? []));
    // What came of a cursor that nobody gave it says nothing of the list.
    if (reading.some(({ cursor }) => cursor !== undefined && !given.has(cursor))) continue;
    const left = unfollowed(reading);
    if (!left) {
      if (reading.length > 1 && reading.every(({ isRead }) => isRead)) whole.push(...reading);
      continue;
    }
    if (reading.length >= BOUNDED) {
      whole.push(...reading);
      continue;
    }
    isUnderWay = true;
    // Other rules are about a client that takes a short page, or an empty cursor, for the end.
    const used = left.next === "" || isShort(left, reading) ? undefined : toolCallAfter(left, calls);
    if (used) {
      return broken(
        "It called a tool without having read all of tools/list: it did not ask for the page that nextCursor names" +
          (left.lacksKind ? ". The page before has no resultType, which means complete" : ""),
        positionsOf([left.call, used]),
      );
    }
  }
  if (whole.length > 0) {
    return kept("It read every page of what it listed", positionsOf(whole.map(({ call }) => call)));
  }
  return notObserved(
    isUnderWay ? "It has not used the list that it read a page of" : "No list that it read had more than one page",
  );
}

function checkSizes(view: View): Outcome {
  const calls = gaplessCalls(view);
  const after: Page[] = [];
  for (const reading of tellingReadings(calls)) {
    const left = unfollowed(reading);
    const used = left && left.next !== "" && isShort(left, reading) ? toolCallAfter(left, calls) : undefined;
    if (left && used) {
      return broken(
        `It took a page of ${left.size} for the last one, as an earlier page had more, and called a tool without the rest`,
        positionsOf([...reading.map(({ call }) => call), used]),
        "SHOULD",
      );
    }
    after.push(...reading.filter((page) => page.next !== undefined && page !== left && isShort(page, reading)));
  }
  return after.length === 0
    ? notObserved("No page that names another was shorter than one before it")
    : kept("It read on after a page that was shorter than one before it", positionsOf(after.map(({ call }) => call)));
}

function checkEmptyCursor(view: View): Outcome {
  const calls = gaplessCalls(view);
  const followed: Page[] = [];
  for (const reading of tellingReadings(calls)) {
    const page = reading.find(({ next }) => next === "");
    if (!page) continue;
    if (unfollowed(reading) !== page) {
      followed.push(page);
      continue;
    }
    const used = toolCallAfter(page, calls);
    if (used) {
      return broken(
        "It took an empty nextCursor for the end of the list, and called a tool without the rest",
        positionsOf([page.call, used]),
      );
    }
  }
  return followed.length === 0
    ? notObserved("No page that it read named the next one by an empty cursor")
    : kept("It asked for the page at an empty cursor", positionsOf(followed.map(({ call }) => call)));
}

/** Looks whether a client sends the cursors of lists as it got them. */
export function checkCursorsOf({ calls, isGapless }: View, methods?: ReadonlySet<string>): Outcome {
  const given = new Set<string>();
  const sent: McpStep[] = [];
  let isKnown = isGapless;
  for (const { call, cursor, next, isRead } of pagesOf(calls, methods)) {
    if (cursor !== undefined && given.has(cursor)) sent.push(call);
    else if (cursor !== undefined && isKnown) {
      return broken("It sent a cursor that no answer had given it", [call.at]);
    }
    if (next !== undefined) given.add(next);
    // A page whose answer is not on record may have given any cursor.
    isKnown &&= isRead || call.status >= 400;
  }
  return sent.length === 0
    ? notObserved("It sent no cursor that is known to have been given")
    : kept("It sent every cursor back as it came", positionsOf(sent));
}

/** The rules on pages. */
export const pageRules: readonly Rule[] = [
  {
    id: "M107",
    name: "all-pages",
    title: "A client that lists something reads on while there is a nextCursor, and stops where the list does.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${PAGINATION}#pagination-flow`,
    official: [],
    check: checkAllPages,
  },
  {
    id: "M108",
    name: "any-page-size",
    title: "A client assumes no page size: a page with fewer entries than others, or none, is not the last one.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${PAGINATION}#pagination-model`,
    official: [],
    check: checkSizes,
  },
  {
    id: "M109",
    name: "cursor-as-given",
    title: "A client sends a cursor back unchanged, and sends none that it was not given.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${PAGINATION}#implementation-guidelines`,
    official: [],
    check: (view) => checkCursorsOf(view),
  },
  {
    id: "M111",
    name: "empty-cursor",
    title: "A client takes an empty nextCursor for a cursor, not for the end of a list.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    link: CURSORS,
    official: [],
    check: checkEmptyCursor,
  },
];
