// What a schema expects, in words of ours: zod's own texts speak to programmers of schemas ("Invalid input: expected
// string, received number"), and reach nobody from here. It is handed to zod with each value, so that what a schema says
// itself counts first.
import type { z } from "zod";
import { suggest } from "./did_you_mean.ts";

type Wording = { readonly error: (issue: z.core.$ZodRawIssue) => string };

/** Has every issue say what was expected, as a noun: "a string", "one of a, b". */
export const inWords: Wording = { error: expectedBy };

/** Types as zod names them. */
const types: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "a boolean, true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  never: "no such member",
  null: "null",
  // What zod calls a member that can be anything, but must be there.
  nonoptional: "a value",
};

/** Formats as zod names them. */
const formats: Readonly<Record<string, string>> = {
  email: "an e-mail address such as ada@example.com",
  url: "a URL",
  datetime: "a time in ISO 8601, such as 2030-01-01T00:00:00Z",
};

function expectedBy(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return types[issue.expected] ?? `a value of type ${issue.expected}`;
    case "invalid_value":
      return issue.values.length === 1 ? String(issue.values[0]) : valuesOf(issue);
    case "invalid_format":
      return formats[issue.format] ?? `a string in the format ${issue.format}`;
    case "too_small":
      return amount(issue.origin, issue.minimum, issue.inclusive === false ? "more than" : "at least");
    case "too_big":
      return amount(issue.origin, issue.maximum, issue.inclusive === false ? "less than" : "at most");
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return "no such member";
    case "invalid_key":
      return `a name that is ${firstOf(issue.issues)}`;
    case "invalid_element":
      return firstOf(issue.issues);
    case "invalid_union":
      return [...new Set(issue.errors.map(firstOf))].join(", or ") || "another value";
    case "custom":
      return "another value";
  }
}

function valuesOf({ values, input }: { readonly values: readonly unknown[]; readonly input?: unknown }): string {
  const names = values.map(String);
  return typeof input === "string" ? suggest(input, names) : `one of ${names.join(", ")}`;
}

function amount(origin: string, limit: number | bigint, word: string): string {
  const isOne = Number(limit) === 1;
  switch (origin) {
    case "string":
      return `a string of ${word} ${limit} character${isOne ? "" : "s"}`;
    case "array":
      return `a list of ${word} ${limit} item${isOne ? "" : "s"}`;
    default:
      return `a number of ${word} ${limit}`;
  }
}

function firstOf(issues: readonly { readonly message: string }[]): string {
  return issues[0]?.message ?? "another value";
}

/**
 * The issue to tell of. A member with a slip in its name is the reason why the one that was meant is missing.
 *
 * @param error What a schema found wrong; at least one issue.
 */
export function mainIssue({ issues }: Pick<z.ZodError, "issues">): z.core.$ZodIssue | undefined {
  const main = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  return main?.code === "invalid_union" ? insideUnion(main) : main;
}

/** Where all alternatives but one are not objects, and the value is one, what is wrong is a member of that object. */
function insideUnion(union: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue {
  const tried = union.errors.flatMap((issues) => mainIssue({ issues }) ?? []);
  const inside = tried.filter(({ code, path }) =>
    code === "unrecognized_keys" || code === "custom" || typeof path[0] === "string"
  );
  const [only] = inside;
  return only && inside.length === 1 ? { ...only, path: [...union.path, ...only.path] } : union;
}

/**
 * What stands in a value, for an error: texts as they are, anything else as JSON, and nothing whose name says that it is a
 * secret.
 *
 * @param issue Where in it, and what is wrong there: a text is called one where its type is wrong.
 * @returns Undefined where nothing stands.
 */
export function receivedAt(
  value: unknown,
  { path, code }: Pick<z.core.$ZodIssue, "path" | "code">,
): string | undefined {
  const found = path.reduce<unknown>(
    (holder, name) => typeof holder === "object" && holder !== null ? Reflect.get(holder, name) : undefined,
    value,
  );
  if (found === undefined) return undefined;
  if (path.some((name) => isSecret(String(name)))) return "a value that is not shown";
  if (typeof found === "string") return code === "invalid_type" ? `the string ${found}` : found;
  return JSON.stringify(found, (name, member) => isSecret(name) ? "not shown" : member);
}

function isSecret(name: string): boolean {
  return /password|secret$|token$/.test(name);
}
