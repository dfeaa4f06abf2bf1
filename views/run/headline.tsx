// What a run comes to, in a sentence and in figures.
import type { Run } from "../../lib/judge/run.ts";
import type { Html } from "../shared/html.ts";

/** The verdict, why, and how many scenarios came to what. */
export function Headline(
  { run: { verdict, reason, counts } }: { readonly run: Pick<Run, "verdict" | "reason" | "counts"> },
): Html {
  const { pass, fail, incomplete, notTried, withWarnings } = counts;
  const figures = [
    ["passed", pass, "pass"],
    ["failed", fail, "fail"],
    ["incomplete", incomplete, "incomplete"],
    ["not tried", notTried, "untried"],
    ["with warnings", withWarnings, "warned"],
  ] as const;
  return (
    <>
      <p class={`lead run-verdict run-${verdict}`} role="status">
        <strong>{verdict}</strong> {reason}.
      </p>
      <dl class="run-counts">
        {figures.map(([name, count, kind]) => (
          <div key={name} class={`run-${kind}`}>
            <dd>{count}</dd>
            <dt>{name}</dt>
          </div>
        ))}
      </dl>
    </>
  );
}
