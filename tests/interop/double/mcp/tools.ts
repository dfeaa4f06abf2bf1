/** What the test client remembers of the tools that it was told of. */
import type { Document } from "../readings.ts";
import { objectIn } from "./inbox.ts";

/** The names of tools in a result that do no harm if they are called twice. */
export function safeToolsIn(result: Document | undefined): readonly unknown[] {
  const tools: readonly unknown[] = Array.isArray(result?.tools) ? result.tools : [];
  return tools.flatMap((tool) => {
    const { name, annotations } = objectIn({ tool }, "tool") ?? {};
    const hints = objectIn({ annotations }, "annotations");
    return hints?.readOnlyHint === true || hints?.idempotentHint === true ? [name] : [];
  });
}
