// Lists in pages: of one page, unless a plan names sizes.
import { ProtocolError } from "@modelcontextprotocol/server";
import { excerpt } from "../http/errors.ts";
import type { Lists } from "../scenarios/mcp_catalogue.ts";
import { INVALID_PARAMS } from "./rpc.ts";

/** Part of a list. */
interface Page<Item> {
  readonly items: Item[];
  /** Where the next part is; absent on the last page. */
  readonly nextCursor?: string;
}

/** How lists are cut into pages. */
export interface Pages {
  /** How many entries the first pages have. */
  readonly sizes: readonly number[];
  /** How many each page after those has. */
  readonly size: number;
  /** Cursors of the pages after the first, as far as they are not `page-2` and so on. */
  readonly cursors: readonly string[];
}

/** How the lists of a server are cut: all alike, but for some. */
export interface AllPages extends Pages {
  readonly of?: Readonly<Partial<Record<keyof Lists, Pages>>>;
}

/** Lists on one page. */
export const onePage: AllPages = Object.freeze({ sizes: [], size: Infinity, cursors: [] });

/** How one list is cut. */
export function pagesOf(list: keyof Lists, pages: AllPages): Pages {
  return pages.of?.[list] ?? pages;
}

/**
 * The page of a list that a cursor leads to; all pages together are the list.
 *
 * @param cursor What the request names; undefined for the first page.
 * @throws {ProtocolError} -32602 for a cursor that leads nowhere.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pages = { sizes: [2], size: 1, cursors: [] };
 * assert.deepEqual(pageOf(["a", "b", "c", "d"], "page-2", pages), { items: ["c"], nextCursor: "page-3" });
 * ```
 */
export function pageOf<Item>(items: readonly Item[], cursor: string | undefined, pages: Pages): Page<Item> {
  const { sizes, size } = pages;
  const page = cursor === undefined ? 0 : pageAt(cursor, items.length, pages);
  if (page === undefined) {
    const known = sizes.length === 0 && size === Infinity
      ? "there is one page"
      : "it is none of those that a page of this list has named";
    throw new ProtocolError(INVALID_PARAMS, `Invalid cursor ${excerpt(JSON.stringify(cursor))}: ${known}`);
  }
  const start = startOf(page, pages);
  const end = start + (sizes[page] ?? size);
  const nextCursor = end < items.length ? cursorOf(page + 1, pages) : undefined;
  return { items: items.slice(start, end), ...(nextCursor === undefined ? {} : { nextCursor }) };
}

/** The page that a cursor leads to, the first one being 0; a cursor that is given twice leads to the first of its pages. */
function pageAt(cursor: string, length: number, { sizes, size, cursors }: Pages): number | undefined {
  const given = cursors.indexOf(cursor) + 1;
  const page = given > 0 ? given : Number(/^page-([1-9]\d{0,6})$/.exec(cursor)?.[1]) - 1;
  // A list may have become shorter since: its last pages are empty then.
  const isPage = page <= sizes.length || (size < Infinity && page <= sizes.length + Math.ceil(length / size));
  return page > 0 && isPage && (given > 0 || page > cursors.length) ? page : undefined;
}

function startOf(page: number, { sizes, size }: Pages): number {
  const named = sizes.slice(0, page).reduce((sum, size) => sum + size, 0);
  return page <= sizes.length ? named : named + (page - sizes.length) * size;
}

function cursorOf(page: number, { cursors }: Pages): string {
  return cursors[page - 1] ?? `page-${page + 1}`;
}
