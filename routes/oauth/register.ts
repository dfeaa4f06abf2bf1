// `POST /oauth/register`: dynamic client registration (RFC 7591 3).
import { OAuthError } from "../../lib/http/errors.ts";
import { openNoStoreJson, readText, requireContentType } from "../../lib/http/body.ts";
import { hashSecret, issueSecret } from "../../lib/oauth/clients/client_secret.ts";
import type { Keys } from "../../lib/oauth/keys/keys.ts";
import { prefixed } from "../../lib/http/secret_prefixes.ts";
import { late } from "../../lib/runtime/late.ts";
import { clientInformation } from "./registration.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context, Handler } from "../request/router.ts";

type RegisterDeps = Pick<OAuthDeps, "clients" | "chance" | "keysOf">;

/** An import, even of what was imported before, costs as much as all else that a registration does. */
const registration = late(() => import("../../lib/oauth/clients/registration.ts"));

/** The handler of registration. */
export function registerHandler({ clients, chance, keysOf }: RegisterDeps): Handler {
  return async function register({ request, sandbox, plan: { policy } }: Context): Promise<Response> {
    if (policy.registration === "off") throw registrationOff(request);
    requireContentType(request, "application/json");
    const { parseRegistration } = await registration();
    const metadata = parseRegistration(await readText(request), policy);
    const clientId = `client_${chance.id()}`;
    const token = prefixed("registration", chance.id(32));
    const nowSeconds = Math.floor(sandbox.nowMs / 1000);
    const keys = (): Promise<Keys> => keysOf(sandbox.id);
    const secret = await issueSecret({ chance, keys, policy }, { clientId, metadata, nowSeconds });
    const client = {
      clientId,
      ...secret?.kept,
      registrationTokenHash: hashSecret(token),
      issuedAtSeconds: nowSeconds,
      ...(policy.clientTtlSeconds === undefined ? {} : { forgottenAtSeconds: nowSeconds + policy.clientTtlSeconds }),
      metadata,
    };
    await clients.add(sandbox.id, client);
    return openNoStoreJson(clientInformation(sandbox, client, { token, secret }), 201);
  };
}

function registrationOff({ method, url }: Request): OAuthError {
  return new OAuthError("not_found", "Not found: clients cannot register themselves here", {
    parameter: "path",
    received: `${method} ${new URL(url).pathname}`,
    expected: "a client_id known beforehand, or the URL of a client metadata document",
  });
}
