/**
 * What was recorded of a sandbox, and what it comes to: `{p}/control/report`, `{p}/control/exchanges`, `{p}/control/events`.
 *
 * @module
 */
import { OAuthError } from "../lib/errors.ts";
import { noStoreJson } from "../lib/http.ts";
import { buildHar } from "../lib/recorder/har.ts";
import { listExchanges } from "../lib/recorder/listing.ts";
import type { Recording } from "../lib/recorder/recording.ts";
import { buildReport, type Report } from "../lib/recorder/report.ts";
import { renderJunit } from "../lib/recorder/report_junit.ts";
import { renderMarkdown } from "../lib/recorder/report_markdown.ts";
import { isLabelled, type Sandbox } from "../lib/sandbox.ts";
import type { Scenario } from "../lib/scenarios/scenario.ts";
import type { Sleep } from "../lib/sleep.ts";
import { paths } from "../lib/urls.ts";
import { version } from "../lib/version.ts";
import type { Guard } from "./control_gate.ts";
import { eventStream } from "./event_stream.ts";
import { parseEventId, type RecordFeed, tellRecord } from "./report_events.ts";
import type { Context, Route } from "./router.ts";

/** What reports need. */
export interface ReportDeps {
  /** The record, and what it comes to. */
  readonly reports: Reports;
  /** A sandbox as it is now: a reset has begun it anew under another id. */
  readonly refresh: (sandbox: Sandbox) => Promise<Sandbox>;
  /** Lets in who may see it. */
  readonly guard: Guard;
  /** What to wait with. */
  readonly sleep: Sleep;
  /** Aborting it ends streams of events. */
  readonly signal: AbortSignal | undefined;
}

/** The record, and what it comes to. */
export interface Reports {
  /**
   * The recording.
   *
   * @throws OAuthError `not_found` where nothing is recorded.
   */
  readonly demand: () => Recording;
  /** Judges what a sandbox has on record. */
  readonly judge: (sandbox: Sandbox) => Promise<Report>;
}

/** What reports are made of. */
export interface ReportSource {
  /** What was recorded; undefined where nothing is. */
  readonly recording: Recording | undefined;
  /** The scenario of a sandbox, for the rules that it is there to see kept, and the revisions that have them. */
  readonly scenarioOf: (sandbox: Sandbox) => Pick<Scenario, "expects" | "revisions">;
}

/**
 * Makes what the API and the inspector's page report from.
 *
 * @param source What reports are made of.
 */
export function createReports({ recording, scenarioOf }: ReportSource): Reports {
  function demand(): Recording {
    if (recording) return recording;
    throw new OAuthError("not_found", "Nothing is recorded: the server was told not to", {
      expected: "a server that was started without --no-record",
    });
  }

  async function judge(sandbox: Sandbox): Promise<Report> {
    const { id, name, scenario, prefix } = sandbox;
    const { expects, revisions } = scenarioOf(sandbox);
    const { exchanges, isWhole } = await demand().read(id);
    return buildReport(exchanges, {
      sandbox: name,
      isLabelled: isLabelled(sandbox),
      scenario,
      expects,
      ...(revisions ? { revisions } : {}),
      hasOrigin: prefix === "",
      isWhole,
    });
  }

  return { demand, judge };
}

/** How often is looked whether a client has finished, in milliseconds. */
const STEP_MS = 100;
/** How long nothing must happen until a client counts as finished, in milliseconds. */
const QUIET_MS = 500;
/** The most that can be waited for it, in seconds. */
const MAX_WAIT_SECONDS = 120;

const formats = ["json", "junit", "markdown"] as const;
const exchangeFormats = ["json", "har"] as const;

/** The rows of reports. */
export function reportRoutes(
  { reports: { demand, judge }, refresh, guard, sleep, signal }: ReportDeps,
): readonly Route[] {
  /** Waits until something was seen that decides and nothing has happened for a while, but no longer than it may. */
  async function settle(sandbox: Sandbox, waitMs: number): Promise<Report> {
    let quietMs = 0;
    const leave = demand().subscribe(sandbox.id, { onExchange: () => quietMs = 0, onClear: () => quietMs = 0 });
    try {
      for (let waited = 0; waited < waitMs; waited += STEP_MS) {
        if (quietMs >= QUIET_MS && (await judge(sandbox)).verdict !== "incomplete") break;
        await sleep(STEP_MS);
        quietMs += STEP_MS;
      }
    } finally {
      leave();
    }
    return await judge(sandbox);
  }

  async function report({ sandbox, url: { searchParams } }: Context): Promise<Response> {
    const format = parseOneOf(searchParams, "format", formats);
    const waitSeconds = parseNumber(searchParams, "wait", MAX_WAIT_SECONDS) ?? 0;
    const result = await settle(sandbox, waitSeconds * 1000);
    const isStrict = searchParams.has("strict") && searchParams.get("strict") !== "false";
    const status = isStrict && result.verdict !== "pass" ? 422 : 200;
    if (format === "json") return noStoreJson(result, status);
    const isXml = format === "junit";
    return new Response(isXml ? renderJunit(result) : renderMarkdown(result), {
      status,
      headers: {
        "content-type": `${isXml ? "application/xml" : "text/markdown"}; charset=utf-8`,
        "cache-control": "no-store",
      },
    });
  }

  async function exchanges({ sandbox, url: { searchParams } }: Context): Promise<Response> {
    const format = parseOneOf(searchParams, "format", exchangeFormats);
    const after = parseNumber(searchParams, "after", Number.MAX_SAFE_INTEGER) ?? 0;
    const limit = parseNumber(searchParams, "limit", Number.MAX_SAFE_INTEGER);
    const found = listExchanges((await demand().read(sandbox.id)).exchanges, {
      after,
      limit,
      isLabelled: isLabelled(sandbox),
    });
    if (format === "json") return noStoreJson({ sandbox: sandbox.name, exchanges: found });
    const response = noStoreJson(buildHar(found, version));
    response.headers.set("content-disposition", `attachment; filename="${sandbox.name.replace(/[^\w-]/g, "_")}.har"`);
    return response;
  }

  async function clear({ sandbox }: Context): Promise<Response> {
    await demand().clear(sandbox.id);
    return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
  }

  async function events({ sandbox, request, url: { searchParams } }: Context): Promise<Response> {
    const { nameOf, read, subscribe } = demand();
    const after = parseNumber(searchParams, "after", Number.MAX_SAFE_INTEGER) ?? 0;
    const lastId = parseEventId(request.headers.get("last-event-id"));
    const feedOf = async (now: Sandbox): Promise<RecordFeed> => ({
      name: await nameOf(now.id),
      read: async (from) => (await read(now.id, from)).exchanges,
      subscribe: (listener) => subscribe(now.id, listener),
      judge: () => judge(now),
    });
    const first = await feedOf(sandbox);
    // Numbers of another record say nothing of this one.
    const seen = lastId === undefined ? after : lastId.record === first.name ? lastId.sequence : undefined;
    return eventStream(
      { sleep, signal },
      (stream) => tellRecord(stream, { first, after: seen, refresh: async () => feedOf(await refresh(sandbox)) }),
    );
  }

  return [
    { name: "control_report", method: "GET", path: paths.report, cors: true, handler: guard(report) },
    { name: "control_exchanges", method: "GET", path: paths.exchanges, cors: true, handler: guard(exchanges) },
    { name: "control_clear_exchanges", method: "DELETE", path: paths.exchanges, cors: true, handler: guard(clear) },
    { name: "control_events", method: "GET", path: paths.events, cors: true, handler: guard(events) },
  ];
}

function parseOneOf<T extends string>(params: URLSearchParams, name: string, accepted: readonly [T, ...T[]]): T {
  const sent = params.get(name);
  const found = sent === null ? accepted[0] : accepted.find((value) => value === sent);
  if (found !== undefined) return found;
  throw refuse(name, sent ?? "", accepted.join(" or "));
}

function parseNumber(params: URLSearchParams, name: string, most: number): number | undefined {
  const sent = params.get(name);
  if (sent === null) return undefined;
  if (/^\d{1,16}$/.test(sent) && Number(sent) <= most) return Number(sent);
  throw refuse(name, sent, `a whole number from 0 to ${most}`);
}

function refuse(parameter: string, received: string, expected: string): OAuthError {
  return new OAuthError("invalid_request", `${parameter} has a value that is not known`, {
    parameter,
    received,
    expected,
  });
}
