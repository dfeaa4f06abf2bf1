// `/control/clients`: clients that a sandbox knows.
import { z } from "zod";
import { closest, suggest } from "../http/did_you_mean.ts";
import { OAuthError } from "../http/errors.ts";
import { clientText, requireShape, type Schema } from "../http/json_body.ts";
import type { ClientRecord } from "../oauth/clients/client_record.ts";
import { issueSecret } from "../oauth/clients/client_secret.ts";
import { findDeclared } from "../oauth/clients/declared_clients.ts";
import { parseRegistration, registrationMembers } from "../oauth/clients/registration.ts";
import { withRevocation } from "../sandbox/changes.ts";
import { standardPlan } from "../scenarios/plan.ts";
import { ifReadable } from "../store/unreadable.ts";
import { type Call, type Deps, oneOrMore, operation } from "./operation.ts";
import { isFixed, notFound } from "./users.ts";

/** A client to be added: what comes beside its metadata (RFC 7591 2). */
interface ClientRequest {
  /** What it is called by; generated if not given. */
  readonly client_id?: string;
  /** Its secret; generated if not given and it needs one. */
  readonly client_secret?: string;
}

const clientRequestSchema: Schema<ClientRequest> = z.looseObject({
  client_id: clientText.refine((id) => !/^https?:/i.test(id), {
    error: "an id that is not a URL, since a URL names a metadata document",
  })
    .exactOptional(),
  client_secret: clientText.exactOptional(),
});

/** A server ignores metadata that it does not know (RFC 7591 2); a test that misspells a name means one that is known. */
function requireNoSlip(item: object, at: readonly number[]): void {
  const known = ["client_id", "client_secret", ...registrationMembers];
  const slip = Object.keys(item).find((name) => !known.includes(name) && meantBy(name, known) !== undefined);
  if (slip === undefined) return;
  throw new OAuthError("invalid_request", `${slip} is not a known member`, {
    parameter: [...at, slip].join("."),
    expected: suggest(slip, known),
  });
}

/** The name that a slip means. One that only begins like another is not a slip: `client_name#de` is a translation. */
function meantBy(name: string, known: readonly string[]): string | undefined {
  return /[#:]/.test(name) || registered.has(name) ? undefined : closest(name, known);
}

/** Metadata that others understand and that look like ours (OpenID Connect Registration 2). */
const registered: ReadonlySet<string> = new Set([
  "request_uris",
  "client_secret_expires_at",
  "client_id_issued_at",
  "registration_client_uri",
]);

const client = z.looseObject({
  client_id: z.string(),
  client_id_issued_at: z.number().int().min(0),
  has_secret: z.boolean(),
  client_secret: z.string().optional(),
});

/** What can be done to the clients of a sandbox. */
export const clientOperations = {
  control_list_clients: operation({
    summary: "Known clients",
    answer: z.object({ clients: z.array(client) }),
    run: async ({ clients }, { sandbox }) => {
      const declared = sandbox.clients.flatMap(({ client_id }) => findDeclared(sandbox, client_id) ?? []);
      const registered = await clients.list(sandbox.id);
      return { clients: [...declared, ...registered].map(describeClient) };
    },
  }),
  control_add_clients: operation({
    summary: "Adds a client, with a client_id and a secret of your choice",
    description: "The other members are the metadata of a registration (RFC 7591 2), with the same defaults.",
    input: oneOrMore(clientRequestSchema, (item, at) => {
      const asked = requireShape(item, clientRequestSchema, at);
      requireNoSlip(asked, at);
      return { ...asked, metadata: parseRegistration(JSON.stringify(item), standardPlan.policy) };
    }),
    example: {
      client_id: "my-app",
      redirect_uris: ["http://127.0.0.1/callback"],
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
    },
    answer: z.object({ clients: z.array(client) }),
    run: async (deps, { input, ...call }) => {
      const added = [];
      for (const one of input) added.push(await recordOf(deps, call, one));
      await deps.clients.put(call.sandbox.id, added.map(({ record }) => record));
      return { clients: added.map(({ record, told }) => ({ ...describeClient(record), ...told })) };
    },
  }),
  control_remove_client: operation({
    summary: "Removes a client, as if the server had lost it",
    // Of one whose row cannot be read, nothing else is known.
    answer: client.partial().required({ client_id: true }),
    run: async ({ clients }, { sandbox, param: clientId }) => {
      if (findDeclared(sandbox, clientId)) throw isFixed(clientId);
      const read = await ifReadable(clients.get(sandbox.id, clientId));
      const known = read?.value.value;
      if (read && !known) throw notFound("client", clientId);
      await clients.remove(sandbox.id, clientId, sandbox.nowMs);
      return known ? describeClient(known) : { client_id: clientId };
    },
  }),
};

/** What is kept of a client, and its secret, which is told this once. */
async function recordOf(
  { liveSandboxes, clients, chance, keysOf }: Deps,
  { sandbox, live }: Pick<Call, "sandbox" | "live">,
  { client_id, client_secret, metadata }: ClientRequest & Pick<ClientRecord, "metadata">,
): Promise<{ readonly record: ClientRecord; readonly told: { readonly client_secret?: string } }> {
  const clientId = client_id ?? `client_${chance.id()}`;
  if (findDeclared(sandbox, clientId)) throw isFixed(clientId);
  const nowSeconds = Math.floor(sandbox.nowMs / 1000);
  const secret = await issueSecret(
    { chance, keys: () => keysOf(sandbox.id), policy: standardPlan.policy },
    { clientId, metadata, nowSeconds, chosen: client_secret },
  );
  if (client_secret !== undefined && !secret) throw needsNoSecret(metadata);
  const record = { clientId, ...secret?.kept, issuedAtSeconds: nowSeconds, metadata };
  if (await clients.wasRemoved(sandbox.id, clientId)) {
    // What the former client was given stays void, and what this one is given is not.
    await liveSandboxes.change(live, (state) => withRevocation(state, clientId));
  }
  return { record, told: { ...secret?.told } };
}

function describeClient({ clientId, issuedAtSeconds, metadata, ...kept }: ClientRecord): z.infer<typeof client> {
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
    received: "a value that is not shown",
    expected: "none, or another token_endpoint_auth_method",
  });
}
