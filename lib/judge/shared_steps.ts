/**
 * Steps that may be either of two clients': instances of one program that work at the same time send the same requests from
 * the same place, and most of these prove nothing.
 *
 * @module
 */
import type { Owner } from "./join_traces.ts";
import { openings } from "./links.ts";
import type { Step } from "./step.ts";

/** What is known of a client's time. */
interface Span {
  readonly owner: Owner;
  /** Position of its first step, whatever tells that it is its. */
  readonly from: number;
  /** Position of the first call by which it can have begun, before it shows who it is. */
  readonly opened: number | undefined;
  /** Positions of the first and the last step that prove whose they are. */
  readonly proven: readonly [first: number, last: number];
  /** Where it seems to begin twice before it shows who it is: one of these is another's. */
  readonly isDouble: boolean;
}

/**
 * Finds, for each client, what was taken to be another's and may be its.
 *
 * @param placed Whose each step was taken to be, in order.
 * @param owners Those of them that prove whose they are.
 */
export function shareSteps(
  placed: ReadonlyMap<Step, Owner>,
  owners: ReadonlyMap<Step, Owner>,
): ReadonlyMap<Owner, readonly Step[]> {
  const spans = readSpans(placed, owners);
  const loose = [...placed].filter(([step, owner]) => spans.has(owner) && !owners.has(step));
  const shared = new Map<Owner, readonly Step[]>();
  if (spans.size < 2) return shared;
  for (const one of spans.values()) {
    const own = loose.filter(([{ at, exchange }, owner]) => {
      const other = spans.get(owner);
      return other !== undefined && other !== one && one.owner.peers.has(exchange.peer) &&
        at > (one.opened ?? -1) && at < one.proven[1] && areTogether(one, other);
    });
    if (own.length > 0) shared.set(one.owner, own.map(([step]) => step));
  }
  return shared;
}

/** Whether the second was still at work when the first began, or what is taken for its beginning may be that of the first. */
function areTogether(one: Span, other: Span): boolean {
  return other.proven[1] > one.from || (other.isDouble && one.opened === undefined);
}

function readSpans(
  placed: ReadonlyMap<Step, Owner>,
  owners: ReadonlyMap<Step, Owner>,
): ReadonlyMap<Owner, Span> {
  const spans = new Map<Owner, Span>();
  const begun = new Map<Owner, Step[]>();
  for (const [step, owner] of placed) {
    const { at } = step;
    const isProven = owners.has(step);
    const span = spans.get(owner);
    if (!span && !isProven && step.kind === "mcp" && step.status === 401) {
      begun.set(owner, [...(begun.get(owner) ?? []), step]);
    }
    if (!isProven) continue;
    const calls = begun.get(owner) ?? [];
    spans.set(owner, {
      owner,
      from: span?.from ?? calls[0]?.at ?? at,
      opened: span ? span.opened : calls[0]?.at,
      proven: [span?.proven[0] ?? at, at],
      isDouble: span?.isDouble ??
        calls.filter((call) => call.kind === "mcp" && openings.has(call.method ?? "")).length > 1,
    });
  }
  return spans;
}
