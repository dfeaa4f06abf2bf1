// The record of a sandbox and what it comes to, for the API and for the inspector's page.
import { OAuthError } from "../http/errors.ts";
import type { Judgement } from "../judge/judgements.ts";
import type { SetLimits } from "../judge/limits.ts";
import type { Revision } from "../judge/settled.ts";
import { late } from "../runtime/late.ts";
import type { Recording } from "../recorder/recording.ts";
import { isLabelled, type Sandbox } from "../sandbox/sandbox.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Minted } from "../oauth/tokens/minted_table.ts";
import type { Slices } from "../runtime/slices.ts";

/** The record, and what it comes to. */
export interface Reports {
  /**
   * The recording.
   *
   * @throws OAuthError `not_found` where nothing is recorded.
   */
  readonly demand: () => Recording;
  /**
   * Judges what a sandbox has on record: all that was answered before.
   *
   * @param how By which revision and limits.
   */
  readonly judge: (sandbox: Sandbox, how?: JudgedHow) => Promise<Judgement>;
}

/** What a test asks to judge by. */
export interface JudgedHow {
  /** The revision of MCP to judge all clients by; each by the one it speaks if not given. */
  readonly judgedBy?: Revision | undefined;
  /** Limits in place of those of the table. */
  readonly limits?: SetLimits | undefined;
}

interface ReportSource {
  /** What was recorded; undefined where nothing is. */
  readonly recording: Recording | undefined;
  /** The scenario of a sandbox, for the rules that it is there to see kept, and the revisions that have them. */
  readonly scenarioOf: (sandbox: Sandbox) => Pick<Scenario, "expects" | "reaches" | "revisions" | "needs_origin">;
  readonly slices: Slices;
  /** The tokens that a test has minted: they were issued here, though no request on record brought them. */
  readonly minted: Pick<Minted, "list">;
}

/** Makes what the API and the inspector's page report from. */
export function createReports({ recording, scenarioOf, slices, minted }: ReportSource): Reports {
  const judgements = recording && late(async () => {
    const { createJudgements } = await import("../judge/judgements.ts");
    return createJudgements({ recording, slices });
  });

  return {
    demand: () => recording ?? refuse(),
    judge: async (sandbox, { judgedBy, limits } = {}) => {
      if (!judgements) return refuse();
      const { id, name, scenario, prefix } = sandbox;
      const { expects, reaches, revisions, needs_origin: needsOrigin = false } = scenarioOf(sandbox);
      const [judgementOf, known] = await Promise.all([judgements(), minted.list(id)]);
      const issued = known.flatMap(({ digest }) => digest ?? []);
      return await judgementOf({
        sandboxId: id,
        sandbox: name,
        isLabelled: isLabelled(sandbox),
        scenario,
        expects,
        ...(reaches === undefined ? {} : { reaches }),
        ...(revisions ? { revisions } : {}),
        // Every reset changes the id.
        ...(id === name ? {} : { wasReset: true }),
        hasOrigin: prefix === "",
        needsOrigin,
        ...(issued.length > 0 ? { minted: issued } : {}),
        ...(judgedBy ? { judgedBy } : {}),
        ...(limits ? { limits } : {}),
      });
    },
  };
}

function refuse(): never {
  throw new OAuthError("not_found", "Nothing is recorded: recording is turned off", {
    expected: "a server started without --no-record",
  });
}
