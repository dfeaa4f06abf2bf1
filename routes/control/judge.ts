// `POST /control/judge`: the verdict on a recording that was made elsewhere; nothing of it is kept.
import { judgeHar, MAX_HAR_BYTES } from "../../lib/control/recordings.ts";
import { parseLimits } from "../../lib/control/judge_limits.ts";
import { bodyText } from "../../lib/http/request_body.ts";
import { revisions } from "../../lib/judge/settled.ts";
import type { Context } from "../request/router.ts";
import type { Deps } from "../deps.ts";
import { recordingFormats, reportResponse, strictly, strictness } from "./formats.ts";
import { parseOneOf, requireKnown } from "./query.ts";

/** Judges the archive that a request carries. */
export async function judgeRecording(
  { chance, slices }: Pick<Deps, "chance" | "slices">,
  { request, url: { searchParams } }: Context,
): Promise<Response> {
  requireKnown(searchParams, ["format", "strict", "revision", "limits", "whole"]);
  const format = parseOneOf(searchParams, "format", recordingFormats);
  const strict = parseOneOf(searchParams, "strict", ["false", ...strictness]);
  const judgedBy = searchParams.has("revision") ? parseOneOf(searchParams, "revision", revisions) : undefined;
  const limits = parseLimits(searchParams.getAll("limits"));
  const isWhole = parseOneOf(searchParams, "whole", ["false", "true", ""]) !== "false";
  const text = await bodyText(request, MAX_HAR_BYTES);
  const how = { name: "recording", judgedBy, limits, ...(isWhole ? { isWhole } : {}) };
  const report = await slices.run(judgeHar(text, { key: chance.bytes(32), ...how }));
  return reportResponse(strictly(report, strict), format, slices);
}
