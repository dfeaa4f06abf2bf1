// Lists in pages: of one page, unless a plan names sizes.
import { ProtocolError } from "@modelcontextprotocol/server";
import { excerpt } from "../http/errors.ts";
import type { Policy } from "../scenarios/plan.ts";
import { INVALID_PARAMS } from "./rpc.ts";

/** Part of a list. */
interface Page<Item> {
  readonly items: Item[];
  /** Where the next part is; absent on the last page. */
  readonly nextCursor?: string;
}

/**
 * The page of a list that a cursor leads to; all pages together are the list.
 *
 * @param cursor What the request names; undefined for the first page.
 * @throws {ProtocolError} -32602 for a cursor that leads nowhere.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination}
 */
export function pageOf<Item>(
  items: readonly Item[],
  cursor: string | undefined,
  { mcpPageSizes: sizes = [], mcpCursors: given = [] }: Pick<Policy, "mcpPageSizes" | "mcpCursors">,
): Page<Item> {
  const cursors = sizes.map((_, index) => given[index] ?? `page-${index + 2}`);
  const page = cursor === undefined ? 0 : cursors.indexOf(cursor) + 1;
  if (cursor !== undefined && page === 0) {
    const known = cursors.length === 0 ? "there is one page" : "it is none of those that a page of this list has named";
    throw new ProtocolError(INVALID_PARAMS, `Invalid cursor ${excerpt(JSON.stringify(cursor))}: ${known}`);
  }
  const start = sizes.slice(0, page).reduce((sum, size) => sum + size, 0);
  const size = sizes[page] ?? Infinity;
  const nextCursor = start + size < items.length ? cursors[page] : undefined;
  return { items: items.slice(start, start + size), ...(nextCursor === undefined ? {} : { nextCursor }) };
}
