/**
 * Judging by steps of which some may be another client's: what may be another's counts for a client, never against it.
 *
 * @module
 */
import type { ClientSteps } from "./group.ts";
import type { Outcome } from "./rules/rule.ts";
import type { Step } from "./step.ts";
import { positionsIn } from "./steps.ts";
import { createView, type SandboxFacts, type View } from "./view.ts";

/** A client as rules see it. */
export interface Sight {
  /** By the steps that are most likely its. */
  readonly view: View;
  /** The same with what may be its. */
  readonly widest: View;
  /** Applies a rule, which is broken neither by what may be another's nor for want of what may be its. */
  readonly check: (rule: (view: View) => Outcome) => Outcome;
}

/** Sees a client. */
export function sightOf({ steps, unsure, shared }: ClientSteps, facts: SandboxFacts): Sight {
  const view = createView(steps, facts);
  const see = (own: readonly Step[]): View => ({ ...createView(own, facts), revision: view.revision });
  const widest = shared.length === 0 ? view : see([...steps, ...shared].sort((one, other) => one.at - other.at));
  const surest = unsure.size === 0 ? view : see(steps.filter((step) => !unsure.has(step)));
  const own = new Set([...surest.steps, ...surest.icons, ...surest.canaries].flatMap(positionsIn));
  // What breaks a rule is the last that shows it; what came before says only that it is so.
  const isCertain = ({ status, evidence }: Outcome): boolean => status === "broken" && own.has(Math.max(...evidence));
  return {
    view,
    widest,
    check: (rule) => {
      const wide = rule(widest);
      if (wide.status === "kept" || isCertain(wide)) return wide;
      const outcome = widest === view ? wide : rule(view);
      if (outcome.status === "kept" || isCertain(outcome)) return outcome;
      const milder = [wide, outcome, rule(surest)].find(({ status }) => status !== "broken");
      return milder ?? outcome;
    },
  };
}
