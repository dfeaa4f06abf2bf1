// Every URL of the server and who answers it: the names are those of `lib/http/endpoints.ts`, which has the paths.
import { canaryResponse } from "../lib/http/canaries.ts";
import { type EndpointName, endpoints } from "../lib/http/endpoints.ts";
import { late } from "../lib/runtime/late.ts";
import { controlRoutes } from "./control/control.ts";
import type { Deps } from "./deps.ts";
import { createLeading } from "./mcp/guide.ts";
import { mcpHandlers } from "./mcp/mcp.ts";
import { authorizeHandlers } from "./oauth/authorize.ts";
import { discoveryHandlers } from "./oauth/discovery.ts";
import { idpHandlers } from "./oauth/idp.ts";
import { clientMetadata } from "./oauth/own_document.ts";
import { pushHandler } from "./oauth/par.ts";
import { registerHandler } from "./oauth/register.ts";
import { registrationHandlers } from "./oauth/registration.ts";
import { tokenHandler } from "./oauth/token.ts";
import { tokenStatusHandlers } from "./oauth/token_status.ts";
import { userinfoHandler } from "./oauth/userinfo.ts";
import { assetRoutes, health, robots } from "./pages/files.ts";
import type { RunHandlers } from "./pages/run.tsx";
import type { Handler, Handlers, Route } from "./request/router.ts";

/** The route table. */
export function routeTable(deps: Deps): readonly Route[] {
  const handlers = handlersOf(deps);
  const own = endpoints.flatMap((endpoint) =>
    isOwn(endpoint.name) ? [{ ...endpoint, handler: handlers[endpoint.name] }] : []
  );
  return [...own, ...assetRoutes(), ...controlRoutes(deps)];
}

type OwnName = Exclude<EndpointName, `control_${string}`>;

function isOwn(name: EndpointName): name is OwnName {
  return !name.startsWith("control_");
}

/** What answers each endpoint; those of the control API are made of operations, in `control/`. */
function handlersOf(deps: Deps): Handlers<OwnName> {
  const authorize = authorizeHandlers(deps);
  const device = async (): Promise<Handlers<"authorize" | "show" | "decide">> =>
    (await import("./oauth/device.tsx")).deviceHandlers(deps);
  const discovery = discoveryHandlers(deps);
  const idp = idpHandlers(deps);
  const logout = async (): Promise<Handlers<"show" | "post">> =>
    (await import("./oauth/logout.tsx")).logoutHandlers(deps);
  const { noAuth, bearer, oauth, conformance, ...httpSse } = mcpHandlers({ ...deps, leadingOf: createLeading(deps) });
  const elicitation = async (): Promise<Handlers<"show" | "answer">> =>
    (await import("./mcp/elicitation.tsx")).elicitationHandlers(deps);
  const registration = registrationHandlers(deps);
  const tokenStatus = tokenStatusHandlers(deps);
  const userinfo = userinfoHandler(deps);
  return {
    ...pageHandlers(deps),
    agent: deps.guard(lateHandler(async () => (await import("./control/agent.ts")).agentHandler(deps))),
    health: (context) => health(context, deps),
    robots,

    authorization_server_metadata: discovery.authorizationServer,
    openid_configuration: discovery.openidConfiguration,
    protected_resource_metadata: discovery.protectedResource,
    root_protected_resource_metadata: discovery.rootProtectedResource,
    custom_protected_resource_metadata: discovery.customProtectedResource,
    jwks: discovery.jwks,

    register: registerHandler(deps),
    read_registration: registration.read,
    update_registration: registration.update,
    delete_registration: registration.remove,
    client_metadata: clientMetadata,

    authorize: authorize.ask,
    decide: authorize.decide,
    par: pushHandler(deps),
    device: lateHandler(async () => (await device()).authorize),
    device_page: lateHandler(async () => (await device()).show),
    device_decide: lateHandler(async () => (await device()).decide),

    token: tokenHandler(deps),
    revoke: tokenStatus.revoke,
    introspect: tokenStatus.introspect,
    userinfo,
    userinfo_post: userinfo,
    logout: lateHandler(async () => (await logout()).show),
    logout_post: lateHandler(async () => (await logout()).post),

    idp_configuration: idp.configuration,
    idp_token: idp.token,
    idp_jwks: idp.jwks,
    ...canaryHandlers(),
    elicitation: lateHandler(async () => (await elicitation()).show),
    elicitation_answer: lateHandler(async () => (await elicitation()).answer),

    no_auth_post: noAuth,
    no_auth_get: noAuth,
    no_auth_delete: noAuth,
    bearer_post: bearer,
    bearer_get: bearer,
    bearer_delete: bearer,
    oauth_post: oauth,
    oauth_get: oauth,
    oauth_delete: oauth,
    conformance_post: conformance,
    conformance_get: conformance,
    conformance_delete: conformance,
    ...httpSse,
  };
}

/** The pages, which a start has no use for. */
function pageHandlers(
  deps: Deps,
): Handlers<
  | "home"
  | "guide"
  | "scenarios"
  | "scenario_clients"
  | "scenario_making"
  | "scenario_make"
  | "inspect"
  | "inspect_recording"
  | "inspect_recording_judge"
  | "specifications"
  | "run_page"
  | "run_keep"
  | "kept_run"
  | "run_badge"
  | "run_config"
  | "gauntlet"
  | "gauntlet_move"
> {
  const run = async (): Promise<RunHandlers> => (await import("./pages/run.tsx")).runHandlers(deps);
  const making = async (): Promise<Handlers<"scenario_making" | "scenario_make">> =>
    (await import("./pages/scenarios_making.tsx")).makingHandlers(deps);
  const recording = async (): Promise<Handlers<"inspect_recording" | "inspect_recording_judge">> =>
    (await import("./pages/recording.tsx")).recordingHandlers(deps);
  const gauntlet = async (): Promise<Handlers<"gauntlet" | "gauntlet_move">> =>
    (await import("./pages/gauntlet.tsx")).gauntletHandlers(deps);
  return {
    home: lateHandler(async () => {
      const { home } = await import("./pages/pages.tsx");
      return (context) => home(context, deps);
    }),
    guide: lateHandler(async () => {
      const { guide } = await import("./pages/pages.tsx");
      return (context) => guide(context, deps);
    }),
    scenarios: lateHandler(async () => {
      const { scenarios } = await import("./pages/scenarios.tsx");
      return (context) => scenarios(context, deps);
    }),
    scenario_clients: lateHandler(async () => {
      const { scenarioClients } = await import("./pages/clients.tsx");
      return (context) => scenarioClients(context, deps);
    }),
    scenario_making: lateHandler(async () => (await making()).scenario_making),
    scenario_make: lateHandler(async () => (await making()).scenario_make),
    inspect: lateHandler(async () => (await import("./pages/inspect.tsx")).inspectHandler(deps)),
    inspect_recording: lateHandler(async () => (await recording()).inspect_recording),
    inspect_recording_judge: lateHandler(async () => (await recording()).inspect_recording_judge),
    specifications: lateHandler(async () => (await import("./pages/specifications.tsx")).specifications),
    run_page: lateHandler(async () => (await run()).run_page),
    run_keep: lateHandler(async () => (await run()).run_keep),
    kept_run: lateHandler(async () => (await run()).kept_run),
    run_badge: lateHandler(async () => (await run()).run_badge),
    run_config: lateHandler(async () => (await run()).run_config),
    gauntlet: lateHandler(async () => (await gauntlet()).gauntlet),
    gauntlet_move: lateHandler(async () => (await gauntlet()).gauntlet_move),
  };
}

/** One handler for all methods. */
function canaryHandlers(): Handlers<"canary" | `canary_${"post" | "put" | "patch" | "delete"}`> {
  const canary: Handler = ({ sandbox, param }) => canaryResponse(param, sandbox);
  return { canary, canary_post: canary, canary_put: canary, canary_patch: canary, canary_delete: canary };
}

/** A handler that is loaded with its first request, since most starts have no use for it. */
function lateHandler(load: () => Promise<Handler>): Handler {
  const handler = late(load);
  return async (context) => await (await handler())(context);
}
