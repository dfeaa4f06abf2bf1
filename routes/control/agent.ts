// `/control/mcp`: the control API for agents, as an MCP server of both eras. Every request is let into the sandbox that it
// names, by the rules that hold for `/control` itself.
import { createMcpHandler } from "@modelcontextprotocol/server";
import { type Agent, createAgent } from "../../lib/control/agent/enter.ts";
import { createControlServers } from "../../lib/control/agent/server.ts";
import type { Errand } from "../../lib/limits/asker.ts";
import { readJson } from "../../lib/mcp/body.ts";
import { version } from "../../lib/runtime/version.ts";
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
    return serve(agentOf(context, deps));
  });
  deps.signal?.addEventListener("abort", () => void handler.close(), { once: true });
  return async (context) => {
    const { request } = context;
    contexts.set(request, context);
    const read = await readJson(request);
    return read instanceof Response ? read : await handler.fetch(request, { parsedBody: read.value });
  };
}

/** The caller of a request, who gets into other sandboxes as far as it may control them. */
function agentOf(context: Context, deps: Deps): Agent {
  const { request, url, sandbox: { name: own, origin } } = context;
  // It pays for what it does as if it had sent the request that does it.
  const pay = (errand: Errand): void => deps.askers?.pay(errand);
  const agent = createAgent(deps, origin, {
    of: (sandbox) => deps.refusalOf({ request, url, sandbox }),
    ofRun: (label) => deps.runRefusalOf({ request, url, param: label }),
    pay,
  });
  return {
    ...agent,
    enter: async (name, purpose) => {
      if (name !== "" && name !== own) return await agent.enter(name, purpose);
      pay({ ...purpose, sandbox: own });
      return callOf(context, deps);
    },
  };
}
