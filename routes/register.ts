/**
 * `POST /oauth/register`: dynamic client registration (RFC 7591 3).
 *
 * @module
 */
import { hash } from "node:crypto";
import type { Chance } from "../lib/chance.ts";
import { noStoreJson, readText, requireContentType } from "../lib/http.ts";
import type { ClientMetadata } from "../lib/oauth/client_metadata.ts";
import type { Keys } from "../lib/oauth/keys.ts";
import { encryptSecret } from "../lib/oauth/secret_box.ts";
import type { ClientRecord, Clients } from "../lib/store/clients.ts";
import { paths } from "../lib/urls.ts";
import type { Context, Route } from "./router.ts";

/** What registration needs. */
export interface RegisterDeps {
  /** The table of clients. */
  readonly clients: Clients;
  /** Where ids and secrets are drawn from. */
  readonly chance: Chance;
  /** A sandbox's keys. */
  readonly keysOf: (sandboxId: string) => Promise<Keys>;
}

/** The row of registration. */
export function registerRoutes({ clients, chance, keysOf }: RegisterDeps): readonly Route[] {
  /** The secret as it is kept: readable only where it has to be read again. */
  async function keepSecret(
    sandboxId: string,
    { clientId, metadata, secret }: { clientId: string; metadata: ClientMetadata; secret: string },
  ): Promise<Pick<ClientRecord, "secretHash" | "encryptedSecret">> {
    if (metadata.token_endpoint_auth_method !== "client_secret_jwt") {
      return { secretHash: hash("sha256", secret, "base64url") };
    }
    const { sealing } = await keysOf(sandboxId);
    return { encryptedSecret: encryptSecret({ sealing, clientId }, secret, chance) };
  }

  async function register({ request, sandbox }: Context): Promise<Response> {
    requireContentType(request, "application/json");
    const { parseRegistration } = await import("../lib/oauth/registration.ts");
    const metadata = parseRegistration(await readText(request));
    const clientId = `client_${chance.id()}`;
    const secret = makeSecret(metadata, chance);
    const issuedAtSeconds = Math.floor(sandbox.now() / 1000);
    await clients.add(sandbox.id, {
      clientId,
      ...(secret === undefined ? {} : await keepSecret(sandbox.id, { clientId, metadata, secret })),
      issuedAtSeconds,
      metadata,
    });
    return noStoreJson({
      client_id: clientId,
      ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
      client_id_issued_at: issuedAtSeconds,
      ...metadata,
    }, 201);
  }

  return [{ name: "register", method: "POST", path: paths.register, cors: true, handler: register }];
}

/** Nothing for clients without one; 64 bytes where it is the key of an HMAC, which HS512 asks for (RFC 7518 3.2). */
function makeSecret({ token_endpoint_auth_method: method }: ClientMetadata, chance: Chance): string | undefined {
  if (method === "none" || method === "private_key_jwt") return undefined;
  return `secret_${chance.id(method === "client_secret_jwt" ? 64 : 32)}`;
}
