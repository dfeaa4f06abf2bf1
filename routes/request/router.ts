// The route table: rows of method, path and handler, and the answers that no row gives (404, 405, HEAD, preflight).
import { allowOrigin } from "../../lib/http/any_origin.ts";
import type { Endpoint } from "../../lib/http/place.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Plan } from "../../lib/scenarios/plan.ts";

/** What the HTTP server knows of a peer. */
export interface ConnectionInfo {
  /** Where the connection comes from; a socket of Unix has no host name. */
  readonly remoteAddr?: { readonly transport: string; readonly hostname?: string; readonly port?: number };
  /** Settles when the response is sent, or cannot be. */
  readonly completed?: Promise<void>;
}

/** The server: a request in, a response out. What the HTTP server knows of the peer helps to tell callers apart. */
export type App = (request: Request, info?: ConnectionInfo) => Promise<Response>;

/** What a handler is given: facts about this one request. */
export interface Context {
  /** The request; its body is unread. */
  readonly request: Request;
  /** Its URL, parsed once. */
  readonly url: URL;
  /** The sandbox it belongs to. */
  readonly sandbox: Sandbox;
  /** How the server behaves for it. */
  readonly plan: Plan;
  /** What stands for the `:name` of the row's path, decoded; empty for a row without. */
  readonly param: string;
  /** What the HTTP server knows of the peer, if there is one; looking costs a call into the runtime. */
  readonly info: ConnectionInfo | undefined;
}

/** Answers a request. */
export type Handler = (context: Context) => Response | Promise<Response>;

/** Who answers some endpoints, by name. */
export type Handlers<Name extends string> = Readonly<Record<Name, Handler>>;

/** One row: an endpoint, and who answers it. */
export interface Route extends Pick<Endpoint, "name" | "method" | "path" | "cors" | "kind"> {
  /** Answers its requests. */
  readonly handler: Handler;
}

/** What a request meets: a row, or the one answer there is without one and a row beside it, or nothing. */
export type Match =
  | { readonly kind: "none"; readonly route?: undefined }
  | { readonly kind: "route"; readonly route: Route; readonly param: string }
  | { readonly kind: "response"; readonly route: Route | undefined; readonly response: Response };

const ALLOWED =
  "authorization, content-type, accept, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id, dpop";

/**
 * Makes the look-up of a route table.
 *
 * @throws Error for two rows with the same name, or the same method and path.
 */
export function createRouter(routes: readonly Route[]): (request: Request, path: string) => Match {
  const table = new Map<string, Map<string, Route>>();
  const names = new Set<string>();
  for (const route of routes) {
    const key = route.path.replace(PARAMETER, ":");
    const methods = table.get(key) ?? new Map<string, Route>();
    if (names.has(route.name) || methods.has(route.method)) {
      throw new Error(`Route ${route.name} (${route.method} ${route.path}) stands in the table twice`);
    }
    names.add(route.name);
    methods.set(route.method, route);
    table.set(key, methods);
  }

  return (request, path) => {
    // A literal path wins, so that the look-up of most requests is the only one.
    const found = table.get(path);
    const { methods, param } = found ? { methods: found, param: "" } : findParametric(table, path);
    if (!methods) return { kind: "none" };
    const route = methods.get(request.method === "HEAD" ? "GET" : request.method);
    if (route) return { kind: "route", route, param };
    const cors = methods.values().some((row) => row.cors);
    const beside = methods.values().next().value;
    const allow = allowedMethods(methods);
    if (request.method === "OPTIONS") {
      return { kind: "response", route: beside, response: optionsResponse(request, allow, cors) };
    }
    return { kind: "response", route: beside, response: methodNotAllowed(request.method, path, allow, cors) };
  };
}

/** A path has one parameter at most: a segment, with nothing or one more behind it. */
const PARAMETER = /:\w+/;

type Methods = ReadonlyMap<string, Route>;

/** Looks for a row with a parameter; no parameter is empty. A path may be as long as a URL, so it is cut and not matched. */
function findParametric(
  table: ReadonlyMap<string, Methods>,
  path: string,
): { readonly methods: Methods | undefined; readonly param: string } {
  const last = path.lastIndexOf("/");
  const places = [[last + 1, path.length], [path.lastIndexOf("/", last - 1) + 1, last]] as const;
  for (const [from, to] of places) {
    const methods = table.get(`${path.slice(0, from)}:${path.slice(to)}`);
    const param = methods ? decoded(path.slice(from, to)) : "";
    if (param !== "") return { methods, param };
  }
  return { methods: undefined, param: "" };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}

function allowedMethods(methods: ReadonlyMap<string, Route>): string {
  const head = methods.has("GET") ? ["HEAD"] : [];
  return [...methods.keys(), ...head, "OPTIONS"].sort().join(", ");
}

function optionsResponse(request: Request, allow: string, cors: boolean): Response {
  const response = new Response(null, { status: 204, headers: { allow } });
  if (!cors) return response;
  allowOrigin(response);
  response.headers.set("access-control-allow-methods", allow);
  response.headers.set(
    "access-control-allow-headers",
    request.headers.get("access-control-request-headers") ?? ALLOWED,
  );
  response.headers.set("access-control-max-age", "86400");
  response.headers.set("vary", "access-control-request-headers");
  return response;
}

function methodNotAllowed(method: string, path: string, allow: string, cors: boolean): Response {
  const response = Response.json(
    { error: "method_not_allowed", error_description: `${path} has no ${method}; it takes ${allow}` },
    { status: 405, headers: { allow } },
  );
  if (cors) allowOrigin(response);
  return response;
}
