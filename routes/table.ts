// Every URL of the server and who answers it: the names are those of `lib/http/endpoints.ts`, which has the paths.
import { type EndpointName, endpoints } from "../lib/http/endpoints.ts";
import { controlRoutes } from "./control/control.ts";
import type { Deps } from "./deps.ts";
import { mcpHandlers } from "./mcp/mcp.ts";
import { authorizeHandlers } from "./oauth/authorize.tsx";
import { deviceHandlers } from "./oauth/device.tsx";
import { discoveryHandlers } from "./oauth/discovery.ts";
import { idpHandlers } from "./oauth/idp.ts";
import { logoutHandlers } from "./oauth/logout.tsx";
import { clientMetadata } from "./oauth/own_document.ts";
import { pushHandler } from "./oauth/par.ts";
import { registerHandler } from "./oauth/register.ts";
import { registrationHandlers } from "./oauth/registration.ts";
import { tokenHandler } from "./oauth/token.ts";
import { tokenStatusHandlers } from "./oauth/token_status.ts";
import { userinfoHandler } from "./oauth/userinfo.ts";
import { inspectHandler } from "./pages/inspect.tsx";
import { assetRoutes, pageHandlers } from "./pages/pages.tsx";
import { scenarios } from "./pages/scenarios.tsx";
import { specifications } from "./pages/specifications.tsx";
import type { Handlers, Route } from "./request/router.ts";

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
  const device = deviceHandlers(deps);
  const discovery = discoveryHandlers(deps);
  const idp = idpHandlers(deps);
  const logout = logoutHandlers(deps);
  const mcp = mcpHandlers(deps);
  const pages = pageHandlers(deps);
  const registration = registrationHandlers(deps);
  const tokenStatus = tokenStatusHandlers(deps);
  const userinfo = userinfoHandler(deps);
  return {
    home: pages.home,
    guide: pages.guide,
    scenarios: (context) => scenarios(context, deps),
    inspect: inspectHandler(deps),
    specifications,
    health: pages.health,
    robots: pages.robots,

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
    device: device.authorize,
    device_page: device.show,
    device_decide: device.decide,

    token: tokenHandler(deps),
    revoke: tokenStatus.revoke,
    introspect: tokenStatus.introspect,
    userinfo,
    userinfo_post: userinfo,
    logout: logout.show,
    logout_post: logout.post,

    idp_configuration: idp.configuration,
    idp_token: idp.token,
    idp_jwks: idp.jwks,

    no_auth_post: mcp.noAuth,
    no_auth_get: mcp.noAuth,
    no_auth_delete: mcp.noAuth,
    bearer_post: mcp.bearer,
    bearer_get: mcp.bearer,
    bearer_delete: mcp.bearer,
    oauth_post: mcp.oauth,
    oauth_get: mcp.oauth,
    oauth_delete: mcp.oauth,
    conformance_post: mcp.conformance,
    conformance_get: mcp.conformance,
    conformance_delete: mcp.conformance,
  };
}
