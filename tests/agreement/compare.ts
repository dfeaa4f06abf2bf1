/** The suite's checks of a client in a scenario beside our findings on the same client in our scenario of that name. */
import type { Judgement } from "./drive.ts";
import type { Check } from "./suite.ts";

/** Which client: one of the TypeScript SDKs in this process, or one that has a driver. */
export type ClientName = string;

/** Both verdicts on a client in a scenario. */
export interface Pair {
  readonly client: ClientName;
  /** The scenario's name in the suite. */
  readonly scenario: string;
  readonly checks: readonly Check[];
  readonly judgement: Judgement;
}

/** What comes of comparing. */
export interface Comparison extends Pick<Pair, "client" | "scenario"> {
  /** How many of the suite's checks one of our rules looks at as well. */
  readonly compared: number;
  /** Checks that the suite says have failed. */
  readonly failed: readonly string[];
  /** Rules that we say are broken. */
  readonly broken: readonly string[];
  readonly verdict: Judgement["verdict"];
  readonly judgedBy: Judgement["judgedBy"];
  readonly ownVerdict: Judgement["ownVerdict"];
  readonly idle: Judgement["idle"];
  /** Where they do not agree, one by one. */
  readonly differences: readonly string[];
  /** Checks that none of our rules looks at. */
  readonly unruled: readonly string[];
}

/** Compares the two, check by check and as a whole. */
export function compare({ client, scenario, checks, judgement }: Pair): Comparison {
  const findings = judgement.clients.flatMap((client) => client.findings);
  const judged = checks.filter(({ status }) => status !== "INFO" && status !== "SKIPPED");
  const ids = [...new Set(judged.map(({ id }) => id))];
  const failed = new Set(judged.filter(({ status }) => status !== "SUCCESS").map(({ id }) => id));
  const broken = findings.filter(({ status }) => status === "broken");
  const ruled = ids.filter((id) => findings.some(({ official }) => official.includes(id)));
  const differences: string[] = [];
  for (const id of ruled) {
    const own = findings.filter(({ official }) => official.includes(id));
    // A rule is about several checks: one that failed says that it is broken, whatever the others say.
    const isAlike = failed.has(id)
      ? own.some(({ status }) => status === "broken")
      : own.some(({ status, official }) =>
        status === "kept" || (status === "broken" && official.some((name) => failed.has(name)))
      );
    if (!isAlike) {
      const ours = own.map(({ rule, status }) => `${rule} ${status}`).join(", ");
      differences.push(`${id} ${failed.has(id) ? "failed" : "passed"} there, ${ours} here`);
    }
  }
  for (const { rule, official } of broken) {
    if (!official.some((id) => failed.has(id))) differences.push(`${rule} broken here alone`);
  }
  if (failed.size === 0 !== (judgement.verdict === "pass")) {
    differences.push(`${failed.size === 0 ? "passed" : "failed"} there, ${judgement.verdict} here`);
  }
  if (failed.size > 0 && judgement.ownVerdict === "pass" && judgement.verdict !== "pass") {
    differences.push("failed there, pass here by the revision that the client speaks");
  }
  return {
    client,
    scenario,
    compared: ruled.length,
    failed: [...failed].sort(),
    broken: broken.map(({ rule }) => rule),
    verdict: judgement.verdict,
    judgedBy: judgement.judgedBy,
    ownVerdict: judgement.ownVerdict,
    idle: judgement.idle,
    differences,
    unruled: ids.filter((id) => !ruled.includes(id)),
  };
}
