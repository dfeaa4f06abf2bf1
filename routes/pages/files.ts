// Health, the files that pages ask for, and what crawlers ask for.
import { noStoreJson } from "../../lib/http/body.ts";
import { compressed } from "../../lib/http/compressed.ts";
import { paths } from "../../lib/http/urls.ts";
import { version } from "../../lib/runtime/version.ts";
import { type AssetName, assetNames } from "../../views/asset_names.ts";
import type { Deps } from "../deps.ts";
import type { Context, Route } from "../request/router.ts";

/** The rows of the files that pages ask for. */
export function assetRoutes(): readonly Route[] {
  return assetNames.map((fileName) => ({
    name: `asset_${fileName}`,
    method: "GET",
    path: fileName === "favicon.ico" ? paths.favicon : paths.assets + fileName,
    cors: false,
    kind: "pages",
    handler: async ({ request }) => compressed(request, await assetResponse(fileName)),
  }));
}

/** The original's document, which other projects' tests read, and two members more. It has no deprecated SSE endpoints. */
export function health({ sandbox }: Context, { startedAtMs }: Pick<Deps, "startedAtMs">): Response {
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
export function robots(): Response {
  return new Response("User-agent: *\nDisallow: /\n", { headers: { "content-type": "text/plain; charset=utf-8" } });
}

async function assetResponse(fileName: AssetName): Promise<Response> {
  const { assetOf } = await import("../../views/assets.ts");
  const { body, contentType } = assetOf(fileName);
  return new Response(body, {
    headers: {
      "content-type": contentType,
      "cache-control": "public, max-age=300",
      "x-content-type-options": "nosniff",
    },
  });
}
