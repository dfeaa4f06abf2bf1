/** The official conformance suite as a child process. */
import manifest from "../deno.json" with { type: "json" };

/** The words that start the suite, pinned, with no more rights than it needs. */
export const suiteCommand = [
  "run",
  "--config",
  "tests/deno.json",
  "--quiet",
  "--frozen",
  "--no-prompt",
  "--allow-net=127.0.0.1,localhost",
  "--allow-read",
  "--allow-env",
  manifest.imports["@modelcontextprotocol/conformance"],
] as const;
