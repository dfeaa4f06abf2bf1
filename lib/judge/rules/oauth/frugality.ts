// The rule on how much a client asks for: what it has it need not get again.

import { textOf } from "../../reading.ts";
import { idOf } from "../../proofs.ts";
import type { RegistrationStep, Step } from "../../step.ts";
import type { View } from "../../view.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, type Rule, SPECIFICATION } from "../rule.ts";

/** How often a client may read one unchanged document in a row. */
const MAX_READS = 5;
/** How many client_ids it may leave unused. */
const MAX_UNUSED = 2;
/** How often its person may log in, one login after the other, without a call between them. */
const MAX_LOGINS = 3;

/** Reads of one document that nothing else came between, as many as there were at most. */
function readsInARow(steps: readonly Step[]): readonly Step[] {
  let longest: readonly Step[] = [];
  let rows = new Map<string, Step[]>();
  for (const step of steps) {
    if (step.kind !== "resource_metadata" && step.kind !== "server_metadata") {
      rows = new Map();
      continue;
    }
    if (step.document === undefined) continue;
    const key = `${step.exchange.url} ${step.exchange.response.body ?? ""}`;
    const row = rows.get(key) ?? [];
    row.push(step);
    rows.set(key, row);
    if (row.length > longest.length) longest = row;
  }
  return longest;
}

/** Registrations whose client_id was never used, though the client went on to use another. */
function unusedRegistrations({ registrations, authorizations, tokens }: View): readonly RegistrationStep[] {
  const used = new Set([...authorizations, ...tokens].map(idOf));
  if (used.size === 0) return [];
  return registrations.filter(({ registered }) => {
    const id = textOf(registered, "client_id");
    return id !== undefined && !used.has(id);
  });
}

/** Logins that came one after the other, with tokens that were not even tried, as many as there were at most. */
function loginsInARow(steps: readonly Step[]): readonly Step[] {
  let longest: readonly Step[] = [];
  let row: Step[] = [];
  let asked: Step | undefined;
  for (const step of steps) {
    if (step.kind === "mcp" && step.token !== undefined) row = [];
    // Logins side by side are those of several processes, or persons.
    if (step.kind === "authorization") {
      if (asked) row = [];
      asked = step;
    }
    if (step.kind !== "token" || step.params.get("grant_type") !== "authorization_code") continue;
    if (asked && textOf(step.issued, "access_token") !== undefined) row.push(asked);
    else row = [];
    asked = undefined;
    if (row.length > longest.length) longest = [...row];
  }
  return longest;
}

function checkFrugality(view: View): Outcome {
  const [reads, unused, logins] = [readsInARow(view.steps), unusedRegistrations(view), loginsInARow(view.steps)];
  if (reads.length > MAX_READS) {
    const what = reads[0]?.address ?? "";
    return broken(`It read ${what} ${reads.length} times in a row, where ${MAX_READS} are enough`, positionsOf(reads));
  }
  if (unused.length > MAX_UNUSED) {
    return broken(
      `It registered ${unused.length} times for nothing, as it never used the client_id; ${MAX_UNUSED} are enough`,
      positionsOf(unused),
    );
  }
  if (logins.length > MAX_LOGINS) {
    return broken(
      `It had its person log in ${logins.length} times without a call between, where ${MAX_LOGINS} are enough`,
      positionsOf(logins),
    );
  }
  const evidence = [...reads, ...logins];
  return evidence.length === 0
    ? notObserved("It neither read metadata nor had its person log in")
    : kept("It asked for no more than it needed", positionsOf(evidence).toSorted((one, other) => one - other));
}

/** The rules on how much a client asks for. */
export const frugalityRules: readonly Rule[] = [{
  id: "C43",
  name: "no-more-than-needed",
  title: "A client does not read, register or have its person log in again where it has what it needs.",
  level: "SHOULD",
  revisions: ALWAYS,
  isOfMcp: true,
  link: SPECIFICATION,
  official: [],
  check: checkFrugality,
}];
