/** That a client is judged by a recording of another tool, at other servers, as it was here. */
import assert from "node:assert/strict";
import { judgingArchive } from "../../lib/archive/judge_archive.ts";
import { lacking } from "../../lib/archive/lacking.ts";
import type { Report } from "../../lib/judge/report.ts";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { finish } from "../../lib/runtime/slices.ts";
import { type Foreign, foreignHar } from "./foreign.ts";
import { read } from "./hars.ts";

/** Rules that such a recording does not show to be kept or broken, though they were seen to be here, and why. */
const unseenElsewhere: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [...lacking.event_times.rules, ...lacking.stream_ends.rules].map((rule) => [rule, "see lib/archive/lacking.ts"]),
  ),
  M16: "no times of the events of an HTTP+SSE stream, so that nothing is known to be an answer",
  M17: "as M16",
  M21: "as M16",
  M118: "as M16",
  M119: "as M16",
  M28: "nothing tells who ended a stream before its answer",
  M29: "as M28",
  M30: "as M28",
  M31: "no times of events, so that an answer on another stream may have come later than what followed",
  M129: "our own archive has only the beginning of a large list",
  M33: "a tool may have left out the header with which a session begins",
  C31: "a filter may have kept out all metadata",
  C29: "an endpoint for registration is another server's there, which may know the client",
};

/** What is said of a rule elsewhere alone: answers of which our record missed the end, as their client did not read it. */
const seenElsewhere: ReadonlySet<string> = new Set(["M56", "M59", "M99", "M117"]);

/** Asserts that all findings are the same, but for what cannot be told. */
export async function assertSameElsewhere(
  { report, exchanges }: { readonly report: Report; readonly exchanges: readonly Exchange[] },
  how: Foreign,
): Promise<void> {
  const archive = await read(foreignHar(exchanges, how));
  const elsewhere = finish(judgingArchive(archive, { name: "elsewhere", isWhole: true }));
  assert.equal(elsewhere.clients.length, report.clients.length);
  const statuses = new Map(
    elsewhere.clients.flatMap(({ findings }) => findings.map((one) => [one.rule, one] as const)),
  );
  for (const { rule, status, detail } of report.clients.flatMap(({ findings }) => findings)) {
    const found = statuses.get(rule);
    if (found?.status === status) continue;
    const isUnseen = found?.status === "not observed" &&
      // Of an answer that a client did not wait for, no body is on record.
      (rule in unseenElsewhere || found.detail === lacking.some_answers.reason);
    const isSeen = status === "not observed" && found?.status === "kept" && seenElsewhere.has(rule);
    assert(isUnseen || isSeen, `${rule} is ${status}: ${detail}; elsewhere ${found?.status}: ${found?.detail}`);
  }
}
