// `/control/users`: people who can log in.
import { z } from "zod";
import { OAuthError } from "../http/errors.ts";
import { closedObject, requireShape, type Schema } from "../http/json_body.ts";
import { emailText } from "../oauth/users/email_schema.ts";
import { buildUserRecord, type DeclaredUser } from "../oauth/users/declared_users.ts";
import type { UserRecord } from "../oauth/users/user_table.ts";
import { ifReadable } from "../store/unreadable.ts";
import { members, oneOrMore, operation, shortText } from "./operation.ts";

interface UserRequest extends Pick<DeclaredUser, "email" | "password" | "name" | "roles" | "claims"> {
  /** Subject of the user's tokens; derived from the email address if not given. */
  readonly user_id?: string;
}

const userRequestSchema: Schema<UserRequest> = closedObject({
  email: emailText,
  password: shortText,
  name: shortText.exactOptional(),
  user_id: shortText.exactOptional(),
  roles: z.array(shortText).max(100).exactOptional(),
  claims: members.exactOptional(),
});

const user = z.object({
  user_id: z.string(),
  name: z.string(),
  email: z.string(),
  claims: members,
  created_at_ms: z.number(),
});

/** What can be done to the people of a sandbox. */
export const userOperations = {
  control_list_users: operation({
    summary: "Users who can log in",
    answer: z.object({ users: z.array(user) }),
    run: async ({ users }, { sandbox }) => ({ users: (await users.list(sandbox.id)).map(describeUser) }),
  }),
  control_declare_users: operation({
    summary: "Declares users who can log in, replacing those with the same email address",
    input: oneOrMore(userRequestSchema, (item, at) => requireShape(item, userRequestSchema, at)),
    example: { email: "ada@example.com", password: "x", name: "Ada", roles: ["admin"], claims: { tenant: 7 } },
    answer: z.object({ users: z.array(user) }),
    run: async ({ users }, { sandbox, input }) => {
      const records = input.map((declared) => recordOf(declared, sandbox.nowMs));
      for (const record of records) {
        if (!await users.put(sandbox.id, record)) throw isFixed(record.email);
      }
      return { users: records.map(describeUser) };
    },
  }),
  control_remove_user: operation({
    summary: "Removes a user",
    // Of one whose row cannot be read, nothing else is known.
    answer: user.partial().required({ email: true }),
    run: async ({ users }, { sandbox, param: email }) => {
      const read = await ifReadable(users.find(sandbox.id, email));
      if (read && !read.value) throw notFound("user", email);
      if (!await users.remove(sandbox.id, email)) throw isFixed(email);
      return read?.value ? describeUser(read.value) : { email };
    },
  }),
};

function recordOf({ user_id: userId, ...declared }: UserRequest, nowMs: number): UserRecord {
  return buildUserRecord({ ...declared, ...(userId === undefined ? {} : { userId }) }, nowMs);
}

function describeUser({ userId, userName, email, claims = {}, createdAtMs }: UserRecord): z.infer<typeof user> {
  return { user_id: userId, name: userName, email, claims, created_at_ms: createdAtMs };
}

/** Refuses to change a user or a client that the server was started with. */
export function isFixed(name: string): OAuthError {
  return new OAuthError("invalid_request", "This one exists from the start and cannot be changed", {
    parameter: "name",
    received: name,
    expected: "one that was added later",
  });
}

/** Refuses to remove what does not exist. */
export function notFound(what: string, name: string): OAuthError {
  return new OAuthError("not_found", `Not found: there is no such ${what}`, { parameter: "name", received: name });
}
