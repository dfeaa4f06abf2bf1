// `GET {p}/control` for a browser: what the control API says of a sandbox, and forms that call it.
import { operations } from "../../lib/control/operations.ts";
import { patchNames } from "../../lib/scenarios/schema/plan_schema.ts";
import { describeError, type OAuthError } from "../../lib/http/errors.ts";
import { endpointKinds } from "../../lib/http/place.ts";
import { type ControlAccess, ControlPage } from "../../views/control/control.tsx";
import type { Deps } from "../deps.ts";
import { callOf } from "../control/handlers.ts";
import { bannerOf } from "./banner.tsx";
import { htmlResponse } from "../request/html.ts";
import type { Context } from "../request/router.ts";

/** The page. */
export async function controlPage(
  context: Context,
  deps: Deps,
): Promise<Response> {
  const { sandbox, request } = context;
  const refusal = deps.refusalOf(context);
  const needsToken = request.headers.has("authorization");
  const access = refusal ? refused(refusal) : { ...await read(context, deps), needsToken };
  return htmlResponse(
    <ControlPage urls={sandbox.urls} name={sandbox.name} banner={bannerOf(deps, sandbox, true)} access={access} />,
  );
}

function refused(refusal: OAuthError): { readonly reason: string; readonly takesToken: boolean } {
  return { reason: describeError(refusal), takesToken: refusal.code === "invalid_token" };
}

/** What the operations return, called as a client would call them. */
async function read(context: Context, deps: Deps): Promise<Omit<ControlAccess, "needsToken">> {
  const call = callOf(context, deps);
  const [clock, { faults }, { plan, overrides }, { users }, { clients }, { sessions }, mcp] = await Promise.all([
    operations.control_read_clock.run(deps, call),
    operations.control_list_faults.run(deps, call),
    operations.control_read_plan.run(deps, call),
    operations.control_list_users.run(deps, call),
    operations.control_list_clients.run(deps, call),
    operations.control_list_tokens.run(deps, call),
    operations.control_list_sessions.run(deps, call),
  ]);
  return {
    plays: call.live.scenario.name,
    state: { clock, faults, overrides, users, clients, sessions, mcpSessions: mcp.sessions },
    endpoints: endpointKinds.filter((name) => name !== "control"),
    members: (["policy", "mint"] as const).flatMap((part) =>
      patchNames[part].map((name) => ({ member: `${part}.${name}`, value: plan[part][name] }))
    ),
  };
}
