// The tools that keep nothing: they answer, fail or wait exactly as their arguments say.
import { z } from "zod";
import {
  type DefinedTool,
  defineTool,
  failureResult,
  READS,
  structuredResult,
  textResult,
  type ToolAnswer,
} from "./tool.ts";

/** Reports in the course of one `mock_delay`. */
const DELAY_STEPS = 4;
const MAX_DELAY_MS = 10_000;

const operations = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  divide: (a: number, b: number) => a / b,
} as const;

const errorPrefixes = {
  validation: "ValidationError",
  runtime: "RuntimeError",
  not_found: "NotFoundError",
  permission_denied: "PermissionDeniedError",
} as const;

/** JSON has no Infinity: a sum beyond the largest number would reach the client as null. */
function numberResult(name: string, value: number, text: string): ToolAnswer {
  if (!Number.isFinite(value)) {
    return failureResult("Error: The result is too large for a number");
  }
  return structuredResult({ [name]: value }, text);
}

/** Names, parameters and texts are the original's; other projects depend on them. */
export const basicTools: readonly DefinedTool[] = Object.freeze([
  defineTool({
    name: "mock_echo",
    title: "Echo",
    description: "Returns a message.",
    input: z.object({ message: z.string().describe("What to return") }),
    annotations: READS,
    run: ({ message }) => textResult(`Echo: ${message}`),
  }),
  defineTool({
    name: "mock_add",
    title: "Add",
    description: "Adds two numbers.",
    input: z.object({ a: z.number().describe("First summand"), b: z.number().describe("Second summand") }),
    output: z.object({ sum: z.number() }),
    annotations: READS,
    run: ({ a, b }) => numberResult("sum", a + b, String(a + b)),
  }),
  defineTool({
    name: "mock_calculate",
    title: "Calculate",
    description: "Does one calculation with two numbers; division by zero fails.",
    input: z.object({
      operation: z.enum(["add", "subtract", "multiply", "divide"]).describe("What to do with a and b"),
      a: z.number().describe("First operand"),
      b: z.number().describe("Second operand"),
    }),
    output: z.object({ result: z.number() }),
    annotations: READS,
    run: ({ operation, a, b }) => {
      if (operation === "divide" && b === 0) {
        return failureResult("Error: Division by zero");
      }
      const result = operations[operation](a, b);
      return numberResult("result", result, `${operation}(${a}, ${b}) = ${result}`);
    },
  }),
  defineTool({
    name: "mock_json_echo",
    title: "Echo JSON",
    description: "Returns a JSON object, as data and as indented text.",
    input: z.object({ data: z.record(z.string(), z.unknown()).describe("The object to return") }),
    output: z.looseObject({}),
    annotations: READS,
    run: ({ data }) => structuredResult(data),
  }),
  defineTool({
    name: "mock_error",
    title: "Fail",
    description: "Always fails, in the requested way.",
    input: z.object({
      errorType: z.enum(["validation", "runtime", "not_found", "permission_denied"]).describe("How to fail"),
      message: z.string().optional().describe("What to say; a default text if absent"),
    }),
    annotations: READS,
    run: ({ errorType, message }) =>
      failureResult(`${errorPrefixes[errorType]}: ${message || `Mock ${errorType} error`}`),
  }),
  defineTool({
    name: "mock_conditional_error",
    title: "Fail if told to",
    description: "Succeeds with a value, or fails, as the arguments say.",
    input: z.object({
      shouldFail: z.boolean().describe("Whether to fail"),
      value: z.string().describe("What to return on success"),
    }),
    annotations: READS,
    run: ({ shouldFail, value }) =>
      shouldFail ? failureResult("Conditional failure triggered") : textResult(`Success: ${value}`),
  }),
  defineTool({
    name: "mock_delay",
    title: "Answer late",
    description: "Answers after a delay; reports progress if asked to, and stops when cancelled.",
    input: z.object({
      delayMs: z.number().min(0).max(MAX_DELAY_MS).describe(`Milliseconds to wait, ${MAX_DELAY_MS} at most`),
      message: z.string().describe("What to say afterwards"),
    }),
    annotations: READS,
    lasting: true,
    run: async ({ delayMs, message }, { sleep, progress, signal = new AbortController().signal }) => {
      for (let step = 1; step <= DELAY_STEPS; step++) {
        await sleep(delayMs / DELAY_STEPS, signal);
        await progress?.(step, DELAY_STEPS, `Waited ${delayMs * step / DELAY_STEPS} of ${delayMs} ms`);
      }
      return textResult(`Delayed ${delayMs}ms: ${message}`);
    },
  }),
  defineTool({
    name: "mock_counter",
    title: "Count",
    description:
      "Returns the milliseconds of the server's clock: a number from 0 to 999 that differs from call to call.",
    input: z.object({ prefix: z.string().optional().describe("Put before the number") }),
    output: z.object({ value: z.number().int() }),
    annotations: READS,
    run: ({ prefix }, { sandbox }) => {
      const value = Math.floor(sandbox.nowMs) % 1000;
      return structuredResult({ value }, prefix ? `${prefix}: ${value}` : String(value));
    },
  }),
]);
