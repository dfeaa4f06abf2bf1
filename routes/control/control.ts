/**
 * `/control/...`: what tests do to a sandbox. The rows are here; what they do is loaded with the first request, as it
 * brings zod along, which would cost every start a quarter of its time.
 *
 * @module
 */
import { controlEndpoints } from "../../lib/http/endpoints.ts";
import { prefersHtml } from "../../lib/http/body.ts";
import type { ControlDeps, ControlHandlers } from "../../lib/control/operation.ts";
import type { ControlPageDeps } from "../pages/control.tsx";
import type { Guard } from "./guard.ts";
import type { Route } from "../request/router.ts";

/**
 * The rows of the control API.
 *
 * @param deps What it needs.
 * @param guard Lets in who may use it.
 * @param page What its page needs, which everyone may see: it says what one may do.
 */
export function controlRoutes(deps: ControlDeps, guard: Guard, page: ControlPageDeps): readonly Route[] {
  let loading: Promise<ControlHandlers> | undefined;
  const load = (): Promise<ControlHandlers> => loading ??= loadHandlers(deps);
  return controlEndpoints.map(({ name, method, path }) => {
    const guarded = guard(async (context) => await (await load())[name](context));
    const handler: Route["handler"] = name !== "control_index" ? guarded : async (context) => {
      if (!prefersHtml(context.request)) return await guarded(context);
      const { controlPage } = await import("../pages/control.tsx");
      return await controlPage(context, await load(), page);
    };
    return { name, method, path, cors: true, handler };
  });
}

async function loadHandlers(deps: ControlDeps): Promise<ControlHandlers> {
  const [documents, faults, state, keys, people, tokens] = await Promise.all([
    import("./documents.ts"),
    import("./faults.ts"),
    import("../../lib/control/plan.ts"),
    import("../../lib/control/keys.ts"),
    import("../../lib/control/clients.ts"),
    import("../../lib/control/tokens.ts"),
  ]);
  return {
    ...documents.documentHandlers(deps),
    ...faults.faultHandlers(deps),
    ...state.stateHandlers(deps),
    ...keys.keyHandlers(deps),
    ...people.peopleHandlers(deps),
    ...tokens.tokenHandlers(deps),
  };
}
