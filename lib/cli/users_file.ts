// The file of `--users`: a JSON array of users. It loads zod, so it is itself loaded only where there is such a file.
import { z } from "zod";
import { closedObject } from "../http/json_body.ts";
import { OAuthError } from "../http/errors.ts";
import { inWords, mainIssue } from "../http/expected.ts";
import { parseJsonFile } from "../http/json_file.ts";
import { emailText } from "../oauth/users/email_schema.ts";
import { parseUserClaims } from "../oauth/users/claims.ts";
import type { DeclaredUser } from "../oauth/users/declared_users.ts";

const userSchema = closedObject({
  email: emailText,
  password: z.string().min(1),
  name: z.string().min(1).exactOptional(),
  userId: z.string().min(1).exactOptional(),
  roles: z.array(z.string()).exactOptional(),
  claims: z.record(z.string(), z.unknown()).exactOptional(),
});

/**
 * Reads the file.
 *
 * @throws Error whose message says in one line which user is wrong, and why; it never holds a password.
 */
export function parseUsersFile(text: string): readonly DeclaredUser[] {
  const parsed = z.array(userSchema).safeParse(parseJsonFile(text), inWords);
  if (!parsed.success) {
    const issue = mainIssue(parsed.error);
    const [unknown] = issue?.code === "unrecognized_keys" ? issue.keys : [];
    const received = unknown === undefined ? "" : `received a member ${unknown}, `;
    throw new Error(`${issue?.path.map(String).join(".") || "the file"}: ${received}expected ${issue?.message}`);
  }
  const seen = new Set<string>();
  parsed.data.forEach(({ email, roles = [], claims }, index) => {
    if (seen.has(email.toLowerCase())) throw new Error(`${index}.email: ${email} is declared twice`);
    seen.add(email.toLowerCase());
    try {
      parseUserClaims({ roles, ...claims }, "claims");
    } catch (error) {
      throw error instanceof OAuthError ? new Error(`${index}: ${error.message}`) : error;
    }
  });
  return parsed.data;
}
