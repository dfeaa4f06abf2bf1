/**
 * `/control/users` and `/control/clients`: who can log in, and who can ask for that.
 *
 * @module
 */
import { readBodies, requireShape } from "../http/json_body.ts";
import { type ClientRequest, clientRequestSchema, type UserRequest, userRequestSchema } from "./requests.ts";
import { withRevocation } from "../sandbox/changes.ts";
import { OAuthError } from "../http/errors.ts";
import { noStoreJson } from "../http/body.ts";
import { issueSecret } from "../oauth/clients/client_secret.ts";
import { findDeclared } from "../oauth/clients/declared_clients.ts";
import { buildUserRecord } from "../oauth/users/declared_users.ts";
import { parseRegistration } from "../oauth/clients/registration.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { standardPlan } from "../scenarios/plan.ts";
import type { ClientRecord } from "../oauth/clients/client_record.ts";
import { ifReadable } from "../store/unreadable.ts";
import type { UserRecord } from "../oauth/users/user_table.ts";
import type { ControlDeps, ControlHandlers } from "./operation.ts";

/** What these rows do. */
export type PeopleHandlers = Pick<
  ControlHandlers,
  | "control_list_users"
  | "control_declare_users"
  | "control_remove_user"
  | "control_list_clients"
  | "control_add_clients"
  | "control_remove_client"
>;

/** The handlers of users and clients. */
export function peopleHandlers(deps: ControlDeps): PeopleHandlers {
  const { users, clients } = deps;
  return {
    control_list_users: async ({ sandbox }) => noStoreJson({ users: (await users.list(sandbox.id)).map(describeUser) }),
    control_declare_users: async ({ request, sandbox }) => {
      const asked = await readBodies(request, (item, at) => requireShape(item, userRequestSchema, at));
      const records = asked.map((user) => recordOf(user, sandbox.nowMs));
      for (const record of records) {
        if (!await users.put(sandbox.id, record)) throw isDeclared(record.email);
      }
      return noStoreJson({ users: records.map(describeUser) });
    },
    control_remove_user: async ({ sandbox, param }) => {
      const read = await ifReadable(users.find(sandbox.id, param));
      if (read && !read.value) throw notThere("user", param);
      if (!await users.remove(sandbox.id, param)) throw isDeclared(param);
      return noStoreJson(read?.value ? describeUser(read.value) : { email: param });
    },
    control_list_clients: async ({ sandbox }) => {
      const declared = sandbox.clients.flatMap(({ client_id }) => findDeclared(sandbox, client_id) ?? []);
      const registered = await clients.list(sandbox.id);
      return noStoreJson({ clients: [...declared, ...registered].map(describeClient) });
    },
    control_add_clients: async ({ request, sandbox }) => {
      const asked = await readBodies(request, (item, at) => ({
        ...requireShape(item, clientRequestSchema, at),
        metadata: parseRegistration(JSON.stringify(item), standardPlan.policy),
      }));
      const added = [];
      for (const client of asked) added.push(await recordOfClient(deps, sandbox, client));
      await clients.put(sandbox.id, added.map(({ record }) => record));
      return noStoreJson({ clients: added.map(({ record, told }) => ({ ...describeClient(record), ...told })) });
    },
    control_remove_client: async ({ sandbox, param }) => {
      if (findDeclared(sandbox, param)) throw isDeclared(param);
      const read = await ifReadable(clients.get(sandbox.id, param));
      const known = read?.value.value;
      if (read && !known) throw notThere("client", param);
      await clients.remove(sandbox.id, param, sandbox.nowMs);
      return noStoreJson(known ? describeClient(known) : { client_id: param });
    },
  };
}

/** What is to be kept of a client, and its secret, which is told this once. */
async function recordOfClient(
  { liveSandboxes, clients, chance, keysOf }: ControlDeps,
  sandbox: Sandbox,
  { client_id, client_secret, metadata }: ClientRequest & Pick<ClientRecord, "metadata">,
): Promise<{ readonly record: ClientRecord; readonly told: Readonly<Record<string, unknown>> }> {
  const clientId = client_id ?? `client_${chance.id()}`;
  if (findDeclared(sandbox, clientId)) throw isDeclared(clientId);
  const nowSeconds = Math.floor(sandbox.nowMs / 1000);
  const secret = await issueSecret(
    { chance, keys: () => keysOf(sandbox.id), policy: standardPlan.policy },
    { clientId, metadata, nowSeconds, ...(client_secret === undefined ? {} : { chosen: client_secret }) },
  );
  if (client_secret !== undefined && !secret) throw needsNoSecret(metadata);
  const record = { clientId, ...secret?.kept, issuedAtSeconds: nowSeconds, metadata };
  if (await clients.wasRemoved(sandbox.id, clientId)) {
    // What the one before was given stays void, and what this one is given is not.
    await liveSandboxes.change(liveSandboxes.of(sandbox), (state) => withRevocation(state, clientId));
  }
  return { record, told: { ...secret?.told } };
}

function recordOf({ user_id: userId, ...user }: UserRequest, nowMs: number): UserRecord {
  return buildUserRecord({ ...user, ...(userId === undefined ? {} : { userId }) }, nowMs);
}

function describeUser({ userId, userName, email, claims = {}, createdAtMs }: UserRecord): Record<string, unknown> {
  return { user_id: userId, name: userName, email, claims, created_at_ms: createdAtMs };
}

function describeClient({ clientId, issuedAtSeconds, metadata, ...kept }: ClientRecord): Record<string, unknown> {
  return {
    client_id: clientId,
    client_id_issued_at: issuedAtSeconds,
    has_secret: kept.secretHash !== undefined || kept.encryptedSecret !== undefined,
    ...metadata,
  };
}

function needsNoSecret({ token_endpoint_auth_method: method }: ClientRecord["metadata"]): OAuthError {
  return new OAuthError("invalid_request", `A client that authenticates with ${method} has no secret`, {
    parameter: "client_secret",
    received: "something that is not shown",
    expected: "none, or another token_endpoint_auth_method",
  });
}

function isDeclared(name: string): OAuthError {
  return new OAuthError("invalid_request", "This one was there from the start and stays as it is", {
    parameter: "name",
    received: name,
    expected: "one that was made known here, or came by itself",
  });
}

function notThere(what: string, name: string): OAuthError {
  return new OAuthError("not_found", `Not found: there is no such ${what}`, { parameter: "name", received: name });
}
