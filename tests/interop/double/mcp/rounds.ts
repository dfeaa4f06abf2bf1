/** How the test client goes on where a result asks for input, as those of 2026-07-28 may: it sends the request again. */
import type { Document } from "../readings.ts";
import { type Answer, objectIn } from "./inbox.ts";
import type { Outcome } from "./questions.ts";

/** What it does wrong there, beside what it changes in a request. */
export type RoundSlip =
  | "keeps requestState for the next round"
  | "sends requestState with other calls"
  | "begins anew when it is asked again"
  | "sends an error as its answer";

/** More rounds than any call needs. */
const MAX_ROUNDS = 20;

/**
 * Answers what a result asks for, until one asks for nothing. Where something cannot be answered, the request is given up.
 *
 * @param ask Sends the request again, with these parameters besides its own.
 */
export async function goOn(
  first: Answer | undefined,
  { ask, answer, slip, kept }: {
    readonly slip: string | undefined;
    /** The last state that it was given, whatever for. */
    readonly kept: { state?: unknown };
    readonly ask: (more: Document) => Promise<Answer | undefined>;
    readonly answer: (question: Document) => Promise<Outcome>;
  },
): Promise<Answer | undefined> {
  let last = first;
  let isBegun = false;
  for (let round = 0; round < MAX_ROUNDS && last?.result?.resultType === "input_required"; round++) {
    const asked = objectIn(last.result, "inputRequests");
    const inputResponses: Record<string, unknown> = {};
    for (const key of Object.keys(asked ?? {})) {
      const question = objectIn(asked, key) ?? {};
      const { result } = await answer(question);
      if (!result) return last;
      const isOdd = slip === "sends an error as its answer" && question.method === "roots/list";
      inputResponses[key] = isOdd ? { code: -1, message: "No" } : result;
    }
    const { requestState = slip === "keeps requestState for the next round" ? kept.state : undefined } = last.result;
    kept.state = requestState;
    isBegun = !isBegun || slip !== "begins anew when it is asked again";
    if (!isBegun) {
      last = await ask({});
      continue;
    }
    last = await ask({
      ...(asked ? { inputResponses } : {}),
      ...(requestState === undefined ? {} : { requestState }),
    });
  }
  return last && last !== first ? { ...last, isRetried: true } : last;
}
