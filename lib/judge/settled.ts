// Which revision of MCP was settled: by `initialize` for a session, by the `_meta` of a request where there is no session.
// A header says what a client believes was settled, and settles nothing.
import type { McpStep } from "./step.ts";

/** The revisions of MCP that have rules on authorization, oldest first. */
export const revisions = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] as const;

/** One of them. */
export type Revision = (typeof revisions)[number];

/** A revision that a client settled with a server. */
export interface Settlement {
  readonly version: string;
  /** Sequence number of the exchange that settled it. */
  readonly exchange: number;
}

/** Headers that name another revision than the one that was settled. */
export interface StrayVersion {
  readonly version: string;
  readonly settled: string;
  /** Sequence numbers of the exchanges. */
  readonly exchanges: readonly number[];
}

/**
 * What a client settled, in order; what it settles again counts once.
 *
 * @param calls Its requests to MCP servers, in order.
 */
export function settlementsOf(calls: readonly McpStep[]): readonly Settlement[] {
  const found: Settlement[] = [];
  for (const { versions: { settled }, exchange: { sequence } } of calls) {
    if (settled !== undefined && found.at(-1)?.version !== settled) {
      found.push({ version: settled, exchange: sequence });
    }
  }
  return found;
}

/**
 * The revision that each request has to name: that of its session, else that of its own `_meta`, else what was settled last.
 * `initialize` names none.
 *
 * @param calls All requests of a client to MCP servers, in order.
 */
export function settledVersions(calls: readonly McpStep[]): ReadonlyMap<McpStep, string> {
  const bySession = new Map<string, string>();
  const found = new Map<McpStep, string>();
  let last: string | undefined;
  for (const call of calls) {
    const { session, channel, method, versions: { settled, offered } } = call;
    const thread = session ?? channel;
    if (settled !== undefined) {
      last = settled;
      if (thread !== undefined) bySession.set(thread, settled);
    }
    if (method === "initialize") continue;
    const version = thread === undefined ? offered ?? last : bySession.get(thread);
    if (version !== undefined) found.set(call, version);
  }
  return found;
}

/**
 * The headers of a client that name another revision than the one that was settled.
 *
 * @param settled What each request has to name.
 */
export function strayVersions(settled: ReadonlyMap<McpStep, string>): readonly StrayVersion[] {
  const found = new Map<string, { readonly version: string; readonly settled: string; readonly exchanges: number[] }>();
  for (const [{ versions: { inHeader }, exchange: { sequence } }, version] of settled) {
    if (inHeader === undefined || inHeader === version) continue;
    const key = `${inHeader} ${version}`;
    const stray = found.get(key) ?? { version: inHeader, settled: version, exchanges: [] };
    stray.exchanges.push(sequence);
    found.set(key, stray);
  }
  return [...found.values()];
}

/** The revisions that a client has offered, or settled. */
export function offersOf(calls: readonly McpStep[]): readonly string[] {
  return calls.flatMap(({ versions: { offered, settled } }) =>
    [offered, settled].filter((version) => version !== undefined)
  );
}

/**
 * The revision that a client is judged by: the one that it settled last, else offered last, else named last. One without rules
 * on authorization, such as the only one that HTTP+SSE has, says nothing of how a client logs in, and counts if there is no
 * other; one that a server made up was settled by nobody, and one that is later than the offer is the server's alone.
 *
 * @param calls Its requests to MCP servers, in order.
 */
export function revisionOf(calls: readonly McpStep[]): Revision | undefined {
  const spoken = calls.map(({ versions }) => versions);
  const named = [
    ...spoken.map(({ inHeader }) => inHeader),
    ...spoken.map(({ offered }) => offered),
    ...spoken.map(ownSettlement),
  ].filter((version) => version !== undefined && /^\d{4}-\d\d-\d\d$/.test(version));
  return named.map(asRevision).findLast((revision) => revision !== undefined) ??
    (named.length > 0 ? revisions[0] : undefined);
}

/** What a request settled, as far as the client is concerned: what it did before, it did by its own offer, not by a later one. */
function ownSettlement({ settled, offered }: McpStep["versions"]): string | undefined {
  if (settled === undefined || (settled !== offered && !isPublished(settled))) return undefined;
  return isPublished(offered) && offered !== undefined && offered < settled ? offered : settled;
}

/** The revisions whose rules apply to a version; undefined for one from before all of them, and for what is none. */
function asRevision(version: string | undefined): Revision | undefined {
  if (version === undefined || !/^\d{4}-\d\d-\d\d$/.test(version)) return undefined;
  return revisions.findLast((revision) => revision <= version);
}

/** The revision whose rules apply to messages of a version: the last one up to it, or the oldest; undefined for what is no date. */
export function revisionNamed(version: string | undefined): Revision | undefined {
  return asRevision(version) ?? (/^\d{4}-\d\d-\d\d$/.test(version ?? "") ? revisions[0] : undefined);
}

/** Whether a text is a revision of MCP that was published, as far as is known here. */
export function isPublished(version: string | undefined): boolean {
  return published.has(version);
}

const published: ReadonlySet<string | undefined> = new Set(["2024-10-07", "2024-11-05", ...revisions]);

/** All revisions that a client offered. */
export function offeredRevisions(calls: readonly McpStep[]): ReadonlySet<Revision> {
  return new Set(calls.flatMap(({ versions }) => asRevision(versions.offered) ?? []));
}

/** The newest revision that a client offered. */
export function newestOffered(calls: readonly McpStep[]): Revision | undefined {
  const offered = offeredRevisions(calls);
  return revisions.findLast((revision) => offered.has(revision));
}

/** All revisions that a client spoke, or wanted to: with one server it may speak several. */
export function spokenRevisions(calls: readonly McpStep[]): ReadonlySet<Revision> {
  return new Set(offersOf(calls).flatMap((version) => asRevision(version) ?? []));
}
