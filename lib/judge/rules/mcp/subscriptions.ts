// Rules on `subscriptions/listen`: what a client asks to be told of, and what it does as that ends.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { conversationIn, type Request } from "../../conversation.ts";
import { senderOf } from "../../instances.ts";
import { waitBetween } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { times } from "../counted.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";
import { holdEach, shown } from "./each.ts";
import { usedTwiceByOne } from "./ids.ts";
import { paramsText } from "./lost_answers.ts";

const LINK = "https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions";
const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

function listensIn({ calls }: View): readonly Request[] {
  return conversationIn(calls).requests.filter(({ era, method }) =>
    era === "stateless" && method === "subscriptions/listen"
  );
}

function filterOf({ params }: Pick<Request, "params">): JsonObject | undefined {
  return isObject(params?.notifications) ? params.notifications : undefined;
}

const flags = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"] as const;

function checkFilter(view: View): Outcome {
  return holdEach(listensIn(view), {
    wrong: (request) => {
      const filter = filterOf(request);
      if (!filter) return "It sent subscriptions/listen without notifications, or with one that is not an object";
      const flag = flags.find((name) => name in filter && typeof filter[name] !== "boolean");
      if (flag !== undefined) return `It asked for ${flag}: ${shown(filter[flag])}, which is not a boolean`;
      const { resourceSubscriptions: uris } = filter;
      const isRight = uris === undefined ||
        (Array.isArray(uris) && uris.every((uri) => typeof uri === "string"));
      return isRight ? undefined : `It asked for resourceSubscriptions: ${shown(uris)}, which is not a list of URIs`;
    },
    kept: "It said in the right form what it wants to be told of",
    none: "It has not sent subscriptions/listen",
  });
}

/** Whether the server has agreed to less than was asked for. */
function isCutDown(request: Request): boolean {
  const answer = request.step.answered.find(({ message }) => message.method === ACKNOWLEDGED)?.message;
  if (!answer) return false;
  const [asked, agreed] = [filterOf(request) ?? {}, filterOf({ params: isObject(answer.params) ? answer.params : {} })];
  const urisIn = (filter: JsonObject | undefined): readonly unknown[] =>
    Array.isArray(filter?.resourceSubscriptions) ? filter.resourceSubscriptions : [];
  return flags.some((name) => asked[name] === true && agreed?.[name] !== true) ||
    urisIn(asked).some((uri) => !urisIn(agreed).includes(uri));
}

/** Requests for the same, one after the other, of one instance of a program. */
function rowsOf(listens: readonly Request[]): readonly (readonly Request[])[] {
  const rows: Request[][] = [];
  for (const request of listens) {
    const row = rows.findLast(([first]) =>
      first?.step.address === request.step.address && paramsText(first) === paramsText(request)
    );
    const before = row?.at(-1);
    if (row && before && senderOf(before, request) === "same") row.push(request);
    else rows.push([request]);
  }
  return rows;
}

/** More requests than a client may send within the time, and not ever later ones. */
function stormIn(row: readonly Request[], { limits }: View): readonly McpStep[] | undefined {
  const most = limits.of("stream_attempts");
  for (let from = 0; from + most < row.length; from++) {
    const some = row.slice(from, from + most + 1).map(({ step }) => step);
    const pauses = some.slice(1).map((step, index) => pauseBefore(step, some[index] ?? step));
    const isLong = pauses.reduce((sum, pause) => sum + pause, 0) > limits.of("stream_attempts_ms");
    const isGrowing = (pauses.at(-1) ?? 0) >= 2 * Math.max(pauses[0] ?? 0, 100);
    if (!isLong && !isGrowing) return some;
  }
  return undefined;
}

/** How long a client waited before it asked again; while the stream before is open, since that was asked for. */
function pauseBefore(step: McpStep, before: McpStep): number {
  return before.stream && before.stream.endedAtMs === undefined
    ? step.exchange.startedAtMs - before.exchange.startedAtMs
    : waitBetween(before, step);
}

function brokenBy(storm: readonly McpStep[], why: string, { limits }: View): Outcome {
  return broken(
    `It sent subscriptions/listen ${times(storm.length)} in a row, ${why}: ` +
      `${times(limits.of("stream_attempts"))} in ${
        limits.of("stream_attempts_ms") / 1000
      } s is enough without growing pauses`,
    positionsOf(storm),
    limits.levelBy("stream_attempts"),
  );
}

function checkSmaller(view: View): Outcome {
  const listens = listensIn(view);
  // What has ended may be asked for again, whatever it was.
  const open = listens.filter((request) => isCutDown(request) && !hasEnded(request));
  for (const row of rowsOf(open)) {
    const storm = stormIn(row, view);
    if (storm) return brokenBy(storm, "though the server has agreed to no more than before", view);
  }
  const cut = listens.filter(isCutDown).map(({ step }) => step);
  return goneOn(cut, view, [
    "The server agreed to less than it asked for",
    "No server agreed to less than it asked for",
  ]);
}

/** Whether it went on after some of its requests. */
function goneOn(after: readonly McpStep[], { calls }: View, [so, never]: readonly [string, string]): Outcome {
  const [first] = after;
  const next = first &&
    calls.find((call) =>
      call.at > first.at && call.verb === "POST" && call.status < 300 && call.method !== "subscriptions/listen"
    );
  if (first && next) return kept(`${so}, and it went on`, positionsOf([...after, next]));
  return notObserved(first ? `${so}, and it has not gone on yet` : never);
}

function checkCancelling(view: View): Outcome {
  const { notifications } = conversationIn(view.calls);
  const listens = listensIn(view);
  const notice = notifications.find((one) => isAboutListening(one, listens));
  if (notice) {
    return broken(
      "It sent notifications/cancelled for subscriptions/listen, which it ends by closing the stream",
      [notice.step.at],
    );
  }
  const closed = listens.filter(({ step, answer }) => step.stream?.endedBy === "client" && !answer);
  return closed.length === 0
    ? notObserved("It has ended no subscription by itself")
    : kept("It ended a subscription by closing its stream", positionsOf(closed.map(({ step }) => step)));
}

/** Whether a notification cancels a subscription. */
export function isAboutListening(
  { method, era, params, step }: Pick<Request, "method" | "era" | "params" | "step">,
  requests: readonly Request[],
): boolean {
  return method === "notifications/cancelled" && era === "stateless" &&
    requests.some((request) =>
      request.method === "subscriptions/listen" && request.id === params?.requestId && request.step.at < step.at &&
      request.step.address === step.address
    );
}

/** Refusals that say nothing of the stream: of a token, and of a server that is too busy for now. */
const otherwise: ReadonlySet<number> = new Set([401, 403, 429, 503]);

/** Whether a subscription has ended, or never began, and not by its client. */
function hasEnded({ step, answer }: Request): boolean {
  if (step.stream) return step.stream.endedBy === "server" || step.stream.endedBy === "cut" || answer !== undefined;
  return !otherwise.has(step.status) && (step.status >= 400 || answer !== undefined);
}

function checkEnds(view: View): Outcome {
  const listens = listensIn(view);
  const ended = listens.filter(hasEnded);
  for (const row of rowsOf(ended)) {
    const storm = stormIn(row, view);
    if (storm) return brokenBy(storm, "after each had ended", view);
  }
  const twice = usedTwiceByOne(view);
  const again = listens.find((request) =>
    twice.includes(request) &&
    ended.some((one) => one.step.at < request.step.at && one.id === request.id && one.answer === undefined)
  );
  if (again) {
    return broken(
      `It sent subscriptions/listen again under the same id, ${shown(again.id)}, after the stream had broken off`,
      positionsOf([...ended.filter(({ id }) => id === again.id).map(({ step }) => step), again.step]),
    );
  }
  const steps = ended.map(({ step }) => step);
  return goneOn(steps, view, ["A subscription ended", "No server ended a subscription"]);
}

const COMMON = { revisions: SINCE_2026_07, isOfMcp: true, isOfMessages: true, official: [] } as const;

/** The rules on subscriptions. */
export const subscriptionRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M114",
    name: "listening-filter",
    title: "A client that listens says in the right form what it wants to be told of.",
    level: "MUST",
    link: `${LINK}#notification-filter`,
    check: checkFilter,
  },
  {
    ...COMMON,
    id: "M115",
    name: "smaller-filter",
    title:
      "A client takes it if the server agrees to tell of less than it asked for, and does not ask again and again.",
    level: "SHOULD",
    goesByTime: true,
    link: `${LINK}#acknowledgment`,
    check: checkSmaller,
  },
  {
    ...COMMON,
    id: "M116",
    name: "closes-subscriptions",
    title: "A client ends a subscription by closing its stream.",
    // No notification "is required or expected", and none is forbidden.
    level: "SHOULD",
    link: `${LINK}#cancellation`,
    check: checkCancelling,
  },
  {
    ...COMMON,
    id: "M117",
    name: "listens-again-in-time",
    title:
      "A client whose subscription ends listens again under another id, if at all, and not again and again at once.",
    level: "SHOULD",
    goesByTime: true,
    link: `${LINK}#graceful-closure`,
    check: checkEnds,
  },
];
