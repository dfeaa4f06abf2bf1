// Every endpoint of the server, written once: its path, what it is for, whether pages of other origins may call it, and
// the name of each of its methods. All that depends on an endpoint follows from this list: route table, URLs, the kinds
// that faults match, the steps that a recording is read as, and what the inspector calls a request.
import { agentPlaces, controlPlaces, recordPlaces } from "./control_places.ts";
import type { Endpoint, Method, Place } from "./place.ts";

const OAUTH = "/oauth";
const RESOURCE_METADATA = "/.well-known/oauth-protected-resource";

/** At the origin's root: a sandbox's prefix is inserted into them (RFC 8414 3.1, RFC 9728 3.1). */
export const wellKnownPlaces = {
  authorizationServer: {
    path: "/.well-known/oauth-authorization-server",
    kind: "server_metadata",
    cors: true,
    names: { GET: "authorization_server_metadata" },
  },
  openidConfiguration: {
    path: "/.well-known/openid-configuration",
    kind: "server_metadata",
    cors: true,
    step: "server_metadata",
    names: { GET: "openid_configuration" },
  },
  protectedResource: {
    path: RESOURCE_METADATA,
    kind: "resource_metadata",
    cors: true,
    names: { GET: "root_protected_resource_metadata" },
  },
} as const;

/** The same metadata for the MCP endpoint, whose path is inserted as well. */
const insertedPlaces = {
  oauthProtectedResource: {
    path: `${RESOURCE_METADATA}${OAUTH}`,
    kind: "resource_metadata",
    cors: true,
    names: { GET: "protected_resource_metadata" },
  },
} as const;

/** Below the sandbox's prefix: the pages, and the MCP endpoints. */
const sandboxPlaces = {
  home: { path: "/", kind: "pages", cors: true, names: { GET: "home" } },
  guide: { path: "/guide", kind: "pages", cors: false, names: { GET: "guide" } },
  scenarios: { path: "/scenarios", kind: "pages", cors: true, names: { GET: "scenarios" } },
  scenarioClients: { path: "/scenarios/clients", kind: "pages", cors: true, names: { GET: "scenario_clients" } },
  // No client's way: it is not for the record.
  scenarioMaking: {
    path: "/scenarios/make",
    kind: "control",
    cors: false,
    names: { GET: "scenario_making", POST: "scenario_make" },
  },
  specifications: { path: "/specifications", kind: "pages", cors: false, names: { GET: "specifications" } },
  inspect: { path: "/inspect", kind: "pages", cors: false, names: { GET: "inspect" } },
  // What another server has answered is not for the record of this one.
  inspectRecording: {
    path: "/inspect/recording",
    kind: "control",
    cors: false,
    names: { GET: "inspect_recording", POST: "inspect_recording_judge" },
  },
  run: { path: "/runs/:run", kind: "pages", cors: false, names: { GET: "run_page" } },
  runKeep: { path: "/runs/:run/keep", kind: "control", cors: false, names: { POST: "run_keep" } },
  keptRun: { path: "/kept/:id", kind: "pages", cors: false, names: { GET: "kept_run" } },
  runBadge: { path: "/runs/:run/badge.svg", kind: "pages", cors: true, names: { GET: "run_badge" } },
  runConfig: { path: "/runs/:run/mcp.json", kind: "pages", cors: true, names: { GET: "run_config" } },
  // A gauntlet's own URL, less its label, is this path.
  gauntlet: { path: "/gauntlet", kind: "control", cors: true, names: { GET: "gauntlet", POST: "gauntlet_move" } },
  health: { path: "/health", kind: "pages", cors: true, names: { GET: "health" } },
  noAuth: mcp("/no-auth", "open_mcp", "no_auth"),
  bearer: mcp("/bearer", "open_mcp", "bearer"),
  oauth: mcp(OAUTH, "mcp", "oauth"),
  conformance: mcp("/conformance", "open_mcp", "conformance"),
  oauthSse: sse(`${OAUTH}/sse`, "mcp", "oauth_sse"),
  oauthMessages: messages(`${OAUTH}/messages`, "mcp", "oauth_messages"),
  noAuthSse: sse("/no-auth/sse", "open_mcp", "no_auth_sse"),
  noAuthMessages: messages("/no-auth/messages", "open_mcp", "no_auth_messages"),
  bearerSse: sse("/bearer/sse", "open_mcp", "bearer_sse"),
  bearerMessages: messages("/bearer/messages", "open_mcp", "bearer_messages"),
} as const;

/** Below the issuer: the authorization server. */
export const serverPlaces = {
  authorize: {
    path: "/oauth/authorize",
    kind: "authorize",
    cors: false,
    step: "authorization",
    isForPerson: true,
    asks: { GET: "authorize, in a browser", POST: "a person decides, in a browser" },
    names: { GET: "authorize", POST: "decide" },
  },
  token: { path: "/oauth/token", kind: "token", cors: true, step: "token", names: { POST: "token" } },
  register: {
    path: "/oauth/register",
    kind: "register",
    cors: true,
    step: "registration",
    asks: { POST: "register a client" },
    names: { POST: "register" },
  },
  registration: {
    path: "/oauth/register/:client_id",
    kind: "register",
    cors: true,
    names: { GET: "read_registration", PUT: "update_registration", DELETE: "delete_registration" },
  },
  jwks: { path: "/oauth/jwks", kind: "jwks", cors: true, names: { GET: "jwks" } },
  revoke: { path: "/oauth/revoke", kind: "revoke", cors: true, step: "other", names: { POST: "revoke" } },
  introspect: { path: "/oauth/introspect", kind: "introspect", cors: true, names: { POST: "introspect" } },
  userinfo: {
    path: "/oauth/userinfo",
    kind: "userinfo",
    cors: true,
    step: "other",
    names: { GET: "userinfo", POST: "userinfo_post" },
  },
  logout: {
    path: "/oauth/logout",
    kind: "logout",
    cors: false,
    step: "other",
    isForPerson: true,
    names: { GET: "logout", POST: "logout_post" },
  },
  par: { path: "/oauth/par", kind: "par", cors: true, step: "pushed", names: { POST: "par" } },
  device: { path: "/oauth/device", kind: "device", cors: true, step: "other", names: { POST: "device" } },
  deviceVerify: {
    path: "/oauth/device/verify",
    kind: "device",
    cors: false,
    isForPerson: true,
    asks: { GET: "device page, in a browser", POST: "a person decides, in a browser" },
    names: { GET: "device_page", POST: "device_decide" },
  },
} as const;

/** Below the sandbox's prefix: other parties of a flow, and files. */
const otherPlaces = {
  idpConfiguration: {
    path: "/idp/.well-known/openid-configuration",
    kind: "idp",
    cors: true,
    names: { GET: "idp_configuration" },
  },
  idpToken: { path: "/idp/token", kind: "idp", cors: true, names: { POST: "idp_token" } },
  idpJwks: { path: "/idp/jwks", kind: "idp", cors: true, names: { GET: "idp_jwks" } },
  clientMetadata: { path: "/client-metadata/:name", kind: "pages", cors: true, names: { GET: "client_metadata" } },
  customResourceMetadata: {
    path: "/custom/metadata/location.json",
    kind: "resource_metadata",
    cors: true,
    step: "resource_metadata",
    names: { GET: "custom_protected_resource_metadata" },
  },
  elicitation: {
    path: "/elicitation/:id",
    kind: "canary",
    cors: false,
    step: "canary",
    isForPerson: true,
    asks: { GET: "page of an elicitation, in a browser", POST: "a person is done there, in a browser" },
    names: { GET: "elicitation", POST: "elicitation_answer" },
  },
  canary: {
    path: "/canary/:name",
    kind: "canary",
    cors: true,
    step: "canary",
    names: {
      GET: "canary",
      POST: "canary_post",
      PUT: "canary_put",
      PATCH: "canary_patch",
      DELETE: "canary_delete",
    },
  },
  // What lies below it, `views/asset_names.ts` lists.
  assets: { path: "/assets/", kind: "pages", cors: false },
  style: { path: "/assets/shared/style.css", kind: "pages", cors: false },
  guideScript: { path: "/assets/guide/guide.js", kind: "pages", cors: false },
  favicon: { path: "/favicon.ico", kind: "pages", cors: false },
  robots: { path: "/robots.txt", kind: "pages", cors: false, names: { GET: "robots" } },
} as const;

/** Streamable HTTP uses three methods on one URL. */
function mcp<Name extends string>(
  path: string,
  kind: "mcp" | "open_mcp",
  name: Name,
): Place<`${Name}_${"post" | "get" | "delete"}`> {
  const names = { POST: `${name}_post`, GET: `${name}_get`, DELETE: `${name}_delete` } as const;
  return { path, kind, cors: true, step: "mcp", names };
}

/** HTTP+SSE (2024-11-05) uses one URL for the stream of answers. */
function sse<Name extends string>(path: string, kind: "mcp" | "open_mcp", name: Name): Place<Name> {
  return { path, kind, cors: true, step: "mcp", names: { GET: name } };
}

/** And another for the messages of the client. */
function messages<Name extends string>(path: string, kind: "mcp" | "open_mcp", name: Name): Place<Name> {
  return { path, kind, cors: true, step: "mcp", names: { POST: name } };
}

/** Every path below the sandbox's prefix but those of the control API. */
export const ownPlaces = { ...sandboxPlaces, ...serverPlaces, ...recordPlaces, ...agentPlaces, ...otherPlaces };

/** The operations of the control API, in the order in which they are shown. */
export const controlEndpoints = endpointsAt(controlPlaces);

/** What can be asked of the record. */
export const recordEndpoints = endpointsAt(recordPlaces);

/** Every endpoint. */
export const endpoints = [
  ...endpointsAt(wellKnownPlaces),
  ...endpointsAt(insertedPlaces),
  ...endpointsAt(ownPlaces),
  ...controlEndpoints,
];

/** Name of an operation of the control API. */
export type ControlEndpointName = typeof controlEndpoints[number]["name"];

/** Name of what can be asked of the record. */
export type RecordEndpointName = typeof recordEndpoints[number]["name"];

/** Name of an endpoint. */
export type EndpointName = typeof endpoints[number]["name"];

/** The endpoints by name, for what reads a record. */
export const endpointsByName: ReadonlyMap<string, Endpoint> = new Map(
  endpoints.map((endpoint) => [endpoint.name, endpoint]),
);

function endpointsAt<Name extends string>(places: Readonly<Record<string, Place<Name>>>): readonly Endpoint<Name>[] {
  return Object.values(places).flatMap(({ names = {}, ...shared }) =>
    Object.keys(names).filter(isMethod).flatMap((method) => {
      const name = names[method];
      return name === undefined ? [] : [{ ...shared, name, method }];
    })
  );
}

function isMethod(text: string): text is Method {
  return ["GET", "POST", "PUT", "PATCH", "DELETE"].includes(text);
}
