/**
 * `GET {p}/control` for a browser: what the control API says of a sandbox, and forms that call it.
 *
 * @module
 */
import { patchNames } from "../../lib/scenarios/schema/plan_schema.ts";
import { describeError, type OAuthError } from "../../lib/http/errors.ts";
import { endpointKinds } from "../../lib/http/endpoints.ts";
import { type ControlAccess, ControlPage } from "../../views/control/control.tsx";
import type { ControlState } from "../../views/control/state.tsx";
import type { ControlHandlers } from "../../lib/control/operation.ts";
import { htmlResponse } from "../request/html.ts";
import type { Refusal } from "../control/guard.ts";
import type { Context } from "../request/router.ts";
import type { Banner } from "./scenarios.tsx";

/** What the page needs beside the API. */
export interface ControlPageDeps {
  /** Says why a request may not control its sandbox. */
  readonly refusalOf: Refusal;
  /** What is said on top of a sandbox's pages. */
  readonly bannerOf: Banner;
}

/**
 * The page.
 *
 * @param context The request.
 * @param handlers The API, which the page shows the answers of.
 * @param deps What the page needs beside it.
 */
export async function controlPage(
  context: Context,
  handlers: ControlHandlers,
  { refusalOf, bannerOf }: ControlPageDeps,
): Promise<Response> {
  const { sandbox, request } = context;
  const refusal = refusalOf(context);
  const needsToken = request.headers.has("authorization");
  const access = refusal ? refused(refusal) : { ...await read(context, handlers), needsToken };
  return htmlResponse(
    <ControlPage urls={sandbox.urls} name={sandbox.name} banner={bannerOf(sandbox, true)} access={access} />,
  );
}

function refused(refusal: OAuthError): { readonly reason: string; readonly takesToken: boolean } {
  return { reason: describeError(refusal), takesToken: refusal.code === "invalid_token" };
}

/** What the API answers, asked as a client would ask. */
async function read(context: Context, handlers: ControlHandlers): Promise<Omit<ControlAccess, "needsToken">> {
  const ask = async (name: keyof ControlHandlers): Promise<Response> => await handlers[name](context);
  const [index, clock, { faults }, { plan, overrides }, { users }, { clients }, { sessions }] = await Promise.all([
    jsonOf<{ readonly scenario: string }>(ask("control_index")),
    jsonOf<ControlState["clock"]>(ask("control_read_clock")),
    jsonOf<Pick<ControlState, "faults">>(ask("control_list_faults")),
    jsonOf<Pick<ControlState, "overrides"> & { readonly plan: ControlState["overrides"] }>(ask("control_read_plan")),
    jsonOf<Pick<ControlState, "users">>(ask("control_list_users")),
    jsonOf<Pick<ControlState, "clients">>(ask("control_list_clients")),
    jsonOf<Pick<ControlState, "sessions">>(ask("control_list_tokens")),
  ]);
  return {
    plays: index.scenario,
    state: { clock, faults, overrides, users, clients, sessions },
    endpoints: endpointKinds.filter((name) => name !== "control"),
    members: (["policy", "mint"] as const).flatMap((part) =>
      patchNames[part].map((name) => ({ member: `${part}.${name}`, value: plan[part][name] }))
    ),
  };
}

/** The API's own answers: `lib/control/answers.ts` has their shapes, and its tests hold the API to them. */
async function jsonOf<T>(answer: Promise<Response>): Promise<T> {
  return await (await answer).json();
}
