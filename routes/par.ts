/**
 * `POST /oauth/par`: pushed authorization requests (RFC 9126).
 *
 * @module
 */
import type { Chance } from "../lib/chance.ts";
import { noStoreJson, readText, requireContentType } from "../lib/http.ts";
import { parseAuthorizationRequest, parseAuthorizationTarget } from "../lib/oauth/authorization_request.ts";
import { authenticateClient } from "../lib/oauth/client_auth.ts";
import { requireGrantType } from "../lib/oauth/grants/context.ts";
import { parseParams, requireFaultless } from "../lib/oauth/params.ts";
import { pushRequest, readPushedForm } from "../lib/oauth/pushed_request.ts";
import type { Clients } from "../lib/store/clients.ts";
import type { Pushed } from "../lib/store/pushed.ts";
import { paths } from "../lib/urls.ts";
import type { Context, Route } from "./router.ts";

/** What pushing needs. */
export interface ParDeps {
  /** The table of clients. */
  readonly clients: Clients;
  /** The table of pushed requests. */
  readonly pushed: Pushed;
  /** Where names are drawn from. */
  readonly chance: Chance;
}

/** The row of pushed authorization requests. */
export function parRoutes({ clients, pushed, chance }: ParDeps): readonly Route[] {
  async function push({ request, sandbox }: Context): Promise<Response> {
    requireContentType(request, "application/x-www-form-urlencoded");
    const form = new URLSearchParams(await readText(request));
    const posted = parseParams(form);
    requireFaultless(posted);
    const { value: client } = await authenticateClient(clients, sandbox.id, request, posted);
    const query = readPushedForm(form, client.clientId);
    const params = parseParams(query);
    // Checked here as it would be in the browser, where nobody could tell the client (RFC 9126 2.1).
    await parseAuthorizationTarget(clients, sandbox.id, params);
    requireGrantType(client, "authorization_code");
    parseAuthorizationRequest(params);
    return noStoreJson(await pushRequest({ pushed, chance }, sandbox, { clientId: client.clientId, query }), 201);
  }

  return [{ name: "par", method: "POST", path: paths.par, cors: true, handler: push }];
}
