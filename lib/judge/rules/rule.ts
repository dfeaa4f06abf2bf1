/**
 * What a rule is: a requirement on clients, and a pure function that decides from a client's steps whether it was kept.
 *
 * @module
 */
import type { JsonObject } from "../../http/json.ts";
import type { RuleId } from "../../scenarios/vocabulary.ts";
import { offeredRevisions, type Revision } from "../settled.ts";
import { spokenOf, type View } from "../view.ts";

/** How strongly a specification requires something (RFC 2119). */
export type Level = "MUST" | "SHOULD" | "MAY";

/** What became of a rule. */
export type Status = "kept" | "broken" | "not observed";

/** What a rule finds. */
export interface Outcome {
  readonly status: Status;
  /** Positions of the exchanges that show it. */
  readonly evidence: readonly number[];
  /** What was seen, as a sentence. */
  readonly detail: string;
  /** Set if the part that was broken has a weaker level than the rule. */
  readonly level?: Level;
  /** The message that shows it, where it is one of several in its exchange. */
  readonly message?: JsonObject;
}

/** A requirement on clients. */
export interface Rule {
  readonly id: RuleId;
  /** Name for programs and people. */
  readonly name: string;
  /** What a client has to do, as a sentence. */
  readonly title: string;
  readonly level: Level;
  readonly revisions: readonly Revision[];
  /** True if OAuth alone does not require it: then it is not observed for a client that does not speak MCP here. */
  readonly isOfMcp?: boolean;
  /**
   * True if it looks at the revision of each message itself, as a client may speak several with one server: it is then held
   * against every client that speaks one of its revisions, whatever it ends with.
   */
  readonly isOfMessages?: boolean;
  /** True if how long a client waited decides it: then it is not broken where the record's clock stood still. */
  readonly goesByTime?: boolean;
  readonly link: string;
  /** Names of the official conformance suite's checks that look at the same. */
  readonly official: readonly string[];
  readonly check: (view: View) => Outcome;
}

/** The authorization specification of MCP. */
export const SPECIFICATION = "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization";

/** All revisions of MCP with authorization. */
export const ALWAYS: readonly Revision[] = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
/** Since protected resource metadata is required. */
export const SINCE_2025_06: readonly Revision[] = ["2025-06-18", "2025-11-25", "2026-07-28"];
/** Since 2025-11-25. */
export const SINCE_2025_11: readonly Revision[] = ["2025-11-25", "2026-07-28"];
/** Those that begin with `initialize`. */
export const WITH_HANDSHAKE: readonly Revision[] = ["2025-03-26", "2025-06-18", "2025-11-25"];
/** Since 2026-07-28. */
export const SINCE_2026_07: readonly Revision[] = ["2026-07-28"];

/** Where a paragraph of an RFC is, such as `6749 6`. */
export function rfc(paragraph: string): string {
  const [number, section] = paragraph.split(" ");
  return `https://www.rfc-editor.org/rfc/rfc${number}.html#section-${section}`;
}

/** It was kept. */
export function kept(detail: string, evidence: readonly number[]): Outcome {
  return { status: "kept", evidence, detail };
}

/** It was broken; the level is given where it differs from the rule's. */
export function broken(detail: string, evidence: readonly number[], level?: Level): Outcome {
  return { status: "broken", evidence, detail, ...(level === undefined ? {} : { level }) };
}

/** It was broken by a message, or with a message of the server: one that a step has, which a report then points at. */
export function brokenBy(
  message: JsonObject | undefined,
  ...[detail, evidence, level]: Parameters<typeof broken>
): Outcome {
  return { ...broken(detail, evidence, level), ...(message === undefined ? {} : { message }) };
}

/** Nothing was seen that decides it. */
export function notObserved(detail: string): Outcome {
  return { status: "not observed", evidence: [], detail };
}

/** Positions of steps. */
export function positionsOf(steps: readonly { readonly at: number }[]): readonly number[] {
  return steps.map(({ at }) => at);
}

/**
 * Whether a client speaks a revision that has the rule. What it did before it settled one, such as to log in, it did by the one
 * that it offered: a rule that only one of the two has is not held against it.
 */
export function isOfItsRevisions(
  { revisions, isOfMessages = false }: Rule,
  { revision = "2025-06-18", offered = revision, spoken }: Pick<View, "revision" | "offered" | "spoken">,
): boolean {
  if (isOfMessages) return revisions.includes(revision) || revisions.some((one) => spoken.has(one));
  return revisions.includes(revision) && revisions.includes(offered);
}

/** What becomes of a rule that was broken: a client cannot break what its revision does not require. */
export function heldAgainst(view: View, rule: Rule, outcome: Outcome): Outcome {
  const { revision } = view;
  if (revision === undefined) return outcome;
  const other = rule.isOfMessages ? undefined : otherUntil(view, rule, Math.max(...outcome.evidence));
  if (isOfItsRevisions(rule, view) && other === undefined) return outcome;
  const require = rule.revisions.length === 1 ? "requires" : "require";
  const spoken = other === undefined ? spokenOf(view) : `offers ${other} as well`;
  // Nor has it shown what the scenario tests.
  return notObserved(`${outcome.detail}. Only ${rule.revisions.join(" and ")} ${require} that, and it ${spoken}`);
}

/**
 * A revision without the rule that a client had offered before it broke it: what it did then, it may have done in that one, as
 * do two programs of one name, or one that was started again.
 */
function otherUntil({ calls, judgedBy }: View, { revisions }: Rule, at: number): Revision | undefined {
  if (judgedBy !== undefined) return undefined;
  const offered = offeredRevisions(calls.filter((call) => call.at <= at));
  return [...offered].find((one) => !revisions.includes(one));
}
