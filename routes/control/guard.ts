// The gate of the control API, for handlers and for pages.
import type { ControlGate } from "../../lib/control/gate.ts";
import type { OAuthError } from "../../lib/http/errors.ts";
import type { LiveSandboxes } from "../../lib/sandbox/live_sandboxes.ts";
import type { Context, Route } from "../request/router.ts";

/** Says why a request may not control its sandbox; undefined if it may. */
export type Refusal = (
  asked: Pick<Context, "url" | "sandbox"> & { readonly request: Pick<Request, "headers" | "method"> },
) => OAuthError | undefined;

/** Says why a request may not see a run, whose label counts as that of its sandboxes does; undefined if it may. */
export type RunRefusal = (
  asked: Pick<Context, "url" | "param"> & { readonly request: Pick<Request, "headers"> },
) => OAuthError | undefined;

/** Makes of the gate what is asked of runs. */
export function createRunRefusal(gate: ControlGate): RunRefusal {
  return ({ request: { headers }, url, param: label }) =>
    gate({ headers, url, live: { name: `standard~${label}`, label }, isChange: false });
}

/** Makes a handler answer only the requests that may control their sandbox. */
export type Guard = (handler: Route["handler"]) => Route["handler"];

/** Makes of the gate what pages ask, which show the reason. */
export function createRefusal(gate: ControlGate, liveSandboxOf: LiveSandboxes["of"]): Refusal {
  return ({ request: { headers, method }, url, sandbox }) => {
    const isChange = method !== "GET" && method !== "HEAD";
    return gate({ headers, url, live: liveSandboxOf(sandbox), isChange });
  };
}

/** Makes of the gate what handlers are guarded with. */
export function createGuard(refusalOf: (context: Context) => OAuthError | undefined): Guard {
  return (handler) => (context) => {
    const refusal = refusalOf(context);
    if (refusal) throw refusal;
    return handler(context);
  };
}
