// The formats of what can be asked of the record, and the answer that all of them are sent as.
import { bodyOf, inChunks, jsonPieces } from "../../lib/http/pieces.ts";
import { junitPieces } from "../../lib/judge/formats/junit.ts";
import { markdownPieces } from "../../lib/judge/formats/markdown.ts";
import { reportSarifPieces } from "../../lib/judge/formats/sarif.ts";
import type { Report } from "../../lib/judge/report.ts";
import { failOnShoulds } from "../../lib/judge/verdict.ts";
import type { Slices } from "../../lib/runtime/slices.ts";

/** Formats of the verdict on a recording; the first is the one that is written if none is asked for. */
export const recordingFormats = ["json", "junit", "markdown", "sarif"] as const;
/** Formats of a report; likewise. */
export const reportFormats = [...recordingFormats, "issue"] as const;
/** Formats of exchanges; likewise. */
export const exchangeFormats = ["json", "har"] as const;
/** Formats of a run; likewise. `badge` is what shields.io asks an endpoint for. */
export const runFormats = ["json", "junit", "markdown", "sarif", "badge"] as const;
/** What SARIF is sent as (SARIF 2.1.0, appendix on its media type). */
export const SARIF_TYPE = "application/sarif+json";
/** What `strict` can be: a misspelt word would let every client pass. */
export const strictness = ["", "true", "should"] as const;

/** An answer that is written as fast as it is read. */
export function noStore(pieces: AsyncGenerator<string | Uint8Array, void>, type: string, status = 200): Response {
  return new Response(bodyOf(pieces), { status, headers: { "content-type": type, "cache-control": "no-store" } });
}

/** What Markdown is sent as (RFC 7763). */
export const MARKDOWN_TYPE = "text/markdown; charset=utf-8";

const formats = {
  json: { type: "application/json", write: reportPieces },
  junit: { type: "application/xml; charset=utf-8", write: junitPieces },
  markdown: { type: MARKDOWN_TYPE, write: markdownPieces },
  sarif: { type: SARIF_TYPE, write: reportSarifPieces },
} as const;

/** A report as it is answered. */
export interface Answered {
  readonly report: Report;
  readonly status: 200 | 422;
}

/** A report, and the status that says whether it is good enough. */
export function strictly(report: Report, strict: typeof strictness[number] | "false"): Answered {
  const result = strict === "should" ? failOnShoulds(report) : report;
  return { report: result, status: strict !== "false" && result.verdict !== "pass" ? 422 : 200 };
}

/** A report in one of its formats. */
export function reportResponse(
  { report, status }: Answered,
  format: typeof recordingFormats[number],
  slices: Slices,
): Response {
  const { type, write } = formats[format];
  return noStore(inChunks(write(report), slices), type, status);
}

function reportPieces({ clients, verdict, reason, ...head }: Report): Generator<string, void> {
  return jsonPieces({ ...head }, "clients", clients, { reason, verdict });
}
