// The formats of what can be asked of the record, and the answer that all of them are sent as.
import { bodyOf } from "../../lib/http/pieces.ts";

/** Formats of a report; the first is the one that is written if none is asked for. */
export const reportFormats = ["json", "junit", "markdown", "sarif", "issue"] as const;
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
