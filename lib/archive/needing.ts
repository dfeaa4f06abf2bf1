// What is said of rules that need what a recording lacks.
import type { RuleId } from "../scenarios/vocabulary.ts";

/** What is said of rules that need it. */
export interface Lacking {
  readonly reason: string;
  readonly rules: readonly RuleId[];
  /** Whether what was seen to be kept was kept all the same; false if not given. */
  readonly isOfBroken?: boolean;
  /** Others that seem to be kept only where it is not known what would show that they are broken. */
  readonly unseenKept?: readonly RuleId[];
  /** Those of them that are broken by what is seen rather than by what is not. */
  readonly seenBroken?: readonly RuleId[];
}
