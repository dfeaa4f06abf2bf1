/**
 * Home, guide and health, the files the pages ask for, and what crawlers ask for.
 *
 * @module
 */
import { noStoreJson, prefersHtml } from "../../lib/http/body.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { paths } from "../../lib/http/urls.ts";
import { version } from "../../lib/runtime/version.ts";
import { type Asset, assets } from "../../views/assets.ts";
import { GuidePage } from "../../views/guide/guide.tsx";
import { HomePage } from "../../views/home/home.tsx";
import type { Html } from "../../views/shared/html.ts";
import { flowEndpoints } from "./inspect.tsx";
import { htmlResponse } from "../request/html.ts";
import type { Context, Route } from "../request/router.ts";

/** What the pages need. */
export interface PagesDeps {
  /** When the app was made, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** What is said on top of a sandbox's pages of how it behaves; undefined for nothing. */
  readonly bannerOf: (sandbox: Sandbox) => Html | undefined;
  /** What a sandbox plays, where that is not the server as one expects it. */
  readonly playedBy: (sandbox: Sandbox) => string | undefined;
  /** How many scenarios there are. */
  readonly scenarioCount: number;
  /** Whether a request may watch what is recorded. */
  readonly isWatchable: (context: Context) => boolean;
}

/** The rows of the pages. */
export function pagesRoutes(deps: PagesDeps): readonly Route[] {
  const { startedAtMs, bannerOf } = deps;
  const page = (name: string, path: string, handler: Route["handler"], cors = false): Route => ({
    name,
    method: "GET",
    path,
    cors,
    handler,
  });

  return [
    page("home", paths.home, (context) => home(context, deps), true),
    page(
      "guide",
      paths.guide,
      ({ sandbox }) => htmlResponse(<GuidePage urls={sandbox.urls} banner={bannerOf(sandbox)} />),
    ),
    page("health", paths.health, (context) => health(context, startedAtMs), true),
    page("robots", paths.robots, robots),
    ...Object.entries(assets).map(([name, asset]) =>
      page(
        `asset_${name}`,
        name === "favicon" ? paths.favicon : paths.assets + asset.fileName,
        () => assetResponse(asset),
      )
    ),
  ];
}

/** Server information: a page for browsers, JSON for programs. */
function home(context: Context, { bannerOf, playedBy, scenarioCount, isWatchable }: PagesDeps): Response {
  const { request, sandbox } = context;
  const { urls } = sandbox;
  if (prefersHtml(request)) {
    return htmlResponse(
      <HomePage
        urls={urls}
        version={version}
        banner={bannerOf(sandbox)}
        plays={playedBy(sandbox)}
        counts={{ scenarios: scenarioCount, rules: rules.length }}
        watched={isWatchable(context) ? flowEndpoints : undefined}
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
function health({ sandbox }: Context, startedAtMs: number): Response {
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
