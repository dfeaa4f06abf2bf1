/** Makes a case that fails smaller for as long as it still fails. */
import type { Case, Step } from "./case.ts";

/** Cases with one step or one mutation less, the last ones first. */
function* smaller(whole: Case): Generator<Case> {
  const { steps } = whole;
  for (let at = steps.length - 1; at >= 0; at--) {
    yield { ...whole, steps: steps.filter((_, index) => index !== at) };
  }
  for (const [at, step] of steps.entries()) {
    if (!("mutations" in step)) continue;
    for (const gone of step.mutations.keys()) {
      const less: Step = { ...step, mutations: step.mutations.filter((_, index) => index !== gone) };
      yield { ...whole, steps: steps.map((one, index) => index === at ? less : one) };
    }
  }
}

/** Shrinks a case; `fails` plays it. It is asked for no longer than until the deadline. */
export async function shrink(
  whole: Case,
  fails: (smallerCase: Case) => Promise<boolean>,
  isLate: () => boolean,
): Promise<Case> {
  for (const candidate of smaller(whole)) {
    if (isLate()) return whole;
    if (await fails(candidate)) return await shrink(candidate, fails, isLate);
  }
  return whole;
}
