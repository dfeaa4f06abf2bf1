/** What a probe of a scenario is given, and how it is made: the walk over the catalogue runs one probe an entry. */
import { origin as mainOrigin, type TestApp, testApp } from "../helpers.ts";

/** A sandbox as a probe sees it. */
export interface ProbeSandbox {
  /** The app that serves it. */
  readonly test: TestApp;
  /** The MCP endpoint that requests for `/oauth` go to. */
  readonly mcp: McpPath;
  /** Its path prefix: empty where it has an origin of its own. */
  readonly prefix: string;
  /** Scheme, host and port, without a trailing slash. */
  readonly origin: string;
  /** The app's clock, to be moved. */
  readonly clock: TestApp["clock"];
  /** Sends a request to a path below the prefix; a whole URL is taken as it is. */
  readonly fetch: TestApp["fetch"];
  /** The same for GET. */
  readonly get: TestApp["get"];
  /** The same for a form. */
  readonly postForm: TestApp["postForm"];
  /** The same for JSON. */
  readonly postJson: TestApp["postJson"];
  /** Reads `/.well-known/<name><prefix><rest>`, as RFC 8414 3.1 and RFC 9728 3.1 insert it. */
  readonly wellKnown: (
    name: "oauth-authorization-server" | "openid-configuration" | "oauth-protected-resource",
    rest?: string,
  ) => Promise<Response>;
}

/** Where a probe finds the MCP server: behind the login, or in the open. */
type McpPath = "/oauth" | "/no-auth";

/** Insists on the deviation that a scenario declares. */
export type Probe = (at: ProbeSandbox) => Promise<void>;

/** Where a scenario's sandbox lies: below its prefix, or at the root of its own origin if that is what it needs. */
export interface ProbePlace {
  /** Name of the scenario. */
  readonly name: string;
  /** As the catalogue has it. */
  readonly needs_origin?: boolean;
  /** Tells this sandbox from others of the scenario. */
  readonly label?: string;
  readonly mcp?: McpPath;
}

/** A scenario's sandbox in an app. */
export function probeSandbox(
  test: TestApp,
  { name, needs_origin = false, label, mcp = "/oauth" }: ProbePlace,
): ProbeSandbox {
  const host = label === undefined ? name : `${name}--${label}`;
  const origin = needs_origin ? mainOrigin.replace("//localhost", `//${host}.localhost`) : mainOrigin;
  const prefix = needs_origin ? "" : `/s/${label === undefined ? name : `${name}~${label}`}`;
  const moved = (path: string): string => path === "/oauth" ? mcp : path;
  const at = (path: string): string => path.startsWith("http") ? path : origin + prefix + moved(path);
  return {
    test,
    mcp,
    prefix,
    origin,
    clock: test.clock,
    fetch: (path, init) => test.fetch(at(path), init),
    get: (path, headers) => test.get(at(path), headers),
    postForm: (path, fields, headers) => test.postForm(at(path), fields, headers),
    postJson: (path, body) => test.postJson(at(path), body),
    wellKnown: (name, rest = "") => test.get(`${origin}/.well-known/${name}${prefix}${rest}`),
  };
}

/** What an app on whose clock nothing takes time has waited, in milliseconds. */
export async function waitedIn(
  { prefix, mcp }: ProbeSandbox,
  act: (at: ProbeSandbox) => Promise<void>,
): Promise<readonly number[]> {
  const waitedMs: number[] = [];
  await using test = await testApp({
    sleep: (ms) => {
      waitedMs.push(ms);
      return Promise.resolve();
    },
  });
  await act(probeSandbox(test, { name: prefix.slice("/s/".length), mcp }));
  return waitedMs;
}
