// `/runs/<run>`: the scorecard of a run, its badge, and what to give to a client so that it tries the rest.
import { readRun, type RunDeps, type RunQuery } from "../../lib/control/runs.ts";
import { noStoreJson } from "../../lib/http/body.ts";
import { compressed } from "../../lib/http/compressed.ts";
import { describeError } from "../../lib/http/errors.ts";
import { badgeSvg } from "../../lib/judge/formats/badge.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { TRIED } from "../../lib/judge/run.ts";
import { isInSet, setNames } from "../../lib/scenarios/catalogue/sets.ts";
import { type NextRules, serversOf } from "../../views/run/next.tsx";
import { RunPage, type RunUrls } from "../../views/run/run.tsx";
import { parseOneOf } from "../control/query.ts";
import type { Deps } from "../deps.ts";
import { htmlResponse } from "../request/html.ts";
import type { Context, Handlers } from "../request/router.ts";
import { readResults } from "./results.ts";

/** What is shown of a run of which nothing else is asked. */
const CORE = "core";

/** The handlers of a run's pages. */
export function runHandlers(
  deps: RunDeps & Pick<Deps, "runGuard" | "runRefusalOf">,
): Handlers<"run_page" | "run_badge" | "run_config"> {
  return {
    run_page: async (context) => {
      const { sandbox, param, request } = context;
      const refusal = deps.runRefusalOf(context);
      const run = refusal ? { refusal: describeError(refusal) } : await readRun(deps, queryOf(context));
      const runUrls = urlsOf(context);
      const catalogue = await deps.catalogue();
      const sets = [...setNames.filter((set) => catalogue.some((one) => isInSet(one, set))), TRIED];
      const page = (
        <RunPage
          urls={sandbox.urls}
          runUrls={runUrls}
          name={param}
          run={run}
          sets={sets}
          others={refusal ? [] : await readResults()}
          rules={ruleLinks()}
        />
      );
      return refusal ? htmlResponse(page, 403) : compressed(request, htmlResponse(page));
    },
    run_badge: deps.runGuard(async (context) => {
      const svg = badgeSvg(await readRun(deps, { ...queryOf(context), set: TRIED }));
      return new Response(svg, {
        headers: {
          "content-type": "image/svg+xml",
          "content-security-policy": "default-src 'none'",
          "cache-control": "no-store",
        },
      });
    }),
    run_config: deps.runGuard(async (context) => {
      const { scenarios, set } = await readRun(deps, queryOf(context));
      const chosen = set === TRIED ? scenarios : scenarios.filter((one) => isInSet(one, set));
      const servers = serversOf(chosen).map(([name, url]) => [name, { type: "http", url }] as const);
      return noStoreJson({ mcpServers: Object.fromEntries(servers) });
    }),
  };
}

function ruleLinks(): NextRules {
  return new Map(rules.map(({ id, link, title, level }) => [id, { link, title, level }]));
}

function queryOf({ sandbox, param, url: { searchParams } }: Context): RunQuery {
  return { run: param, set: parseOneOf(searchParams, "set", [CORE, ...setNames, TRIED]), sandbox };
}

/** By path, so that a page works under whatever origin it was opened at; the badge is for elsewhere. */
function urlsOf({ sandbox: { origin, prefix }, param }: Context): RunUrls {
  const page = `${prefix}/runs/${encodeURIComponent(param)}`;
  return {
    page,
    data: `${prefix}/control/runs/${encodeURIComponent(param)}`,
    badge: `${origin}${page}/badge.svg`,
  };
}
