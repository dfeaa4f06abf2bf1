// `POST /oauth/device` for devices, `/oauth/device/verify` for the people before them (RFC 8628).
import { errorStatus, OAuthError } from "../../lib/http/errors.ts";
import { noStoreJson, withErrorHeaders } from "../../lib/http/body.ts";
import { authorizeDevice, decideDevice, findWaitingDevice, showUserCode } from "../../lib/oauth/grants/device.ts";
import { requireGrantType } from "../../lib/oauth/grants/context.ts";
import { readFields, readForm } from "../../lib/oauth/form.ts";
import { type Params, parseExpiresIn, parseParams, requireFaultless } from "../../lib/oauth/params.ts";
import { createAutoUser, signIn, type User } from "../../lib/oauth/users/user.ts";
import type { DeviceRecord } from "../../lib/oauth/grants/device_table.ts";
import { DeviceCodePage, DeviceConsentPage, DeviceDonePage } from "../../views/consent/device.tsx";
import type { OAuthDeps } from "./deps.ts";
import { htmlResponse } from "../request/html.ts";
import { requireOwnForm } from "../request/own_form.ts";
import type { Context, Handlers } from "../request/router.ts";

/** What devices and their people need. */
export type DeviceDeps = Pick<OAuthDeps, "clients" | "authenticate" | "users" | "devices" | "chance">;

/** The handlers of the device grant. */
export function deviceHandlers(deps: DeviceDeps): Handlers<"authorize" | "show" | "decide"> {
  const { authenticate, devices } = deps;

  async function authorize({ request, sandbox }: Context): Promise<Response> {
    const params = await readForm(request);
    const { value: client } = await authenticate(sandbox, request, params);
    requireGrantType(client, "urn:ietf:params:oauth:grant-type:device_code");
    return noStoreJson(await authorizeDevice(deps, sandbox, { clientId: client.clientId, params }));
  }

  async function show(context: Context): Promise<Response> {
    const { url, sandbox } = context;
    const typed = url.searchParams.get("user_code");
    if (typed === null) return htmlResponse(<DeviceCodePage urls={sandbox.urls} />);
    const entry = await findWaitingDevice(devices, sandbox, typed);
    return entry ? await consentPage(deps, context, { typed, device: entry.value }) : unknownCode(context);
  }

  async function decide(context: Context): Promise<Response> {
    const { request, url, sandbox } = context;
    requireOwnForm(context);
    const form = await readFields(request);
    const params = parseParams(url.searchParams, form);
    requireFaultless(params);
    const typed = params.get("user_code") ?? "";
    const entry = await findWaitingDevice(devices, sandbox, typed);
    if (!entry) return unknownCode(context);
    const isApproved = params.get("action") !== "deny";
    try {
      // An empty field means what is the default here; a form without the field leaves it as the device asked.
      const expiresInSeconds = form.has("expires_in")
        ? parseExpiresIn(params.get("expires_in"))
        : entry.value.asked.expiresInSeconds;
      const consent = isApproved ? { user: await whoAgrees(deps, context, params), expiresInSeconds } : undefined;
      await decideDevice(deps, sandbox, consent ? { entry, consent } : { entry });
    } catch (error) {
      if (!(error instanceof OAuthError) || params.get("action") !== "login") throw error;
      const again = { typed, device: entry.value, error, email: params.get("email") ?? "" };
      return await consentPage(deps, context, again);
    }
    return htmlResponse(<DeviceDonePage urls={sandbox.urls} isApproved={isApproved} />);
  }

  return { authorize, show, decide };
}

async function whoAgrees({ users, chance }: DeviceDeps, { sandbox }: Context, params: Params): Promise<User> {
  const nowMs = sandbox.nowMs;
  const action = params.get("action");
  if (action === "auto") return createAutoUser(nowMs, chance);
  const email = params.get("email");
  const password = params.get("password");
  if (action === "login" && email !== undefined && password !== undefined) {
    return await signIn({ users, chance }, { sandboxId: sandbox.id, nowMs }, { email, password });
  }
  throw new OAuthError("invalid_request", action === "login" ? "Email and password are required" : "Invalid action", {
    parameter: "action",
    received: action ?? "none",
    expected: "auto, login with email and password, or deny",
  });
}

async function consentPage(
  { clients }: DeviceDeps,
  { sandbox, plan }: Context,
  { typed, device, error, email }: {
    readonly typed: string;
    readonly device: DeviceRecord;
    readonly error?: OAuthError;
    readonly email?: string;
  },
): Promise<Response> {
  const { value: client } = await clients.find(sandbox, device.clientId);
  const { scopes, expiresInSeconds } = device.asked;
  const page = (
    <DeviceConsentPage
      urls={sandbox.urls}
      userCode={showUserCode(typed)}
      name={client?.metadata.client_name ?? device.clientId}
      scopes={scopes}
      defaultLifetimeSeconds={plan.mint.accessTokenTtlSeconds}
      expiresInSeconds={expiresInSeconds}
      problem={error?.message}
      email={email}
    />
  );
  return error ? withErrorHeaders(htmlResponse(page, errorStatus(error)), error) : htmlResponse(page);
}

function unknownCode({ sandbox }: Context): Response {
  const problem = "This code is unknown, has expired, or has already been answered.";
  return htmlResponse(<DeviceCodePage urls={sandbox.urls} problem={problem} />, 400);
}
