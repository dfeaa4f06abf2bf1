// The one tool of a server that is there to be let into, not to be used: the official suite's servers for the
// authorization of clients have it, under this name.
import { type DefinedTool, textResult } from "./tool.ts";

const testTool: DefinedTool = {
  name: "test-tool",
  listing: { name: "test-tool", inputSchema: { type: "object" } },
  lasting: false,
  paramHeaders: [],
  prepare: () => ({ run: () => textResult("test") }),
};

/** It takes anything, answers one word, and says of itself no more than it must. */
export const minimalTools: readonly DefinedTool[] = Object.freeze([testTool]);
