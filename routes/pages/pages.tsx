// Home, guide and health, the files the pages ask for, and what crawlers ask for.
import { noStoreJson, prefersHtml } from "../../lib/http/body.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { paths } from "../../lib/http/urls.ts";
import { version } from "../../lib/runtime/version.ts";
import { type Asset, assets } from "../../views/assets.ts";
import { GuidePage } from "../../views/guide/guide.tsx";
import { HomePage } from "../../views/home/home.tsx";
import { flowEndpoints } from "./inspect.tsx";
import { htmlResponse } from "../request/html.ts";
import type { Deps } from "../deps.ts";
import { playedBy } from "./scenarios.tsx";
import type { Context, Handlers, Route } from "../request/router.ts";

/** The handlers of the pages. */
export function pageHandlers(deps: PageDeps): Handlers<"home" | "guide" | "health" | "robots"> {
  return {
    home: (context) => home(context, deps),
    guide: ({ sandbox }) => htmlResponse(<GuidePage urls={sandbox.urls} banner={deps.bannerOf(sandbox)} />),
    health: (context) => health(context, deps),
    robots,
  };
}

type PageDeps = Pick<
  Deps,
  "startedAtMs" | "bannerOf" | "scenarioOf" | "catalogue" | "isRecorded" | "refusalOf"
>;

/** The rows of the files that pages ask for. */
export function assetRoutes(): readonly Route[] {
  return assets.map((asset) => ({
    name: `asset_${asset.fileName}`,
    method: "GET",
    path: asset.contentType === "image/svg+xml" ? paths.favicon : paths.assets + asset.fileName,
    cors: false,
    kind: "pages",
    handler: () => assetResponse(asset),
  }));
}

/** Server information: a page for browsers, JSON for programs. */
function home(context: Context, deps: PageDeps): Response {
  const { bannerOf, scenarioOf, catalogue, isRecorded, refusalOf } = deps;
  const { request, sandbox } = context;
  const { urls } = sandbox;
  if (prefersHtml(request)) {
    return htmlResponse(
      <HomePage
        urls={urls}
        version={version}
        banner={bannerOf(sandbox)}
        plays={playedBy(scenarioOf, sandbox)}
        counts={{ scenarios: catalogue.length, rules: rules.length }}
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

/** The original's document, which other projects' tests read, and two members more. It has no deprecated SSE endpoints. */
function health({ sandbox }: Context, { startedAtMs }: PageDeps): Response {
  const mode = (endpoint: string, description: string): object => ({ endpoints: { mcp: endpoint }, description });
  return noStoreJson({
    name: "Mock MCP Server for E2E Testing",
    version,
    status: "healthy",
    uptime_seconds: Math.max(0, Math.floor((sandbox.nowMs - startedAtMs) / 1000)),
    documentation: paths.guide,
    modes: {
      "no-auth": mode(paths.noAuth, "No authentication required"),
      bearer: mode(paths.bearer, "Bearer token required in Authorization header"),
      oauth: mode(paths.oauth, "OAuth 2.1 with flexible authorization modes"),
    },
  });
}

/** Nothing here is worth finding, and a crawler that follows links makes sandboxes (RFC 9309 2.2). */
function robots(): Response {
  return new Response("User-agent: *\nDisallow: /\n", { headers: { "content-type": "text/plain; charset=utf-8" } });
}

function assetResponse({ body, contentType }: Asset): Response {
  return new Response(body, {
    headers: {
      "content-type": contentType,
      "cache-control": "public, max-age=300",
      "x-content-type-options": "nosniff",
    },
  });
}
