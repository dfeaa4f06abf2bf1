/** How the test client goes on where a result asks for input, as those of 2026-07-28 may: it sends the request again. */
import type { Document } from "../readings.ts";
import { type Answer, objectIn } from "./inbox.ts";
import type { Outcome } from "./questions.ts";

/** More rounds than any call needs. */
const MAX_ROUNDS = 20;

/**
 * Answers what a result asks for, until one asks for nothing. Where something cannot be answered, the request is given up.
 *
 * @param ask Sends the request again, with these parameters besides its own.
 */
export async function goOn(
  first: Answer | undefined,
  { ask, answer }: {
    readonly ask: (more: Document) => Promise<Answer | undefined>;
    readonly answer: (question: Document) => Promise<Outcome>;
  },
): Promise<Answer | undefined> {
  let last = first;
  for (let round = 0; round < MAX_ROUNDS && last?.result?.resultType === "input_required"; round++) {
    const asked = objectIn(last.result, "inputRequests");
    const inputResponses: Record<string, unknown> = {};
    for (const key of Object.keys(asked ?? {})) {
      const { result } = await answer(objectIn(asked, key) ?? {});
      if (!result) return last;
      inputResponses[key] = result;
    }
    const { requestState } = last.result;
    last = await ask({
      ...(asked ? { inputResponses } : {}),
      ...(requestState === undefined ? {} : { requestState }),
    });
  }
  return last && last !== first ? { ...last, isRetried: true } : last;
}
