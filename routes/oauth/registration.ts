// `GET`, `PUT` and `DELETE /oauth/register/<client_id>`: what a client can do about its registration later, with the token
// that registration gave it (RFC 7592 2). It always looks at what is stored, never at what this process remembers.
import { OAuthError } from "../../lib/http/errors.ts";
import { noStoreJson, readText, requireContentType } from "../../lib/http/body.ts";
import { hashSecret, isSecretOf, type IssuedSecret, issueSecret } from "../../lib/oauth/clients/client_secret.ts";
import { bearerOf } from "../../lib/oauth/tokens/bearer.ts";
import type { Keys } from "../../lib/oauth/keys/keys.ts";
import { decryptSecret } from "../../lib/oauth/keys/secret_box.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Clients } from "../../lib/oauth/clients/client_table.ts";
import type { ClientRecord } from "../../lib/oauth/clients/client_record.ts";
import type { Entry } from "../../lib/store/store.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context, Handlers } from "../request/router.ts";

type RegistrationDeps = Pick<OAuthDeps, "clients" | "chance" | "keysOf">;

/** What a client is told of itself and cannot be told again, since it is not kept. */
interface ToldOnce {
  /** The registration access token: just made, or just used. */
  readonly token: string;
  /** The secret, if one was just made. */
  readonly secret: IssuedSecret | undefined;
}

/** The handlers of registration management. */
export function registrationHandlers(
  { clients, chance, keysOf }: RegistrationDeps,
): Handlers<"read" | "update" | "remove"> {
  async function read(context: Context): Promise<Response> {
    const { client, token } = await requireOwner(clients, context);
    return noStoreJson(clientInformation(context.sandbox, client, { token, secret: undefined }));
  }

  async function update(context: Context): Promise<Response> {
    const { request, sandbox, plan: { policy } } = context;
    requireContentType(request, "application/json");
    const { parseUpdate } = await import("../../lib/oauth/clients/registration.ts");
    const body = await readText(request);
    for (;;) {
      const { client, entry, token } = await requireOwner(clients, context);
      const { metadata, secret: sent } = parseUpdate(body, client);
      if (sent !== undefined) checkSecretUnchanged(sent, client, await keysOf(sandbox.id));
      const nowSeconds = Math.floor(sandbox.nowMs / 1000);
      // A secret that has run out is the one reason to come for another.
      const isOver = client.secretExpiresAtSeconds !== undefined && client.secretExpiresAtSeconds <= nowSeconds;
      const keys = (): Promise<Keys> => keysOf(sandbox.id);
      const secret = isOver
        ? await issueSecret({ chance, keys, policy }, { clientId: client.clientId, metadata, nowSeconds })
        : undefined;
      const { secretExpiresAtSeconds: _, ...lasting } = client;
      const changed = { ...(secret ? lasting : client), ...secret?.kept, metadata };
      if (!await clients.replace(sandbox.id, entry, changed)) continue;
      return noStoreJson(clientInformation(sandbox, changed, { token, secret }));
    }
  }

  async function remove(context: Context): Promise<Response> {
    const { client } = await requireOwner(clients, context);
    await clients.remove(context.sandbox.id, client.clientId, context.sandbox.nowMs);
    return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
  }

  return { read, update, remove };
}

/** The client information response (RFC 7591 3.2.1, RFC 7592 3). */
export function clientInformation(
  { urls }: Sandbox,
  { clientId, issuedAtSeconds, metadata }: ClientRecord,
  { token, secret }: ToldOnce,
): Record<string, unknown> {
  return {
    client_id: clientId,
    ...secret?.told,
    client_id_issued_at: issuedAtSeconds,
    registration_access_token: token,
    registration_client_uri: urls.registration.replace(/:\w+$/, () => encodeURIComponent(clientId)),
    ...metadata,
  };
}

/** The client whose token was sent; an unknown client is told no more than one with a wrong token (RFC 7592 2). */
async function requireOwner(
  clients: Clients,
  { request, sandbox, param }: Context,
): Promise<{ readonly client: ClientRecord; readonly entry: Entry<ClientRecord>; readonly token: string }> {
  const token = bearerOf(request.headers);
  const entry = await clients.get(sandbox.id, param);
  const { value: client } = entry;
  const { registrationTokenHash } = client ?? {};
  if (client && token !== undefined && registrationTokenHash !== undefined) {
    if (isSecretOf(registrationTokenHash, token)) return { client, entry, token };
  }
  throw new OAuthError(
    "invalid_token",
    "The registration access token is missing or wrong, or the client no longer exists",
    {
      parameter: "authorization",
      expected: "Bearer and the registration_access_token that registration answered with",
      reference: "RFC 7592 2",
    },
  );
}

function checkSecretUnchanged(sent: string, client: ClientRecord, { sealing }: Keys): void {
  const { clientId, encryptedSecret } = client;
  const secretHash = encryptedSecret === undefined
    ? client.secretHash
    : hashSecret(decryptSecret({ sealing, clientId }, encryptedSecret));
  if (secretHash !== undefined && isSecretOf(secretHash, sent)) return;
  throw new OAuthError("invalid_client_metadata", "client_secret cannot be chosen by the client", {
    parameter: "client_secret",
    expected: "the current secret, or none",
    reference: "RFC 7592 2.2",
  });
}
