/**
 * `/control/...`: what tests do to a sandbox. The rows are here; what answers them is loaded with the first request, as it
 * brings zod along, which would cost every start a quarter of its time.
 *
 * @module
 */
import { prefersHtml } from "../../lib/http/body.ts";
import { controlEndpoints, recordEndpoints } from "../../lib/http/endpoints.ts";
import type { ControlPageDeps } from "../pages/control.tsx";
import type { Route } from "../request/router.ts";
import type { Guard } from "./guard.ts";
import type { ControlHandlers, HandlerDeps } from "./handlers.ts";

/** What the control API needs. */
export interface ControlDeps extends HandlerDeps, ControlPageDeps {
  /** Keeps out those who may not use it. */
  readonly guard: Guard;
}

/**
 * The rows of the control API.
 *
 * @param deps What it needs.
 */
export function controlRoutes(deps: ControlDeps): readonly Route[] {
  let loading: Promise<ControlHandlers> | undefined;
  const load = (): Promise<ControlHandlers> =>
    loading ??= import("./handlers.ts").then(({ controlHandlers }) => controlHandlers(deps));
  return [...controlEndpoints, ...recordEndpoints].map(({ name, method, path, cors }) => {
    const guarded = deps.guard(async (context) => await (await load())[name](context));
    const handler: Route["handler"] = name !== "control_index" ? guarded : async (context) => {
      if (!prefersHtml(context.request)) return await guarded(context);
      // Everyone may see the page: it says what one may do.
      const { controlPage } = await import("../pages/control.tsx");
      return await controlPage(context, deps);
    };
    return { name, method, path, cors, handler };
  });
}
