/**
 * `{p}/inspect`: the inspector, with the latest exchanges in it for a browser that runs no scripts.
 *
 * @module
 */
import { describeError, OAuthError } from "../../lib/http/errors.ts";
import { endpoints } from "../../lib/http/endpoints.ts";
import { paths } from "../../lib/http/urls.ts";
import { InspectPage } from "../../views/inspect/inspect.tsx";
import type { Listed, NotListed } from "../../views/inspect/list.tsx";
import type { Endpoints } from "../../views/inspect/model.js";
import type { Refusal } from "../control/guard.ts";
import { htmlResponse } from "../request/html.ts";
import type { Reports } from "../../lib/control/reports.ts";
import type { Context, Route } from "../request/router.ts";
import type { Banner } from "./scenarios.tsx";

/** What the inspector's page needs. */
export interface InspectDeps {
  /** The record, and what it comes to. */
  readonly reports: Reports;
  /** Says why a request may not see it. */
  readonly refusalOf: Refusal;
  /** What is said on top of a sandbox's pages. */
  readonly bannerOf: Banner;
}

/** What the pages know of the endpoints of a client's flow, by the names on record. */
export const flowEndpoints: Endpoints = Object.fromEntries(
  endpoints.filter(({ kind }) => kind !== "pages" && kind !== "control").map(
    ({ name, method, kind, step, isForPerson, asks }) => [name, { kind, step, isForPerson, asks: asks?.[method] }],
  ),
);

/** How many exchanges stand in the page itself. */
const MAX_LISTED = 50;

/** The inspector's row. */
export function inspectRoutes({ reports, refusalOf, bannerOf }: InspectDeps): readonly Route[] {
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

  async function inspect(context: Context): Promise<Response> {
    const { sandbox } = context;
    const refusal = refusalOf(context);
    const listed = refusal ? { reason: describeError(refusal) } : await list(context).catch(reasonIn);
    return htmlResponse(
      <InspectPage
        urls={sandbox.urls}
        banner={bannerOf(sandbox, true)}
        listed={listed}
        endpoints={flowEndpoints}
      />,
    );
  }

  return [{ name: "inspect", method: "GET", path: paths.inspect, cors: false, handler: inspect }];
}

/** A server that records nothing says so. */
function reasonIn(error: unknown): NotListed {
  if (error instanceof OAuthError) return { reason: describeError(error) };
  throw error;
}
