// What was recorded of a sandbox over HTTP: the report and the exchanges in their formats, written as fast as they are read,
// and the stream of events.
import { fetchListed, MAX_WAIT_SECONDS, settle } from "../../lib/control/record.ts";
import type { RunDeps } from "../../lib/control/runs.ts";
import { parseLimits } from "../../lib/control/judge_limits.ts";
import type { RecordEndpointName } from "../../lib/http/endpoints.ts";
import { createEventStreams, type EventStreams } from "../../lib/http/event_stream.ts";
import { createPageCache, type PageCache } from "../../lib/http/page_cache.ts";
import { jsonPage, pagedJsonPieces } from "../../lib/http/pieces.ts";
import { harEntryOf, harPieces } from "../../lib/judge/formats/har.ts";
import { renderIssue, shownIn } from "../../lib/judge/formats/issue.ts";
import { selectListed } from "../../lib/judge/listing.ts";
import { revisions } from "../../lib/judge/settled.ts";
import { version } from "../../lib/runtime/version.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Context, Handlers } from "../request/router.ts";
import type { Deps } from "../deps.ts";
import {
  type Answered,
  exchangeFormats,
  MARKDOWN_TYPE,
  noStore,
  reportFormats,
  reportResponse,
  strictly,
  strictness,
} from "./formats.ts";
import { judgeRecording } from "./judge.ts";
import { parseNumber, parseOneOf, requireKnown } from "./query.ts";
import { parseEventId, type RecordFeed, tellRecord } from "./report_events.ts";
import { run } from "./run.ts";

/** What the record needs. */
export type RecordDeps =
  & Pick<
    Deps,
    "chance" | "refresh" | "liveSandboxes" | "slices" | "addressOf" | "monotonicMs" | "signal" | "reports" | "sleep"
  >
  & RunDeps;

/** Exchanges that are fetched at a time for an answer that goes on. */
const FETCHED = 20;

/** The handlers of the record. */
export function recordHandlers(deps: RecordDeps): Handlers<RecordEndpointName> {
  const { reports, sleep, signal } = deps;
  const streams = createEventStreams({ sleep, signal });
  const pages = createPageCache();
  return {
    control_report: (context) => report(deps, context),
    control_exchanges: (context) => exchanges(deps, pages, context),
    control_clear_exchanges: async ({ sandbox }) => {
      await reports.demand().clear(sandbox.id);
      return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
    },
    control_judge: (context) => judgeRecording(deps, context),
    control_events: (context) => events(deps, streams, context),
    control_run: (context) => run(deps, context),
  };
}

async function report(
  deps: RecordDeps,
  { sandbox, request: { signal }, url: { searchParams } }: Context,
): Promise<Response> {
  requireKnown(searchParams, ["format", "wait", "strict", "revision", "limits"]);
  const format = parseOneOf(searchParams, "format", reportFormats);
  const waitSeconds = parseNumber(searchParams, "wait", MAX_WAIT_SECONDS) ?? 0;
  const strict = parseOneOf(searchParams, "strict", ["false", ...strictness]);
  const revision = searchParams.has("revision") ? parseOneOf(searchParams, "revision", revisions) : undefined;
  const limits = parseLimits(searchParams.getAll("limits"));
  const settled = await settle(deps, sandbox, { waitSeconds, signal }, { judgedBy: revision, limits });
  const answered = strictly(settled, strict);
  if (format === "issue") return await issue(deps, sandbox, answered);
  return reportResponse(answered, format, deps.slices);
}

/** A report as a bug report; with the requests that show what it says. */
async function issue(deps: RecordDeps, sandbox: Sandbox, { report, status }: Answered): Promise<Response> {
  const { reproductionOf } = await import("../../lib/control/bug_report.ts");
  const reproduction = await reproductionOf(deps.liveSandboxes.of(sandbox), sandbox);
  const shown = await deps.reports.demand().get(sandbox.id, shownIn(report));
  const headers = { "content-type": MARKDOWN_TYPE, "cache-control": "no-store" };
  return new Response(renderIssue(report, reproduction, shown), { status, headers });
}

async function exchanges(
  { reports }: RecordDeps,
  pages: PageCache,
  { sandbox, url: { searchParams } }: Context,
): Promise<Response> {
  requireKnown(searchParams, ["format", "after", "limit"]);
  const format = parseOneOf(searchParams, "format", exchangeFormats);
  const after = parseNumber(searchParams, "after") ?? 0;
  const limit = parseNumber(searchParams, "limit");
  const { listed, report: { record }, version: recordVersion } = await reports.judge(sandbox);

  /** Fetched as they are read: a reader who is slow, or many of them, must not hold what has given way on record. */
  async function* found(): AsyncGenerator<Uint8Array, void> {
    const selected = selectListed(listed, { after, limit });
    for (let at = 0; at < selected.length; at += FETCHED) {
      const some = selected.slice(at, at + FETCHED);
      const numbers = some.map(({ sequence }) => sequence);
      yield await pages.get(`${format} ${sandbox.id} ${recordVersion} ${numbers}`, async () => {
        const exchanges = await fetchListed({ reports }, sandbox, some);
        return jsonPage(format === "json" ? exchanges : exchanges.map(harEntryOf));
      });
    }
  }

  if (format === "json") {
    const head = { sandbox: sandbox.name, record };
    return noStore(pagedJsonPieces(head, "exchanges", found()), "application/json");
  }
  const response = noStore(harPieces(found(), version, record), "application/json");
  response.headers.set("content-disposition", `attachment; filename="${sandbox.name.replace(/[^\w-]/g, "_")}.har"`);
  return response;
}

async function events(
  { reports: { demand, judge }, refresh, addressOf, monotonicMs }: RecordDeps,
  streams: EventStreams,
  { sandbox, request, url: { searchParams }, info }: Context,
): Promise<Response> {
  requireKnown(searchParams, ["after"]);
  const { nameOf, page, subscribe } = demand();
  const after = parseNumber(searchParams, "after") ?? 0;
  const lastId = parseEventId(request.headers.get("last-event-id"));
  const feedOf = async (now: Sandbox): Promise<RecordFeed> => ({
    name: await nameOf(now.id),
    page: (from, limit) => page(now.id, from, limit),
    subscribe: (listener) => subscribe(now.id, listener),
    judge: async () => (await judge(now)).report,
  });
  const first = await feedOf(sandbox);
  // Numbers of another record say nothing of this one.
  const seen = lastId === undefined ? after : lastId.record === first.name ? lastId.sequence : undefined;
  const source = { first, after: seen, refresh: async () => feedOf(await refresh(sandbox)), monotonicMs };
  return streams.open(
    { sandboxId: sandbox.name, address: addressOf(request, info) },
    (stream) => tellRecord(stream, source),
  );
}
