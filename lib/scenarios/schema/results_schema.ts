// How a client of an SDK fared in the scenarios, when it was driven through them: what the table of clients is made of.
import { z } from "zod";

/** How a client came through a scenario. */
export const outcomes = [
  /** Every step did what it was for, after as many logins as are noted. */
  "works",
  /** A step failed, and a later one of its kind did not. */
  "recovers",
  /** It stopped, where the scenario wants it to. */
  "refuses",
  /** A step failed, and with it the rest. */
  "gives up",
  /** A step took longer than anybody waits. */
  "hangs",
  /** The client ended with it. */
  "crashes",
  /** The client has no such way to log in. */
  "not driven",
] as const;

const brokenShape = z.strictObject({
  rule: z.string(),
  /** What was seen. */
  detail: z.string(),
  /** The exchanges that show it, a line each. */
  exchanges: z.array(z.string()),
});

const cellShape = z.strictObject({
  outcome: z.enum(outcomes),
  logins: z.number().exactOptional(),
  /** The steps that the client has no way to do. */
  lacks: z.array(z.string()).exactOptional(),
  /** The step that failed. */
  at: z.string().exactOptional(),
  /** What the client said. */
  error: z.string().exactOptional(),
  verdict: z.enum(["pass", "fail", "incomplete"]).exactOptional(),
  /** Why, unless it passed. */
  reason: z.string().exactOptional(),
  /** The rules that fail it. */
  broken: z.array(brokenShape).exactOptional(),
  /** The recommendations that it did not follow. */
  warnings: z.array(z.string()).exactOptional(),
  /** The revision of MCP that it spoke. */
  revision: z.string().exactOptional(),
});

/** How a client fared in one scenario. */
export type Cell = z.infer<typeof cellShape>;

/** How a client fared: what a file of results holds. */
export const resultsShape = z.strictObject({
  /** What it is called by. */
  client: z.string(),
  /** What people call it. */
  title: z.string(),
  language: z.string(),
  version: z.string(),
  /** Where its maintainers are. */
  url: z.url(),
  /** The day on which the last cell was filled. */
  date: z.iso.date(),
  /** By the scenario's name. */
  cells: z.record(z.string(), cellShape),
});

/** How a client fared. */
export type Results = z.infer<typeof resultsShape>;
