// `/control/judge`: the verdict on a recording that was made elsewhere.
import { z } from "zod";
import { HarError } from "../archive/har_error.ts";
import { type ArchiveJudged, type JudgedArchive, judgingExchanges } from "../archive/judge_archive.ts";
import { type Archive, createHarReader, type HarOptions } from "../archive/read_har.ts";
import { OAuthError } from "../http/errors.ts";
import type { Report } from "../judge/report.ts";
import { finish, type Sliced } from "../runtime/slices.ts";
import { one, operation } from "./operation.ts";
import { reportAnswer } from "./record.ts";

/** The largest archive that is taken in, in bytes; the command takes any. */
export const MAX_HAR_BYTES = 16 * 1024 ** 2;
/** How much of it is read at a time. */
const PIECE_BYTES = 64 * 1024;

/** What can be judged beside the record of a sandbox. */
export const recordingOperations = {
  control_judge: operation({
    summary: "The verdict on every client in a recording of any server (HAR 1.2); nothing of it is kept",
    description: `At most ${MAX_HAR_BYTES / 1024 ** 2} MiB; the command mock-oauth judge takes any size`,
    input: one(z.looseObject({ log: z.looseObject({ entries: z.array(z.looseObject({})) }) })),
    example: { log: { version: "1.2", creator: { name: "a browser", version: "1" }, entries: [] } },
    answer: reportAnswer,
    run: ({ chance }, { input }) =>
      finish(judgeHar(JSON.stringify(input), { key: chance.bytes(32), name: "recording" })),
  }),
};

/**
 * Judges an archive, in slices.
 *
 * @throws OAuthError `invalid_request` for what is no archive, or not a whole one.
 */
export function* judgeHar(text: string, how: ArchiveJudged & HarOptions): Sliced<Report> {
  return (yield* judgeHarExchanges(text, how)).report;
}

/**
 * The same, with the exchanges.
 *
 * @throws OAuthError likewise.
 */
export function* judgeHarExchanges(text: string, how: ArchiveJudged & HarOptions): Sliced<JudgedArchive> {
  return yield* judgingExchanges(yield* readingHar(text, how), how);
}

/**
 * Reads an archive, in slices.
 *
 * @throws OAuthError `invalid_request` for what is no archive, or not a whole one.
 */
export function* readingHar(text: string, how: HarOptions): Sliced<Archive> {
  const bytes = new TextEncoder().encode(text);
  try {
    const reader = createHarReader(how);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      reader.push(bytes.subarray(at, at + PIECE_BYTES));
      yield;
    }
    return reader.end();
  } catch (error) {
    if (!(error instanceof HarError)) throw error;
    throw new OAuthError("invalid_request", `The recording cannot be read: ${error.message}`, {
      expected: "an HTTP archive (HAR 1.2), such as the developer tools of browsers export",
    });
  }
}
