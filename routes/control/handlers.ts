// The control API over HTTP: each operation becomes a handler that reads JSON, does it, and answers in JSON.
import type { Call, Deps, Operation } from "../../lib/control/operation.ts";
import { operations } from "../../lib/control/operations.ts";
import { noStoreJson, readJson } from "../../lib/http/body.ts";
import type { ControlEndpointName, RecordEndpointName } from "../../lib/http/endpoints.ts";
import type { Context, Handler, Handlers } from "../request/router.ts";
import { documents } from "./openapi.ts";
import { type RecordDeps, recordHandlers } from "./report.ts";

type HandlerDeps = Deps & RecordDeps;

/** A handler for each endpoint of the control API. */
export type ControlHandlers = Handlers<ControlEndpointName | RecordEndpointName>;

/** Makes the handlers. */
export function controlHandlers(deps: HandlerDeps): ControlHandlers {
  const handlerOf = (operation: Operation): Handler => async (context) => {
    const input = operation.input ? await inputOf(context) : undefined;
    return noStoreJson(await operation.run(deps, { ...callOf(context, deps), input }));
  };
  return { ...mapValues({ ...documents, ...operations }, handlerOf), ...recordHandlers(deps) };
}

/** A DELETE says in its query what it is about, as its body has no meaning (RFC 9110 9.3.5). */
async function inputOf({ request, url }: Context): Promise<unknown> {
  return request.method === "DELETE" ? Object.fromEntries(url.searchParams) : await readJson(request);
}

/** The call that a request makes, but for its body. */
export function callOf({ sandbox, plan, param, request: { signal } }: Context, { liveSandboxes }: Deps): Call {
  return { sandbox, live: liveSandboxes.of(sandbox), plan, param, input: undefined, signal };
}

function mapValues<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  change: (value: From) => To,
): Readonly<Record<Name, To>>;
function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
