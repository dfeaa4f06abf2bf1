// Rules on lists that come in pages: all of them are read, and a cursor is sent back as it came.

import { isObject } from "../../../http/json.ts";
import { messagesOf, textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, type Rule } from "../rule.ts";

const PAGINATION = "https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination";

/** Methods whose results come in pages. */
const listings: ReadonlySet<string> = new Set([
  "tools/list",
  "resources/list",
  "resources/templates/list",
  "prompts/list",
]);

/** How often one cursor may be sent within one reading of a list: a lost answer is asked for again. */
const MAX_SENT = 3;

/** One page that was asked for. */
interface Page {
  readonly call: McpStep;
  readonly method: string;
  readonly cursor: string | undefined;
  /** Where the next page is; undefined on the last one, or where the answer cannot be read. */
  readonly next: string | undefined;
  /** Whether the answer is on record whole, and good. */
  readonly isRead: boolean;
}

function pagesOf(calls: readonly McpStep[]): readonly Page[] {
  return calls.flatMap((call): readonly Page[] => {
    const { method, exchange } = call;
    if (method === undefined || !listings.has(method)) return [];
    const [request, second] = messagesOf(exchange.request);
    if (second) return [];
    const params = isObject(request?.params) ? request.params : undefined;
    const result = messagesOf(exchange.response).map((message) => message.result).find(isObject);
    const next = textOf(result, "nextCursor");
    return [{ call, method, cursor: textOf(params, "cursor"), next, isRead: result !== undefined }];
  });
}

/** One reading of a list: from a request without a cursor up to the next such request for the same list in the session. */
function readingsOf(pages: readonly Page[]): readonly (readonly Page[])[] {
  const open = new Map<string, Page[]>();
  const all: Page[][] = [];
  for (const page of pages) {
    const list = `${page.call.session ?? ""} ${page.call.address} ${page.method}`;
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

function checkAllPages({ calls }: View): Outcome {
  const whole: Page[] = [];
  let isUnderWay = false;
  for (const reading of readingsOf(pagesOf(calls))) {
    const sent = new Map<string, number>();
    for (const { cursor } of reading) if (cursor !== undefined) sent.set(cursor, (sent.get(cursor) ?? 0) + 1);
    const again = [...sent].find(([, count]) => count > MAX_SENT);
    if (again) {
      return broken(
        `It asked for the page at one cursor ${again[1]} times, where the list does not go on`,
        positionsOf(reading.map(({ call }) => call)),
      );
    }
    const given = new Set(reading.flatMap(({ next }) => next ?? []));
    // What came of a cursor that nobody gave it says nothing of the list.
    if (reading.some(({ cursor }) => cursor !== undefined && !given.has(cursor))) continue;
    const left = reading.find(({ next }) => next !== undefined && !sent.has(next));
    if (!left) {
      if (sent.size > 0 && reading.every(({ isRead }) => isRead)) whole.push(...reading);
      continue;
    }
    isUnderWay = true;
    const used = calls.find(({ at, method, session, status }) =>
      at > left.call.at && session === left.call.session && method === "tools/call" && status < 300
    );
    if (used && left.method === "tools/list") {
      return broken(
        "It called a tool without having read all of tools/list: it did not ask for the page that nextCursor names",
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

function checkCursors({ calls, isWhole }: View): Outcome {
  const given = new Set<string>();
  const sent: McpStep[] = [];
  let isKnown = isWhole;
  for (const { call, cursor, next, isRead } of pagesOf(calls)) {
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
    id: "M109",
    name: "cursor-as-given",
    title: "A client sends a cursor back unchanged, and sends none that it was not given.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${PAGINATION}#implementation-guidelines`,
    official: [],
    check: checkCursors,
  },
];
