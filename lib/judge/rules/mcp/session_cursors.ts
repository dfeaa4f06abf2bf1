// The rule on cursors and sessions: a list that was begun in one session does not go on in another.

import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { pagesOf, PAGINATION } from "./pages.ts";

/** What the answers of one list have given in one session, so far. */
interface Known {
  readonly session: string;
  readonly cursors: Set<string>;
  /** Whether every answer of it is on record. */
  isWhole: boolean;
}

function checkCursorsOfSessions({ calls, isGapless }: View): Outcome {
  const lists = new Map<string, Known[]>();
  const sent: McpStep[] = [];
  for (const { call, method, cursor, next, isRead } of pagesOf(calls)) {
    const { session, address } = call;
    if (session === undefined) continue;
    const list = `${address} ${method}`;
    const all = lists.get(list) ?? [];
    lists.set(list, all);
    const known = all.find((one) => one.session === session) ?? { session, cursors: new Set(), isWhole: isGapless };
    if (!all.includes(known)) all.push(known);
    if (cursor !== undefined) {
      const others = all.filter((one) => one !== known && one.cursors.size > 0);
      if (known.isWhole && !known.cursors.has(cursor) && others.some(({ cursors }) => cursors.has(cursor))) {
        return broken("It sent a cursor that it had been given in another session", [call.at]);
      }
      if (known.cursors.has(cursor) && others.length > 0) sent.push(call);
    }
    if (next !== undefined) known.cursors.add(next);
    known.isWhole &&= isRead || call.status >= 400;
  }
  return sent.length === 0
    ? notObserved("It read pages in one session at most")
    : kept("It sent no cursor of one session in another", positionsOf(sent));
}

/** The rules on cursors of sessions. */
export const sessionCursorRules: readonly Rule[] = [
  {
    id: "M110",
    name: "cursor-of-its-session",
    title: "A client does not keep a cursor for another session: there it lists from the beginning.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    link: `${PAGINATION}#implementation-guidelines`,
    official: [],
    check: checkCursorsOfSessions,
  },
];
