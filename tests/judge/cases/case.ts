/** What a case of a rule is: a world, in which a client that does right keeps the rule, and one with a slip breaks it alone. */
import type { Revision } from "../../../lib/judge/settled.ts";
import type { Reach, RuleId } from "../../../lib/scenarios/vocabulary.ts";
import type { AppOptions } from "../../../main.ts";
import type { DoubleOptions, Slip } from "../../interop/double/double.ts";
import type { Twist } from "../../recorder/recorded_app.ts";

/** A world in which a rule is put to the test. */
export interface Case {
  readonly rule: RuleId;
  /** What the client that breaks it does. */
  readonly slips: readonly Slip[];
  /** How the server behaves. */
  readonly twist?: () => Twist;
  /** Faults that are set before the client comes, as over the control API. */
  readonly faults?: readonly unknown[];
  readonly client?: Partial<DoubleOptions>;
  readonly app?: Partial<AppOptions>;
  /** How far a client comes there that does right; to a call if not given. */
  readonly reaches?: Reach;
  /** Whether the broken part is only recommended. */
  readonly isRecommended?: boolean;
  /** The revisions it is about; all that have the rule, if not given. */
  readonly revisions?: readonly Revision[];
  /** The revision that a client is judged by there that does right; the one that it begins with, if not given. */
  readonly settles?: Revision;
}
