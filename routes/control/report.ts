/**
 * What was recorded of a sandbox, and what it comes to: `{p}/control/report`, `{p}/control/exchanges`, `{p}/control/events`.
 *
 * @module
 */
import { suggest } from "../../lib/http/did_you_mean.ts";
import { excerpt, OAuthError } from "../../lib/http/errors.ts";
import { createPageCache } from "../../lib/http/page_cache.ts";
import { bodyOf, inChunks, jsonPage, jsonPieces, pagedJsonPieces } from "../../lib/http/pieces.ts";
import { harEntryOf, harPieces } from "../../lib/judge/formats/har.ts";
import { type ExchangeRange, selectListed } from "../../lib/judge/listing.ts";
import type { Judgement } from "../../lib/judge/judgements.ts";
import type { Report } from "../../lib/judge/report.ts";
import { junitPieces } from "../../lib/judge/formats/junit.ts";
import { markdownPieces } from "../../lib/judge/formats/markdown.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import type { Slices } from "../../lib/runtime/slices.ts";
import { paths } from "../../lib/http/urls.ts";
import { version } from "../../lib/runtime/version.ts";
import type { Guard } from "./guard.ts";
import { createEventStreams } from "../../lib/http/event_stream.ts";
import { parseEventId, type RecordFeed, tellRecord } from "./report_events.ts";
import type { Reports } from "../../lib/control/reports.ts";
import type { ConnectionInfo, Context, Route } from "../request/router.ts";

/** What reports need. */
export interface ReportDeps {
  /** The record, and what it comes to. */
  readonly reports: Reports;
  /** A sandbox as it is now: a reset has begun it anew under another id. */
  readonly refresh: (sandbox: Sandbox) => Promise<Sandbox>;
  /** Lets in who may see it. */
  readonly guard: Guard;
  /** Lets others run meanwhile. */
  readonly slices: Slices;
  /** Whose streams of events are counted together; undefined where addresses don't count. */
  readonly addressOf: (request: Request, info: ConnectionInfo | undefined) => string | undefined;
  /** A clock for durations, in milliseconds. */
  readonly monotonicMs: () => number;
  /** What to wait with. */
  readonly sleep: Sleep;
  /** Aborting it ends streams of events. */
  readonly signal: AbortSignal | undefined;
}

/** How often is looked whether a client has finished, in milliseconds. */
const STEP_MS = 100;
/** How long nothing must happen until a client counts as finished, in milliseconds. */
const QUIET_MS = 500;
/** The most that can be waited for it, in seconds. */
const MAX_WAIT_SECONDS = 120;
/** Exchanges that are fetched at a time for an answer that goes on. */
const FETCHED = 20;

/** How a report is written. */
const formats = {
  json: { type: "application/json", write: reportPieces },
  junit: { type: "application/xml; charset=utf-8", write: junitPieces },
  markdown: { type: "text/markdown; charset=utf-8", write: markdownPieces },
} as const;
const formatNames = ["json", "junit", "markdown"] as const;
const exchangeFormats = ["json", "har"] as const;

/** The rows of reports. */
export function reportRoutes(
  { reports: { demand, judge }, refresh, guard, slices, addressOf, monotonicMs, sleep, signal }: ReportDeps,
): readonly Route[] {
  const streams = createEventStreams({ sleep, signal });
  const pages = createPageCache();

  /** Waits until something was seen that decides and nothing has happened for a while, but no longer than it may. */
  async function settle(sandbox: Sandbox, waitMs: number): Promise<Report> {
    let quietMs = 0;
    const leave = demand().subscribe(sandbox.id, { onExchange: () => quietMs = 0, onClear: () => quietMs = 0 });
    try {
      for (let waited = 0; waited < waitMs; waited += STEP_MS) {
        if (quietMs >= QUIET_MS && (await judge(sandbox)).report.verdict !== "incomplete") break;
        await sleep(STEP_MS);
        quietMs += STEP_MS;
      }
    } finally {
      leave();
    }
    return (await judge(sandbox)).report;
  }

  async function report({ sandbox, url: { searchParams } }: Context): Promise<Response> {
    requireKnown(searchParams, ["format", "wait", "strict"]);
    const format = parseOneOf(searchParams, "format", formatNames);
    const waitSeconds = parseNumber(searchParams, "wait", MAX_WAIT_SECONDS) ?? 0;
    const result = await settle(sandbox, waitSeconds * 1000);
    const isStrict = searchParams.has("strict") && searchParams.get("strict") !== "false";
    const status = isStrict && result.verdict !== "pass" ? 422 : 200;
    const { type, write } = formats[format];
    return noStore(inChunks(write(result), slices), type, status);
  }

  async function exchanges({ sandbox, url: { searchParams } }: Context): Promise<Response> {
    requireKnown(searchParams, ["format", "after", "limit"]);
    const format = parseOneOf(searchParams, "format", exchangeFormats);
    const after = parseNumber(searchParams, "after", Number.MAX_SAFE_INTEGER) ?? 0;
    const limit = parseNumber(searchParams, "limit", Number.MAX_SAFE_INTEGER);
    const judgement = await judge(sandbox);
    const { record } = judgement.report;
    const found = pagesOf(sandbox, judgement, { range: { after, limit }, format });
    if (format === "json") {
      const head = { sandbox: sandbox.name, record };
      return noStore(pagedJsonPieces(head, "exchanges", found), "application/json");
    }
    const response = noStore(harPieces(found, version, record), "application/json");
    response.headers.set("content-disposition", `attachment; filename="${sandbox.name.replace(/[^\w-]/g, "_")}.har"`);
    return response;
  }

  /** Fetched as they are read: a reader who is slow, or many of them, must not hold what has given way on record. */
  async function* pagesOf(
    { id }: Sandbox,
    judgement: Judgement,
    { range, format }: { readonly range: ExchangeRange; readonly format: typeof exchangeFormats[number] },
  ): AsyncGenerator<Uint8Array, void> {
    const listed = selectListed(judgement.listed, range);
    for (let at = 0; at < listed.length; at += FETCHED) {
      const some = listed.slice(at, at + FETCHED);
      const numbers = some.map(({ sequence }) => sequence);
      yield await pages.get(`${format} ${id} ${judgement.version} ${numbers}`, async () => {
        const clients = new Map(some.map(({ sequence, client }) => [sequence, client]));
        const exchanges = (await demand().get(id, numbers)).map((exchange) => {
          const client = clients.get(exchange.sequence);
          return client === undefined ? exchange : { ...exchange, client };
        });
        return jsonPage(format === "json" ? exchanges : exchanges.map(harEntryOf));
      });
    }
  }

  async function clear({ sandbox }: Context): Promise<Response> {
    await demand().clear(sandbox.id);
    return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
  }

  async function events({ sandbox, request, url: { searchParams }, info }: Context): Promise<Response> {
    requireKnown(searchParams, ["after"]);
    const { nameOf, page, subscribe } = demand();
    const after = parseNumber(searchParams, "after", Number.MAX_SAFE_INTEGER) ?? 0;
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

  return [
    { name: "control_report", method: "GET", path: paths.report, cors: true, handler: guard(report) },
    { name: "control_exchanges", method: "GET", path: paths.exchanges, cors: true, handler: guard(exchanges) },
    { name: "control_clear_exchanges", method: "DELETE", path: paths.exchanges, cors: true, handler: guard(clear) },
    { name: "control_events", method: "GET", path: paths.events, cors: true, handler: guard(events) },
  ];
}

function reportPieces({ clients, verdict, ...head }: Report): Generator<string, void> {
  return jsonPieces({ ...head }, "clients", clients, { verdict });
}

function noStore(pieces: AsyncGenerator<string | Uint8Array, void>, type: string, status = 200): Response {
  return new Response(bodyOf(pieces), { status, headers: { "content-type": type, "cache-control": "no-store" } });
}

/** A slip in a name is not passed over: a report that is taken for a strict one would let every client pass. */
function requireKnown(params: URLSearchParams, known: readonly string[]): void {
  const unknown = params.keys().find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new OAuthError("invalid_request", `${excerpt(unknown)} is no parameter that is known`, {
    parameter: excerpt(unknown),
    expected: suggest(unknown, known),
  });
}

function parseOneOf<T extends string>(params: URLSearchParams, name: string, accepted: readonly [T, ...T[]]): T {
  const sent = params.get(name);
  const found = sent === null ? accepted[0] : accepted.find((value) => value === sent);
  if (found !== undefined) return found;
  throw refuse(name, sent ?? "", suggest(sent ?? "", accepted));
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
