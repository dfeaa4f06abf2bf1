// Every URL of the server and who answers it: the names are those of `lib/http/endpoints.ts`, which has the paths.
import { canaryResponse } from "../lib/http/canaries.ts";
import { type EndpointName, endpoints } from "../lib/http/endpoints.ts";
import { late } from "../lib/runtime/late.ts";
import { controlRoutes } from "./control/control.ts";
import type { Deps } from "./deps.ts";
import { discoveryHandlers } from "./oauth/discovery.ts";
import { assetRoutes, health, robots } from "./pages/files.ts";
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
  const discovery = discoveryHandlers(deps);
  const elicitation = lateHandlers(async () => (await import("./mcp/elicitation.tsx")).elicitationHandlers(deps));
  return {
    ...pageHandlers(deps),
    ...oauthHandlers(deps),
    ...mcpHandlers(deps),
    agent: deps.guard(lateHandler(async () => (await import("./control/agent.ts")).agentHandler(deps))),
    health: (context) => health(context, deps),
    robots,

    authorization_server_metadata: discovery.authorizationServer,
    openid_configuration: discovery.openidConfiguration,
    protected_resource_metadata: discovery.protectedResource,
    root_protected_resource_metadata: discovery.rootProtectedResource,
    custom_protected_resource_metadata: discovery.customProtectedResource,
    jwks: discovery.jwks,

    ...canaryHandlers(),
    elicitation: elicitation("show"),
    elicitation_answer: elicitation("answer"),
  };
}

type OAuthName = Extract<
  OwnName,
  | `${string}regist${string}`
  | "client_metadata"
  | "authorize"
  | "decide"
  | "par"
  | `device${string}`
  | "token"
  | "revoke"
  | "introspect"
  | `userinfo${string}`
  | `logout${string}`
  | `idp_${string}`
>;

/** What a login asks after discovery. */
function oauthHandlers(deps: Deps): Handlers<OAuthName> {
  const authorize = lateHandlers(async () => (await import("./oauth/authorize.ts")).authorizeHandlers(deps));
  const device = lateHandlers(async () => (await import("./oauth/device.tsx")).deviceHandlers(deps));
  const idp = lateHandlers(async () => (await import("./oauth/idp.ts")).idpHandlers(deps));
  const logout = lateHandlers(async () => (await import("./oauth/logout.tsx")).logoutHandlers(deps));
  const registration = lateHandlers(async () => (await import("./oauth/registration.ts")).registrationHandlers(deps));
  const status = lateHandlers(async () => (await import("./oauth/token_status.ts")).tokenStatusHandlers(deps));
  const userinfo = lateHandler(async () => (await import("./oauth/userinfo.ts")).userinfoHandler(deps));
  return {
    register: lateHandler(async () => (await import("./oauth/register.ts")).registerHandler(deps)),
    read_registration: registration("read"),
    update_registration: registration("update"),
    delete_registration: registration("remove"),
    client_metadata: lateHandler(async () => (await import("./oauth/own_document.ts")).clientMetadata),

    authorize: authorize("ask"),
    decide: authorize("decide"),
    par: lateHandler(async () => (await import("./oauth/par.ts")).pushHandler(deps)),
    device: device("authorize"),
    device_page: device("show"),
    device_decide: device("decide"),

    token: lateHandler(async () => (await import("./oauth/token.ts")).tokenHandler(deps)),
    revoke: status("revoke"),
    introspect: status("introspect"),
    userinfo,
    userinfo_post: userinfo,
    logout: logout("show"),
    logout_post: logout("post"),

    idp_configuration: idp("configuration"),
    idp_token: idp("token"),
    idp_jwks: idp("jwks"),
  };
}

type McpName = Extract<OwnName, `${"no_auth" | "bearer" | "oauth" | "conformance"}_${string}`>;

/** The MCP endpoints. */
function mcpHandlers(deps: Deps): Handlers<McpName> {
  const handler = lateHandlers(async () => {
    const { createLeading } = await import("./mcp/guide.ts");
    return (await import("./mcp/mcp.ts")).mcpHandlers({ ...deps, leadingOf: createLeading(deps) });
  });
  const [noAuth, bearer] = [handler("noAuth"), handler("bearer")];
  const [oauth, conformance] = [handler("oauth"), handler("conformance")];
  return {
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
    no_auth_sse: handler("no_auth_sse"),
    no_auth_messages: handler("no_auth_messages"),
    bearer_sse: handler("bearer_sse"),
    bearer_messages: handler("bearer_messages"),
    oauth_sse: handler("oauth_sse"),
    oauth_messages: handler("oauth_messages"),
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
  const run = lateHandlers(async () => (await import("./pages/run.tsx")).runHandlers(deps));
  const making = lateHandlers(async () => (await import("./pages/scenarios_making.tsx")).makingHandlers(deps));
  const recording = lateHandlers(async () => (await import("./pages/recording.tsx")).recordingHandlers(deps));
  const gauntlet = lateHandlers(async () => (await import("./pages/gauntlet.tsx")).gauntletHandlers(deps));
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
    scenario_making: making("scenario_making"),
    scenario_make: making("scenario_make"),
    inspect: lateHandler(async () => (await import("./pages/inspect.tsx")).inspectHandler(deps)),
    inspect_recording: recording("inspect_recording"),
    inspect_recording_judge: recording("inspect_recording_judge"),
    specifications: lateHandler(async () => (await import("./pages/specifications.tsx")).specifications),
    run_page: run("run_page"),
    run_keep: run("run_keep"),
    kept_run: run("kept_run"),
    run_badge: run("run_badge"),
    run_config: run("run_config"),
    gauntlet: gauntlet("gauntlet"),
    gauntlet_move: gauntlet("gauntlet_move"),
  };
}

/** One handler for all methods. */
function canaryHandlers(): Handlers<"canary" | `canary_${"post" | "put" | "patch" | "delete"}`> {
  const canary: Handler = ({ sandbox, param }) => canaryResponse(param, sandbox);
  return { canary, canary_post: canary, canary_put: canary, canary_patch: canary, canary_delete: canary };
}

/** A handler that is loaded with its first request, since most starts have no use for it. */
function lateHandler(load: () => Promise<Handler>): Handler {
  let handler: Handler | undefined;
  const loaded = late(async () => handler = await load());
  return (context) => handler ? handler(context) : loaded().then((first) => first(context));
}

/** The same for handlers that are loaded together: each is asked for by its name. */
function lateHandlers<Name extends string>(load: () => Promise<Handlers<Name>>): (name: Name) => Handler {
  const loaded = late(load);
  return (name) => lateHandler(async () => (await loaded())[name]);
}
