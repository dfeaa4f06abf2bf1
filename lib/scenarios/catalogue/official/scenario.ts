// What a scenario of the official suite is made from.
import type { Fault } from "../../fault.ts";
import type { Policy } from "../../plan.ts";
import type { Scenario } from "../../scenario.ts";

/** A scenario of the suite: where it differs from what its servers have in common. */
export interface OfficialScenario extends
  Pick<
    Scenario,
    "name" | "story" | "client" | "expects" | "reaches" | "links" | "layout" | "clients" | "needs_origin"
  > {
  /** Its name in the suite, less `auth/`. */
  readonly of: string;
  /** Revisions that it applies to; absent for all. */
  readonly revisions?: readonly string[];
  readonly policy?: Partial<Policy>;
  /** Faults besides those that all have. */
  readonly faults?: readonly Fault[];
  /** Which URL of its metadata a 401 names; that with the resource's path, if not said. */
  readonly named?: "path" | "custom" | "none";
  /** The `scope` of a 401. */
  readonly challengeScope?: string;
  /** The header of a 401 without a token, instead of the usual one. */
  readonly challenge?: string;
  /** Members of the body of such a 401 besides `error`, instead of the usual one. */
  readonly challengeBody?: Readonly<Record<string, string>>;
  /** The header of a 401 with a token, instead of the usual one. */
  readonly refusal?: string;
  /** Members of metadata to be set, or let through besides the usual ones (RFC 8414 2). */
  readonly metadata?: { readonly set?: Readonly<Record<string, unknown>>; readonly keep?: readonly string[] };
  /** Members of a registration's answer: those set, and those let through. */
  readonly registration?: { readonly set?: Readonly<Record<string, unknown>>; readonly keep?: readonly string[] };
  /** Whether the token response repeats the scope of the authorization request; it does, if not said. */
  readonly tellsScope?: boolean;
}
