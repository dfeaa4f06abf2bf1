// Rules on the roots that a client lets a server have.

import { conversationIn } from "../../conversation.ts";
import { isObject, type JsonObject } from "../../../http/json.ts";
import { hasDeclared, type Question, questionsOf } from "../../questions.ts";
import { textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { ALWAYS, brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { holdEach, shown } from "./each.ts";

const ROOTS = "https://modelcontextprotocol.io/specification/2025-11-25/client/roots";

/** Roots as a client has listed them. */
interface Listed {
  readonly step: McpStep;
  readonly message: JsonObject;
  readonly question: Question;
  readonly uris: readonly string[];
}

function listedIn({ calls }: View): readonly Listed[] {
  return questionsOf(calls, "roots/list").flatMap((question): readonly Listed[] => {
    const [answer] = question.answers;
    const roots = answer?.result?.roots;
    if (!answer || !Array.isArray(roots)) return [];
    const uris = roots.map((root) => isObject(root) ? textOf(root, "uri") ?? "" : "");
    return [{ step: answer.step, message: answer.message, question, uris }];
  });
}

function checkUris(view: View): Outcome {
  const withRoots = listedIn(view).filter(({ uris }) => uris.length > 0);
  return holdEach(withRoots, {
    wrong: ({ uris }) => {
      const wrong = uris.find((uri) => !/^file:\/\//i.test(uri));
      return wrong === undefined ? undefined : `It listed the root ${shown(wrong)}, which is not a file:// URI`;
    },
    kept: "Every root that it listed was a file:// URI",
    none: "It listed no roots",
  });
}

function checkChanges(view: View): Outcome {
  const { notifications } = conversationIn(view.calls);
  const told = notifications.filter(({ method }) => method === "notifications/roots/list_changed");
  const well: McpStep[] = [];
  const promised = listedIn(view).filter(({ question: { declared } }) => {
    const roots = isObject(declared?.roots) ? declared.roots : {};
    return hasDeclared(declared, "roots") && roots.listChanged === true;
  });
  for (const [thread, lists] of Map.groupBy(promised, ({ question }) => question.thread)) {
    for (const [index, list] of lists.entries()) {
      const before = lists[index - 1];
      if (!before || isSame(before.uris, list.uris)) continue;
      const fromMs = before.step.exchange.receivedAtMs - view.limits.of("crossing_ms");
      const untilMs = list.step.exchange.receivedAtMs + view.limits.of("crossing_ms");
      const notice = told.find(({ step, ...one }) =>
        one.thread === thread && step.exchange.receivedAtMs >= fromMs && step.exchange.receivedAtMs <= untilMs
      );
      if (notice) {
        well.push(notice.step);
        continue;
      }
      const later = view.isGapless &&
        view.calls.find((call) => call.session === thread && call.exchange.receivedAtMs > untilMs);
      if (!later) continue;
      return brokenBy(
        list.message,
        "Its roots changed, and it sent no notifications/roots/list_changed, which it had declared",
        positionsOf([before.step, list.step]),
        view.limits.levelBy("crossing_ms"),
      );
    }
  }
  return well.length === 0
    ? notObserved("Its roots did not change between two times that it was asked for them")
    : kept("It said that its roots had changed", positionsOf(well));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
}

/** Rules on roots. */
export const rootRules: readonly Rule[] = [
  {
    id: "M86",
    name: "roots-are-files",
    title: "The roots that a client lists are file:// URIs.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMessages: true,
    isOfMcp: true,
    link: `${ROOTS}#root`,
    official: [],
    check: checkUris,
  },
  {
    id: "M87",
    name: "root-changes-told",
    title: "A client that has declared to tell of changes of its roots does so when they change.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMessages: true,
    isOfMcp: true,
    link: `${ROOTS}#root-list-changes`,
    official: [],
    check: checkChanges,
  },
];
