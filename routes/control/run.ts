// A run over HTTP: what all sandboxes with one label come to, in its formats.
import { MAX_WAIT_SECONDS } from "../../lib/control/record.ts";
import { type RunDeps, settleRun } from "../../lib/control/runs.ts";
import { inChunks, jsonPieces } from "../../lib/http/pieces.ts";
import { badgeOf } from "../../lib/judge/formats/badge.ts";
import { runJunitPieces } from "../../lib/judge/formats/run_junit.ts";
import { runMarkdownPieces } from "../../lib/judge/formats/run_markdown.ts";
import { runSarifPieces } from "../../lib/judge/formats/sarif.ts";
import { type Run, TRIED } from "../../lib/judge/run.ts";
import type { Slices } from "../../lib/runtime/slices.ts";
import { setNames } from "../../lib/scenarios/catalogue/sets.ts";
import type { Context } from "../request/router.ts";
import { noStore, runFormats, SARIF_TYPE, strictness } from "./formats.ts";
import { parseNumber, parseOneOf, requireKnown } from "./query.ts";

const formats = {
  json: { type: "application/json", write: ({ scenarios, ...head }: Run) => jsonPieces(head, "scenarios", scenarios) },
  junit: { type: "application/xml; charset=utf-8", write: runJunitPieces },
  markdown: { type: "text/markdown; charset=utf-8", write: runMarkdownPieces },
  sarif: { type: SARIF_TYPE, write: runSarifPieces },
  badge: { type: "application/json", write: (run: Run) => [JSON.stringify(badgeOf(run))].values() },
} as const;

/** What a run comes to. */
export async function run(
  deps: RunDeps & { readonly slices: Slices },
  { sandbox, param, request: { signal }, url: { searchParams } }: Context,
): Promise<Response> {
  requireKnown(searchParams, ["format", "wait", "strict", "set"]);
  const format = parseOneOf(searchParams, "format", runFormats);
  const set = parseOneOf(searchParams, "set", [TRIED, ...setNames]);
  const waitSeconds = parseNumber(searchParams, "wait", MAX_WAIT_SECONDS) ?? 0;
  const strict = parseOneOf(searchParams, "strict", ["false", ...strictness]);
  const query = { run: param, set, sandbox, isStrict: strict === "should" };
  const sum = await settleRun(deps, query, { waitSeconds, signal });
  const { type, write } = formats[format];
  const status = strict !== "false" && sum.verdict !== "pass" ? 422 : 200;
  return noStore(inChunks(write(sum), deps.slices), type, status);
}
