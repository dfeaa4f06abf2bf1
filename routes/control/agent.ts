// `/control/mcp`: the control API for agents, as an MCP server of both eras. Every request is let into the sandbox that it
// names, by the rules that hold for `/control` itself.
import { createMcpHandler } from "@modelcontextprotocol/server";
import { createControlServers } from "../../lib/control/agent/server.ts";
import type { Enter } from "../../lib/control/agent/resources.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { readJson } from "../../lib/mcp/body.ts";
import { version } from "../../lib/runtime/version.ts";
import { parseAddress } from "../../lib/sandbox/sandbox.ts";
import type { Deps } from "../deps.ts";
import type { Context, Handler } from "../request/router.ts";
import { callOf } from "./handlers.ts";

/** The handler of the endpoint. It has no sessions, so that there is nothing to GET or to DELETE. */
export async function agentHandler(deps: Deps): Promise<Handler> {
  const serve = await createControlServers(deps, version);
  const contexts = new WeakMap<Request, Context>();
  const handler = createMcpHandler(({ requestInfo }) => {
    const context = requestInfo && contexts.get(requestInfo);
    if (!context) throw new Error("The SDK gave back a request that it was not given");
    return serve(entering(context, deps));
  });
  deps.signal?.addEventListener("abort", () => void handler.close(), { once: true });
  return async (context) => {
    const { request } = context;
    contexts.set(request, context);
    const read = await readJson(request);
    return read instanceof Response ? read : await handler.fetch(request, { parsedBody: read.value });
  };
}

/** Lets the caller of a request into other sandboxes, as far as it may control them. */
function entering(context: Context, deps: Deps): Enter {
  const { request, url, sandbox: { origin } } = context;
  return async (name) => {
    if (name === "" || name === context.sandbox.name) return callOf(context, deps);
    const address = name === "main" ? parseAddress(new URL(origin), () => false) : addressOf(name, origin);
    const live = address && await deps.liveSandboxes.find(address);
    if (!live) throw noSandbox(name);
    const sandbox = live.seenFrom(origin, address.prefix);
    const refusal = deps.refusalOf({ request, url, sandbox });
    if (refusal) throw refusal;
    return { sandbox, live, plan: live.plan(), param: "", input: undefined };
  };
}

function addressOf(name: string, origin: string): ReturnType<typeof parseAddress> {
  return /^[a-z0-9~-]+$/.test(name) ? parseAddress(new URL(`${origin}/s/${name}`), () => false) : undefined;
}

function noSandbox(name: string): OAuthError {
  return new OAuthError("not_found", "There is no such sandbox", {
    parameter: "sandbox",
    received: name.slice(0, 100),
    expected: "main, or the name of a scenario with or without a label, such as iss-missing~my-test",
  });
}
