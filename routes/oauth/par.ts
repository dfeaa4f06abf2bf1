// `POST /oauth/par`: pushed authorization requests (RFC 9126).
import { noStoreJson } from "../../lib/http/body.ts";
import { parseAuthorizationRequest, parseAuthorizationTarget } from "../../lib/oauth/authorize/request.ts";
import { requireGrantType } from "../../lib/oauth/grants/context.ts";
import { readFields } from "../../lib/oauth/form.ts";
import { proofOf } from "../../lib/oauth/tokens/proof.ts";
import { readIdTokenHint } from "../../lib/oauth/tokens/id_token_hint.ts";
import { parseParams, requireFaultless } from "../../lib/oauth/params.ts";
import { bindRequest, pushRequest, readPushedForm } from "../../lib/oauth/authorize/pushed.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context, Handler } from "../request/router.ts";

type ParDeps = Pick<OAuthDeps, "clients" | "authenticate" | "pushed" | "replays" | "chance" | "keysOf">;

/** The handler of pushed authorization requests. */
export function pushHandler({ clients, authenticate, pushed, replays, chance, keysOf }: ParDeps): Handler {
  return async function push(context: Context): Promise<Response> {
    const { request, sandbox, plan } = context;
    const form = await readFields(request);
    const posted = parseParams(form);
    requireFaultless(posted);
    const { value: client } = await authenticate(sandbox, request, posted);
    const query = readPushedForm(form, client.clientId);
    const jkt = await proofOf({ keysOf, replays }, context, sandbox.urls.par);
    if (jkt !== undefined) bindRequest(query, jkt);
    const params = parseParams(query);
    // Checked here as it would be in the browser, where nobody could tell the client (RFC 9126 2.1).
    await parseAuthorizationTarget(clients, { sandbox, policy: plan.policy }, params);
    requireGrantType(client, "authorization_code");
    const { idTokenHint } = parseAuthorizationRequest(params, plan.policy);
    if (idTokenHint !== undefined) await readIdTokenHint(keysOf, sandbox, idTokenHint);
    return noStoreJson(await pushRequest({ pushed, chance }, sandbox, { clientId: client.clientId, query }), 201);
  };
}
