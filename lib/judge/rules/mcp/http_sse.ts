// The rule on HTTP+SSE of 2024-11-05: when a client looks for it, and where it then sends its messages.

import { conversationIn } from "../../conversation.ts";
import { looksForHttpSse, triedIn } from "../../eras.ts";
import { follows } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, type Rule } from "../rule.ts";

/** Statuses by which a server tells that it has no Streamable HTTP. */
const without: readonly number[] = [400, 404, 405];

function checkHttpSse({ calls }: View): Outcome {
  const tried = triedIn(conversationIn(calls));
  const shown: McpStep[] = [];
  const ignored: McpStep[] = [];
  for (const step of calls.filter(looksForHttpSse)) {
    const before = calls.findLast((one) => one.verb === "POST" && one.address === step.address && one.at < step.at);
    // A client of both eras has a rule of its own; one that was told of the transport need not ask first.
    if (before?.method !== "initialize" || tried.some((one) => one.step.address === step.address)) continue;
    if (before.status < 400 || before.status === 401 || before.status === 403) continue;
    if (!without.includes(before.status)) {
      if (!follows(before, step)) continue;
      return broken(
        `It looked for HTTP+SSE after status ${before.status}, which is no sign of it`,
        positionsOf([before, step]),
        "SHOULD",
      );
    }
    if (step.stream?.endpoint !== undefined) shown.push(before, step);
  }
  for (const stream of calls.filter((call) => call.stream?.endpoint !== undefined)) {
    const { at, address, channel, exchange } = stream;
    const messages = calls.filter((one) => one.at > at && one.verb === "POST" && one.channel === channel);
    const foreign = messages.find((one) => originOf(one.exchange.url) !== originOf(exchange.url));
    if (foreign) {
      return broken(
        `It sent its messages to ${
          originOf(foreign.exchange.url)
        }, where the stream had led it away from its own origin`,
        positionsOf([stream, foreign]),
        "SHOULD",
      );
    }
    const named = stream.stream?.endpoint ?? "";
    if (originOf(named) !== "" && originOf(named) !== originOf(exchange.url)) {
      // What goes to a server that is not this one is seen by nobody here.
      if (messages.length === 0 && isOnLoopback(named)) ignored.push(stream);
      continue;
    }
    const astray = calls.filter((one) =>
      one.at > at && one.verb === "POST" && one.address === address && one.channel === undefined &&
      follows(stream, one) && (stream.stream?.endedAtMs ?? Infinity) >= one.exchange.receivedAtMs
    );
    if (messages.length === 0 && astray.length > 0) {
      return broken(
        "It sent messages to the URL of the stream, and none to the one that the stream named",
        positionsOf([stream, ...astray]),
      );
    }
    if (messages.length > 0) shown.push(stream, ...messages);
  }
  if (ignored.length > 0) {
    return kept("It sent nothing to the other origin that the stream named", positionsOf(ignored));
  }
  return shown.length > 0
    ? kept("It sent its messages where the stream had told it to", positionsOf(shown))
    : notObserved("It did not use HTTP+SSE");
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "";
}

/** Whether a URL is one of the names that a server on a loopback interface has. */
function isOnLoopback(url: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1)[:/]/.test(url);
}

/** The rule on HTTP+SSE. */
export const httpSseRules: readonly Rule[] = [{
  id: "M38",
  name: "http-sse-endpoint",
  title: "A client looks for HTTP+SSE after 400, 404 or 405, and sends its messages to the URL that the stream names.",
  level: "MUST",
  revisions: ALWAYS,
  isOfMcp: true,
  isOfMessages: true,
  link: "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#backwards-compatibility",
  official: [],
  check: checkHttpSse,
}];
