// JSON in the shape of a schema, or an error that says which member is wrong, what arrived and what is accepted. A file that
// imports this loads zod, so the control API is loaded with its first request.
import { z } from "zod";
import { suggest } from "./did_you_mean.ts";
import { OAuthError } from "./errors.ts";
import { inWords, mainIssue, receivedAt } from "./expected.ts";

/** What a value must be, and what it is read as. */
export type Schema<T = unknown> = z.ZodType<T>;

/** A schema for every member of a type: one that is added to the type and not to its schema does not compile. */
export type Complete<T> = { readonly [Name in keyof T]-?: z.ZodType };

/** An object that has these members and no others, and an error that names the one that was meant, or all. */
export function closedObject<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const names = Object.keys(shape);
  const expectedFor = (unknown = ""): string => names.length === 0 ? "no members" : suggest(unknown, names);
  return z.strictObject(shape, {
    error: (issue) => issue.code === "unrecognized_keys" ? expectedFor(issue.keys[0]) : undefined,
  });
}

/** The id or the secret of a client: any printable ASCII, spaces included (RFC 6749 A.1, A.2). */
export const clientText: Schema<string> = z.string().regex(
  /^[\x20-\x7e]{1,1024}$/,
  "1 to 1024 printable ASCII characters, spaces included (RFC 6749 A.1, A.2)",
);

/** The most things that one body may hold. */
const MAX_ITEMS = 100;

/**
 * Insists on one thing or a list of them, and reads each.
 *
 * @param read Reads one of them; `at` is where it stands, for errors.
 * @throws OAuthError `invalid_request`, naming the member.
 */
export function requireItems<T>(
  value: unknown,
  read: (item: unknown, at: readonly number[]) => T,
): readonly T[] {
  if (!Array.isArray(value)) return [read(value, [])];
  const items: readonly unknown[] = value;
  if (items.length > 0 && items.length <= MAX_ITEMS) return items.map((item, index) => read(item, [index]));
  throw new OAuthError("invalid_request", "The list is empty or too long", {
    parameter: "body",
    received: `${items.length} items`,
    expected: `1 to ${MAX_ITEMS} items`,
  });
}

/**
 * Insists on the shape of a value that came from outside.
 *
 * @param at Where it stands in the body, if it is not the whole.
 * @throws OAuthError `invalid_request`, naming the member.
 */
export function requireShape<T>(value: unknown, schema: Schema<T>, at: readonly number[] = []): T {
  const parsed = schema.safeParse(value, inWords);
  if (parsed.success) return parsed.data;
  const issue = mainIssue(parsed.error);
  throw issue ? describeIssue(issue, value, at) : new OAuthError("invalid_request", "The body is not valid");
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown, at: readonly number[]): OAuthError {
  const [unknown] = issue.code === "unrecognized_keys" ? issue.keys : [];
  const path = [...issue.path, ...(unknown === undefined ? [] : [unknown])];
  const parameter = [...at, ...path].map(String).join(".") || "the body";
  const received = unknown === undefined ? receivedAt(value, issue) : undefined;
  return new OAuthError("invalid_request", `${parameter} ${problemOfMember(unknown, received)}`, {
    parameter,
    received,
    expected: issue.message,
  });
}

function problemOfMember(unknown: string | undefined, received: string | undefined): string {
  if (unknown !== undefined) return "is not a known member";
  return received === undefined ? "is missing" : "is not valid";
}
