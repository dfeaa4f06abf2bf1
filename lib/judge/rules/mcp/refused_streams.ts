// The rule on a server that offers no stream of its own messages: a client takes that, and goes on without.

import { times } from "../counted.ts";
import type { LimitName } from "../../limits.ts";
import { waitBetween } from "../../moments.ts";
import { isGood } from "../../progress.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";

/** Refusals that say nothing of the stream: of a token, and of a server that is too busy for now. */
const otherwise: ReadonlySet<number> = new Set([401, 403, 429, 503]);

/** Whether a request for a stream was answered with none. */
function isRefused({ verb, channel, status, stream }: McpStep): boolean {
  return verb === "GET" && channel === undefined && stream === undefined && !otherwise.has(status) && status !== 304;
}

/** Requests for the stream of one session, or of those connections that have none, that were refused one after the other. */
function rowsOf(calls: readonly McpStep[]): readonly (readonly McpStep[])[] {
  const open = new Map<string, McpStep[]>();
  const all: McpStep[][] = [];
  for (const call of calls) {
    if (call.verb !== "GET") continue;
    const key = `${call.session ?? ""} ${call.address}`;
    if (!isRefused(call)) {
      open.delete(key);
      continue;
    }
    const row = open.get(key) ?? [];
    if (row.length === 0) all.push(row);
    row.push(call);
    open.set(key, row);
  }
  return all;
}

const ATTEMPTS: LimitName = "stream_attempts";

/** How many connections share a row: where there are no sessions, each that began with `initialize` has to ask for itself. */
function connectionsIn([first]: readonly McpStep[], calls: readonly McpStep[]): number {
  if (!first || first.session !== undefined) return 1;
  return Math.max(
    1,
    calls.filter(({ method, address }) => method === "initialize" && address === first.address).length,
  );
}

/** More requests than a client may send within the time, and not ever later ones. */
function stormIn(row: readonly McpStep[], { limits, calls }: View): readonly McpStep[] | undefined {
  const most = limits.of(ATTEMPTS) * connectionsIn(row, calls);
  for (let from = 0; from + most < row.length; from++) {
    const some = row.slice(from, from + most + 1);
    const pauses = some.slice(1).map((call, index) => waitBetween(some[index] ?? call, call));
    const isLong = pauses.reduce((sum, pause) => sum + pause, 0) > limits.of("stream_attempts_ms");
    const isGrowing = (pauses.at(-1) ?? 0) >= 2 * Math.max(pauses[0] ?? 0, 100);
    if (!isLong && !isGrowing) return some;
  }
  return undefined;
}

function checkRefusedStreams(view: View): Outcome {
  const { calls, limits } = view;
  // Where the session itself is lost, it is that which a client has to mend.
  const lost = new Set(
    calls.flatMap(({ verb, status, session }) => verb === "POST" && status === 404 ? session ?? [] : []),
  );
  const rows = rowsOf(calls).map((row) => row.filter(({ session = "" }) => !lost.has(session)));
  for (const row of rows) {
    const storm = stormIn(row, view);
    const [first] = storm ?? [];
    if (!storm || !first) continue;
    const answer = isGood(first) ? `${first.status}, and no stream of events` : String(first.status);
    return broken(
      `It asked for a stream ${times(storm.length)} in a row, which was answered with ${answer}: ` +
        `${times(limits.of(ATTEMPTS))} in ${limits.of("stream_attempts_ms") / 1000} s ${
          limits.of(ATTEMPTS) === 1 ? "is" : "are"
        } enough without growing pauses`,
      positionsOf(storm),
      limits.levelBy(ATTEMPTS),
    );
  }
  const refused = rows.flat();
  const [first] = refused;
  const next = first && calls.find(({ at, verb, status }) => at > first.at && verb === "POST" && status < 300);
  if (first && next) return kept("It was offered no stream, and went on without", positionsOf([...refused, next]));
  return notObserved(first ? "It was offered no stream, and has not gone on yet" : "It was refused no stream");
}

/** The rules on streams that are not offered. */
export const refusedStreamRules: readonly Rule[] = [{
  id: "M27",
  goesByTime: true,
  name: "no-stream-offered",
  title: "A client that asks for a stream and is offered none goes on without, and does not ask again and again.",
  level: "SHOULD",
  revisions: WITH_HANDSHAKE,
  isOfMcp: true,
  link:
    "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server",
  official: [],
  check: checkRefusedStreams,
}];
