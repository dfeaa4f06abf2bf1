// `/runs/<run>`: the scorecard of a run, its badge, and what to give to a client so that it tries the rest.
import { readRun, type RunDeps, type RunQuery } from "../../lib/control/runs.ts";
import { noStoreJson, prefersHtml } from "../../lib/http/body.ts";
import { compressed } from "../../lib/http/compressed.ts";
import { describeError, OAuthError } from "../../lib/http/errors.ts";
import { paths } from "../../lib/http/urls.ts";
import { badgeSvg } from "../../lib/judge/formats/badge.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { TRIED } from "../../lib/judge/run.ts";
import { gauntletPrefix } from "../../lib/sandbox/gauntlet.ts";
import { isInSet, setNames } from "../../lib/scenarios/catalogue/sets.ts";
import { KeptPage } from "../../views/run/kept.tsx";
import { type NextRules, serversOf } from "../../views/run/next.tsx";
import { RunPage, type RunUrls } from "../../views/run/run.tsx";
import { parseOneOf, requireKnown } from "../control/query.ts";
import type { Deps } from "../deps.ts";
import { htmlResponse, withOwnReferrer } from "../request/html.ts";
import { requireOwnForm } from "../request/own_form.ts";
import type { Context, Handlers } from "../request/router.ts";
import { readResults } from "./results.ts";

/** What is shown of a run of which nothing else is asked. */
const CORE = "core";

/** The handlers of a run's pages. */
export type RunHandlers = Handlers<"run_page" | "run_keep" | "kept_run" | "run_badge" | "run_config">;

/** Makes the handlers. */
export function runHandlers(deps: RunDeps & Pick<Deps, "runGuard" | "runRefusalOf" | "keptRuns">): RunHandlers {
  return {
    ...keptHandlers(deps),
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
      return refusal ? htmlResponse(page, 403) : compressed(request, withOwnReferrer(htmlResponse(page)));
    },
    run_badge: deps.runGuard(async (context) => {
      const svg = badgeSvg(await readRun(deps, knownQueryOf(context, TRIED)));
      return new Response(svg, {
        headers: {
          "content-type": "image/svg+xml",
          "content-security-policy": "default-src 'none'",
          "cache-control": "no-store",
        },
      });
    }),
    run_config: deps.runGuard(async (context) => {
      const { scenarios, set } = await readRun(deps, knownQueryOf(context));
      const chosen = set === TRIED ? scenarios : scenarios.filter((one) => isInSet(one, set));
      const servers = serversOf(chosen).map(([name, url]) => [name, { type: "http", url }] as const);
      return noStoreJson({ mcpServers: Object.fromEntries(servers) });
    }),
  };
}

/** A copy of a run, and what makes one. */
function keptHandlers(
  deps: RunDeps & Pick<Deps, "runGuard" | "keptRuns">,
): Pick<RunHandlers, "run_keep" | "kept_run"> {
  return {
    run_keep: deps.runGuard(async (context) => {
      requireOwnForm(context);
      const { id, kept_until } = await (await deps.keptRuns()).keep(await readRun(deps, queryOf(context)));
      // At the root: the prefix of a sandbox may tell its label.
      const path = paths.keptRun.replace(":id", id);
      if (prefersHtml(context.request)) return new Response(null, { status: 303, headers: { location: path } });
      return noStoreJson({ url: context.sandbox.origin + path, kept_until }, 201);
    }),
    kept_run: async ({ sandbox: { urls }, param, request }) => {
      const kept = await (await deps.keptRuns()).find(param);
      if (!kept) throw new OAuthError("not_found", "There is no such copy of a run, or it has expired");
      if (!prefersHtml(request)) return noStoreJson(kept);
      const page = <KeptPage urls={urls} kept={kept} others={await readResults()} />;
      return compressed(request, htmlResponse(page));
    },
  };
}

function ruleLinks(): NextRules {
  return new Map(rules.map(({ id, link, title, level }) => [id, { link, title, level }]));
}

function queryOf({ sandbox, param, url: { searchParams } }: Context, set = CORE): RunQuery {
  const others = [...setNames, TRIED].filter((one) => one !== set);
  return { run: param, set: parseOneOf(searchParams, "set", [set, ...others]), sandbox };
}

/** For programs: a page of a link with more in it than its set is shown all the same. */
function knownQueryOf(context: Context, set = CORE): RunQuery {
  requireKnown(context.url.searchParams, ["set"]);
  return queryOf(context, set);
}

/** By path, so that a page works under whatever origin it was opened at; the badge is for elsewhere. */
function urlsOf(context: Context): RunUrls {
  const { sandbox: { origin, prefix }, param } = context;
  const { set } = queryOf(context);
  const page = `${prefix}/runs/${encodeURIComponent(param)}`;
  return {
    page,
    data: `${prefix}/control/runs/${encodeURIComponent(param)}`,
    badge: `${origin}${page}/badge.svg${set === TRIED ? "" : `?set=${set}`}`,
    ...(set === TRIED ? {} : { gauntlet: gauntletPrefix(encodeURIComponent(param), set) }),
  };
}
