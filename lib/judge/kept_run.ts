// A run as it was at a moment, without what leads to its sandboxes.
import { z } from "zod";

const text = z.string();
const count = z.number();
const verdict = z.enum(["pass", "fail", "incomplete"]);
const ids = z.array(text);

/** What is kept of a run: whatever else it has is left out. */
export const keptRunShape = z.object({
  /** Empty where it is a secret. */
  run: text,
  set: text,
  verdict,
  reason: text,
  counts: z.object({ pass: count, fail: count, incomplete: count, notTried: count, withWarnings: count }),
  scenarios: z.array(z.object({
    name: text,
    group: text,
    story: text,
    verdict: z.enum([...verdict.options, "not tried"]),
    reason: text,
    clients: z.array(z.object({
      name: text.exactOptional(),
      revision: text.exactOptional(),
      verdict,
      reason: text,
      progress: text,
      failures: ids,
      warnings: ids,
    })),
  })),
  kept_at: z.iso.datetime(),
  kept_until: z.iso.datetime(),
});

/** A run as it was. */
export type KeptRun = z.infer<typeof keptRunShape>;
