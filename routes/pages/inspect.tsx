// `{p}/inspect`: the inspector, with the latest exchanges in it for a browser that runs no scripts.
import { describeError, OAuthError } from "../../lib/http/errors.ts";
import { endpoints } from "../../lib/http/endpoints.ts";
import { InspectPage } from "../../views/inspect/inspect.tsx";
import type { Listed, NotListed } from "../../views/inspect/list.tsx";
import type { Endpoints } from "../../views/inspect/model.js";
import { bannerOf } from "./banner.tsx";
import { htmlResponse } from "../request/html.ts";
import type { Deps } from "../deps.ts";
import type { Context, Handler } from "../request/router.ts";

/** What the pages know of the endpoints of a client's flow, by the names on record. */
export const flowEndpoints: Endpoints = Object.fromEntries(
  endpoints.filter(({ kind }) => kind !== "pages" && kind !== "control").map(
    ({ name, method, kind, step, isForPerson, asks }) => [name, { kind, step, isForPerson, asks: asks?.[method] }],
  ),
);

const MAX_LISTED = 50;

/** The handler of the inspector's page. */
export function inspectHandler(
  { reports, refusalOf, scenarioOf }: Pick<Deps, "reports" | "refusalOf" | "scenarioOf">,
): Handler {
  async function list({ sandbox, url }: Context): Promise<Listed> {
    const { listed, report } = await reports.judge(sandbox);
    const before = /^\d{1,15}$/.exec(url.searchParams.get("before") ?? "")?.[0];
    const numbers = listed.map(({ sequence }) => sequence);
    const older = before === undefined ? numbers : numbers.filter((sequence) => sequence < Number(before));
    return {
      exchanges: await reports.demand().get(sandbox.id, older.slice(-MAX_LISTED)),
      total: numbers.length,
      hasOlder: older.length > MAX_LISTED,
      report,
    };
  }

  return async function inspect(context: Context): Promise<Response> {
    const { sandbox } = context;
    const refusal = refusalOf(context);
    const listed = refusal ? { reason: describeError(refusal) } : await list(context).catch(reasonIn);
    return htmlResponse(
      <InspectPage
        urls={sandbox.urls}
        banner={bannerOf({ scenarioOf }, sandbox, true)}
        listed={listed}
        judges={refusal === undefined}
        endpoints={flowEndpoints}
      />,
    );
  };
}

/** A server that records nothing says so. */
function reasonIn(error: unknown): NotListed {
  if (error instanceof OAuthError) return { reason: describeError(error) };
  throw error;
}
