// What is said of an endpoint: only shapes, which the list of all endpoints fills in.

/** What a request is for, by the names that faults match. */
export const endpointKinds = [
  "server_metadata",
  "resource_metadata",
  "register",
  "authorize",
  "token",
  "jwks",
  "revoke",
  "introspect",
  "userinfo",
  "logout",
  "par",
  "device",
  "idp",
  "canary",
  "mcp",
  "open_mcp",
  "pages",
  "control",
  "unknown",
] as const;

/** One of {@link endpointKinds}: `mcp` is `/oauth`, `open_mcp` the other MCP endpoints, `unknown` a path without an endpoint. */
export type EndpointKind = typeof endpointKinds[number];

/** The methods that endpoints have. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What is said once of all methods of a path. */
export interface Shared {
  /** Below the sandbox's prefix; its last segment or the one before it may be a parameter, such as `:name`. */
  readonly path: string;
  readonly kind: EndpointKind;
  /** Whether a page of any origin may call it (Fetch standard, CORS protocol). */
  readonly cors: boolean;
  /** What a recording reads requests as, where their bodies need not tell. */
  readonly step?:
    | "resource_metadata"
    | "server_metadata"
    | "authorization"
    | "token"
    | "registration"
    | "pushed"
    | "mcp"
    | "canary"
    | "other";
  /** Whether a person opens it in a browser for a client's login. */
  readonly isForPerson?: boolean;
  /** What the inspector calls a request, by method, where the path does not say it as well. */
  readonly asks?: Readonly<Partial<Record<Method, string>>>;
}

/** A path, and the names of the endpoints at it. */
export interface Place<Name extends string> extends Shared {
  readonly names?: Readonly<Partial<Record<Method, Name>>>;
}

/** One method of one path. */
export interface Endpoint<Name extends string = string> extends Shared {
  /** Unique, for the route table, the record and the inspector. */
  readonly name: Name;
  readonly method: Method;
}
