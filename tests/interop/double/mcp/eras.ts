/** How the test client finds out whether a server speaks 2026-07-28: by what it answers the first request with. */
import { type Document, listOf, textOf } from "../readings.ts";
import type { DoubleOptions, Spoken } from "../options.ts";
import { objectIn } from "./inbox.ts";
import type { Reply } from "./client.ts";

/** What it does wrong as it finds that out. */
export type EraSlip =
  | "falls back whatever it is told"
  | "never falls back"
  | "returns to initialize"
  | "logs in where it should fall back"
  | "looks for HTTP+SSE first"
  | "keeps to its refused version"
  | "ignores the listed versions"
  | "asks for the era before every call"
  | "discovers again for another name"
  | "polls a task that nobody declared";

const UNSUPPORTED_VERSION = -32022;
const INVALID_PARAMS = -32602;
const METHOD_NOT_FOUND = -32601;
/** Errors that only a server of 2026-07-28 has: HeaderMismatch, MissingRequiredClientCapability, UnsupportedProtocolVersion. */
const modernErrors: ReadonlySet<unknown> = new Set([-32020, -32021, UNSUPPORTED_VERSION]);

const all: readonly Spoken[] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

/** The revisions that it knows, newest first. */
export function knownRevisions({ knows = all }: DoubleOptions): readonly Spoken[] {
  return [...knows].reverse();
}

/** The first of the revisions it knows that a list has, and that it has not offered yet. */
export function chooseFrom(
  listed: readonly string[],
  known: readonly Spoken[],
  offered: ReadonlySet<Spoken> = new Set(),
): Spoken | undefined {
  return known.find((revision) => listed.includes(revision) && !offered.has(revision));
}

/** The revisions that a refusal lists, if that is what it is for. */
export function supportedIn(error: Document | undefined): readonly string[] | undefined {
  if (error?.code !== UNSUPPORTED_VERSION && error?.code !== INVALID_PARAMS) return undefined;
  return listOf(objectIn(error, "data"), "supported");
}

/**
 * Whether the answer to a first request of 2026-07-28 is one of a server that speaks it; undefined where neither kind of
 * server would answer so.
 */
export function isModernReply({ status, answer }: Reply): boolean | undefined {
  const { result, error } = answer ?? {};
  if (result) return true;
  if (modernErrors.has(error?.code)) return true;
  if (status === 404 && error?.code === METHOD_NOT_FOUND) return true;
  if (status >= 500 && status !== 501) return undefined;
  return false;
}

/** The revisions that a server of 2026-07-28 says it has. */
export function discovered({ answer }: Reply): readonly string[] | undefined {
  return listOf(answer?.result, "supportedVersions");
}

/** The revision that an `initialize` was answered with. */
export function counterOffer({ answer }: Reply): string {
  return textOf(answer?.result ?? {}, "protocolVersion");
}
