// The one tool of servers that are small: of one that is there to be let into, not to be used, as the official suite's servers
// for the authorization of clients have it, and of one that adds. The names are the suite's.
import { isPlainObject } from "../rpc.ts";
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

const number = (description: string): Readonly<Record<string, string>> => ({ type: "number", description });

const addNumbers: DefinedTool = {
  name: "add_numbers",
  listing: {
    name: "add_numbers",
    description: "Add two numbers together",
    inputSchema: {
      type: "object",
      properties: { a: number("First number"), b: number("Second number") },
      required: ["a", "b"],
    },
  },
  lasting: false,
  paramHeaders: [],
  prepare: (args) => {
    const { a, b } = isPlainObject(args) ? args : {};
    if (typeof a !== "number" || typeof b !== "number") return { problem: "expected a and b, two numbers" };
    return { run: () => textResult(`The sum of ${a} and ${b} is ${a + b}`) };
  },
};

/** It adds two numbers, and says so in a sentence. */
export const adderTools: readonly DefinedTool[] = Object.freeze([addNumbers]);
