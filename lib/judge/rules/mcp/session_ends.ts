// Rules on the end of sessions of Streamable HTTP, up to 2025-11-25: a client begins another where the server has lost its
// own, and leaves alone what it has ended.

import { follows, PRECISION_MS, seemsToFollow, TRAVEL_MS, waitBetween } from "../../moments.ts";
import { isGood } from "../../progress.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { begunIn, isAsking, isInEra, isOpening, nameOf, sentIn, SESSIONS } from "./session_ids.ts";

/** The first request of each session that was refused as the server no longer knew it. */
function lossesIn(calls: readonly McpStep[]): ReadonlyMap<string, McpStep> {
  const losses = new Map<string, McpStep>();
  for (const call of calls) {
    const id = sentIn(call);
    if (id === undefined || call.verb !== "POST" || call.status !== 404 || !isInEra(call) || losses.has(id)) continue;
    losses.set(id, call);
  }
  return losses;
}

/**
 * Whether a request came so long after an answer that it was not on its way already. Of requests that are sent at once, a
 * quick server answers one before the next comes, so that their order alone does not show it.
 */
function wasTold(answered: McpStep, next: McpStep, crossingMs: number): boolean {
  return waitBetween(answered, next) > crossingMs - PRECISION_MS / 2;
}

/** Requests in a lost session each of which came when the refusal of the one before had long arrived. */
function refusedAgain(
  id: string,
  loss: McpStep,
  later: readonly McpStep[],
  crossingMs: number,
): readonly McpStep[] {
  const found: McpStep[] = [];
  for (const call of later) {
    const before = found.at(-1) ?? loss;
    if (sentIn(call) === id && call.verb === "POST" && wasTold(before, call, crossingMs)) found.push(call);
  }
  return found;
}

function checkLoss({ calls, isGapless, limits }: View): Outcome {
  const renewed: McpStep[] = [];
  const losses = lossesIn(calls);
  for (const [id, loss] of losses) {
    const later = calls.filter(({ at }) => at > loss.at);
    const stale = later.find((call) => isOpening(call) && sentIn(call) === id && follows(loss, call));
    if (stale) {
      return broken(
        "It sent initialize with the id of the session that the server had lost",
        positionsOf([loss, stale]),
      );
    }
    const next = later.find((call) => isOpening(call) && sentIn(call) === undefined && seemsToFollow(loss, call));
    const [first, second] = refusedAgain(id, loss, later, limits.of("crossing_ms"));
    // Two processes may share a session, of which one has begun another, and the other has yet to be told.
    const mayBeShared = first && (!isGapless || (next && next.at < first.at));
    const wrong = mayBeShared ? second : first;
    if (wrong) {
      const detail = `It sent ${nameOf(wrong)} in a session that the server had lost, as it had been told with 404`;
      return broken(detail, positionsOf([loss, wrong]));
    }
    if (next) renewed.push(loss, next);
  }
  if (renewed.length > 0) {
    return kept("It began another session where the server had lost the one that it had", positionsOf(renewed));
  }
  return notObserved(withoutAnother(losses, calls, isGapless));
}

/** Why it does not show whether a client leaves lost sessions alone and begins others. */
function withoutAnother(losses: ReadonlyMap<string, McpStep>, calls: readonly McpStep[], isGapless: boolean): string {
  if (losses.size === 0) return "The server lost no session of its";
  const begun = begunIn(calls);
  if (isGapless && losses.keys().every((id) => !begun.has(id))) {
    return "It got 404 with a session id that no answer on record had given, and began no session after that";
  }
  const isRepeated = [...losses].some(([id, loss]) =>
    calls.some((call) => call.at > loss.at && call.verb === "POST" && sentIn(call) === id && follows(loss, call))
  );
  return isRepeated
    ? "The server has lost its session, and it began no other yet; what else it sent in it may have been on its way " +
      "when it was told: the limit crossing_ms says for how long"
    : "The server has lost its session, and it began no other yet";
}

function checkEnd({ calls, isGapless, limits }: View): Outcome {
  const begun = begunIn(calls);
  const ends = calls.filter((call) => {
    const id = call.verb === "DELETE" && isInEra(call) ? sentIn(call) : undefined;
    return id !== undefined && (!isGapless || isGood(call) || begun.has(id));
  });
  const crossingMs = limits.of("crossing_ms");
  let isUsedSoon = false;
  for (const end of ends.filter(isGood)) {
    for (const call of calls.filter(({ at }) => at > end.at)) {
      if (sentIn(call) !== sentIn(end)) continue;
      // A stream that ends with its session is asked for again at once, and what was under way is cancelled.
      if (wasTold(end, call, isAsking(call) ? crossingMs : Math.max(crossingMs, TRAVEL_MS))) {
        return broken(`It sent ${nameOf(call)} in a session that it had ended with DELETE`, [end.at, call.at]);
      }
      isUsedSoon ||= isAsking(call);
    }
  }
  if (isUsedSoon) {
    return notObserved(
      "It sent a request in the session that it was ending, which may have been on its way: the limit crossing_ms says " +
        "for how long",
    );
  }
  if (ends.length === 0) return notObserved("It has not ended its session, and may have to use it again");
  const isRefused = ends.every((end) => !isGood(end));
  return kept(
    isRefused ? "It was refused the end of its session, and took that" : "It ended its session",
    positionsOf(ends),
  );
}

/** The rules on the end of sessions. */
export const sessionEndRules: readonly Rule[] = [
  {
    id: "M35",
    name: "new-session-after-404",
    title: "A client that gets 404 in a session begins another with initialize, and does not use the old one again.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    link: SESSIONS,
    official: [],
    check: checkLoss,
  },
  {
    id: "M36",
    name: "session-ended",
    title: "A client that no longer needs its session ends it with DELETE, takes a refusal, and leaves it alone then.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    link: SESSIONS,
    official: [],
    check: checkEnd,
  },
];
