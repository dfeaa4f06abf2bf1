// Home and guide.
import { noStoreJson, prefersHtml } from "../../lib/http/body.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { version } from "../../lib/runtime/version.ts";
import { GuidePage } from "../../views/guide/guide.tsx";
import { HomePage } from "../../views/home/home.tsx";
import { flowEndpoints } from "./inspect.tsx";
import { htmlResponse } from "../request/html.ts";
import type { Deps } from "../deps.ts";
import { bannerOf, playedBy } from "./banner.tsx";
import type { Context } from "../request/router.ts";

type HomeDeps = Pick<Deps, "scenarioOf" | "catalogue" | "isRecorded" | "refusalOf">;

/** Server information: a page for browsers, JSON for programs. */
export async function home(context: Context, deps: HomeDeps): Promise<Response> {
  const { scenarioOf, catalogue, isRecorded, refusalOf } = deps;
  const { request, sandbox } = context;
  const { urls } = sandbox;
  if (prefersHtml(request)) {
    return htmlResponse(
      <HomePage
        urls={urls}
        version={version}
        banner={bannerOf(deps, sandbox)}
        plays={playedBy(scenarioOf, sandbox)}
        counts={{ scenarios: (await catalogue()).length, rules: rules.length }}
        watched={isRecorded && !refusalOf(context) ? flowEndpoints : undefined}
      />,
    );
  }
  return noStoreJson({
    name: "mock oauth server",
    version,
    issuer: sandbox.issuer,
    documentation: urls.guide,
    endpoints: { "no-auth": urls.noAuth, bearer: urls.bearer, oauth: urls.oauth },
    authorization_server_metadata: urls.authorizationServer,
    protected_resource_metadata: urls.oauthProtectedResource,
    health: urls.health,
    scenarios: urls.scenarios,
    inspect: urls.inspect,
  });
}

/** The interactive guide. */
export function guide({ sandbox }: Context, deps: Pick<Deps, "scenarioOf">): Response {
  return htmlResponse(<GuidePage urls={sandbox.urls} banner={bannerOf(deps, sandbox)} />);
}
