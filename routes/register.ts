/**
 * `POST /oauth/register`: dynamic client registration (RFC 7591 3).
 *
 * @module
 */
import { hash } from "node:crypto";
import type { Chance } from "../lib/chance.ts";
import { noStoreJson, readText, requireContentType } from "../lib/http.ts";
import type { Clients } from "../lib/store/clients.ts";
import { paths } from "../lib/urls.ts";
import type { Context, Route } from "./router.ts";

/** What registration needs. */
export interface RegisterDeps {
  /** The table of clients. */
  readonly clients: Clients;
  /** Where ids and secrets are drawn from. */
  readonly chance: Chance;
}

/** The row of registration. */
export function registerRoutes({ clients, chance }: RegisterDeps): readonly Route[] {
  async function register({ request, sandbox }: Context): Promise<Response> {
    requireContentType(request, "application/json");
    const { parseRegistration } = await import("../lib/oauth/registration.ts");
    const metadata = parseRegistration(await readText(request));
    const clientId = `client_${chance.id()}`;
    const secret = metadata.token_endpoint_auth_method === "none" ? undefined : `secret_${chance.id(32)}`;
    const issuedAtSeconds = Math.floor(sandbox.now() / 1000);
    await clients.add(sandbox.id, {
      clientId,
      ...(secret === undefined ? {} : { secretHash: hash("sha256", secret, "base64url") }),
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
