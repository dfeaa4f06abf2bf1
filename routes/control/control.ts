// `/control/...`: what tests do to a sandbox. The rows are here; what answers them is loaded with the first request, as it
// brings zod along, which would cost every start a quarter of its time.
import { prefersHtml } from "../../lib/http/body.ts";
import { controlEndpoints, recordEndpoints } from "../../lib/http/endpoints.ts";
import type { Deps } from "../deps.ts";
import type { Handler, Route } from "../request/router.ts";
import type { ControlHandlers } from "./handlers.ts";

/** The rows of the control API. */
export function controlRoutes(deps: Deps): readonly Route[] {
  let loading: Promise<ControlHandlers> | undefined;
  const load = (): Promise<ControlHandlers> =>
    loading ??= import("./handlers.ts").then(({ controlHandlers }) => controlHandlers(deps));
  return [...controlEndpoints, ...recordEndpoints].map((endpoint) => {
    const { name } = endpoint;
    const guard = name === "control_run" ? deps.runGuard : deps.guard;
    const guarded = guard(async (context) => await (await load())[name](context));
    const handler: Handler = name !== "control_index" ? guarded : async (context) => {
      if (!prefersHtml(context.request)) return await guarded(context);
      // Everyone may see the page: it says what one may do.
      const { controlPage } = await import("../pages/control.tsx");
      return await controlPage(context, deps);
    };
    return { ...endpoint, handler };
  });
}
