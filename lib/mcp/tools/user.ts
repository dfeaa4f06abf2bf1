// The tools that only `/oauth` has: they concern the person whose token was sent.
import { z } from "zod";
import type { McpUser } from "../caller.ts";
import {
  type DefinedTool,
  defineTool,
  failureResult,
  READS,
  structuredResult,
  textResult,
  type ToolCall,
} from "./tool.ts";

/** Only callers with a user are offered these tools, so a missing user is a mistake of ours. */
function userOf({ user }: ToolCall): McpUser {
  if (!user) throw new Error("A user tool was called without a user");
  return user;
}

/** Names, parameters and texts are the original's; other projects depend on them. */
export const userTools: readonly DefinedTool[] = Object.freeze([
  defineTool({
    name: "userInfo",
    title: "Who am I",
    description: "Returns the user whom the access token stands for.",
    input: z.object({}),
    output: z.object({
      userId: z.string(),
      userName: z.string(),
      email: z.string(),
      sessionId: z.string().describe("The login that the token came from"),
      authenticated: z.literal(true),
      claims: z.record(z.string(), z.unknown()).optional().describe("Claims that the user was given"),
    }),
    annotations: READS,
    run: (_, call) => {
      const { userId, userName, email, sessionId, claims } = userOf(call);
      return structuredResult({ userId, userName, email, sessionId, authenticated: true, ...(claims && { claims }) });
    },
  }),
  defineTool({
    name: "greet",
    title: "Greet",
    description: "Greets the user by name.",
    input: z.object({ formal: z.boolean().optional().describe("Whether to be formal about it") }),
    annotations: READS,
    run: ({ formal }, call) => {
      const { userId, userName } = userOf(call);
      return textResult(formal ? `Good day, ${userName}. Your user ID is ${userId}.` : `Hey ${userName}! 👋`);
    },
  }),
  defineTool({
    name: "adminAction",
    title: "Admin action",
    description: 'Pretends to do what only a user with "admin" in the id or email address may do.',
    input: z.object({ action: z.string().describe("What to pretend to do") }),
    annotations: READS,
    run: ({ action }, call) => {
      const { userId, userName, email } = userOf(call);
      if (!userId.includes("admin") && !email.includes("admin")) {
        return failureResult(`PermissionDeniedError: User ${userId} is not an admin`);
      }
      return textResult(`Admin action "${action}" done by ${userName}`);
    },
  }),
]);
