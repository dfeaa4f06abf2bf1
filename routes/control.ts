/**
 * `/control/...`: what tests do to a sandbox. The rows are here; what they do is loaded with the first request, as it
 * brings zod along, which would cost every start a quarter of its time.
 *
 * @module
 */
import { controlRows } from "../lib/control/rows.ts";
import type { ControlDeps, ControlHandlers } from "./control_deps.ts";
import type { Guard } from "./control_gate.ts";
import type { Route } from "./router.ts";

/**
 * The rows of the control API.
 *
 * @param deps What it needs.
 * @param guard Lets in who may use it.
 */
export function controlRoutes(deps: ControlDeps, guard: Guard): readonly Route[] {
  let handlers: Promise<ControlHandlers> | undefined;
  return controlRows.map(({ name, method, path }) => ({
    name,
    method,
    path,
    cors: true,
    handler: guard(async (context) => {
      handlers ??= loadHandlers(deps);
      return await (await handlers)[name](context);
    }),
  }));
}

async function loadHandlers(deps: ControlDeps): Promise<ControlHandlers> {
  const [documents, faults, state, keys, people, tokens] = await Promise.all([
    import("./control_documents.ts"),
    import("./control_faults.ts"),
    import("./control_state.ts"),
    import("./control_keys.ts"),
    import("./control_people.ts"),
    import("./control_tokens.ts"),
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
