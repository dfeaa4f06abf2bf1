/**
 * Discovery: what a client reads before it does anything else.
 *
 * @module
 */
import { OAuthError } from "../../lib/http/errors.ts";
import { cacheableJson } from "../../lib/http/body.ts";
import type { Keys } from "../../lib/oauth/keys/keys.ts";
import { buildResourceMetadata, buildServerMetadata } from "../../lib/oauth/metadata.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Policy } from "../../lib/scenarios/plan.ts";
import { paths, wellKnown } from "../../lib/http/urls.ts";
import type { Context, Route } from "../request/router.ts";

/** What the discovery endpoints need. */
export interface DiscoveryDeps {
  /** A sandbox's keys. */
  readonly keysOf: (sandboxId: string) => Promise<Keys>;
}

/** The rows of discovery: RFC 8414, OpenID Connect Discovery, RFC 9728, RFC 7517. */
export function discoveryRoutes({ keysOf }: DiscoveryDeps): readonly Route[] {
  // A document changes with its sandbox's URLs and policy alone, which are the same objects from request to request.
  const rendered = new WeakMap<Sandbox["urls"], { readonly policy: Policy; readonly json: string }>();

  const document = (context: Context, build: () => unknown): Response =>
    cacheableJson(JSON.stringify(build()), context.plan.policy.metadataMaxAgeSeconds);

  function serverMetadata({ sandbox, plan: { policy } }: Context): Response {
    let known = rendered.get(sandbox.urls);
    if (known?.policy !== policy) {
      known = { policy, json: JSON.stringify(buildServerMetadata(sandbox, policy)) };
      rendered.set(sandbox.urls, known);
    }
    return cacheableJson(known.json, policy.metadataMaxAgeSeconds);
  }

  function atServerPlace(context: Context, ...places: Policy["serverMetadataAt"]): Response {
    const { serverMetadataAt } = context.plan.policy;
    if (places.some((place) => serverMetadataAt.includes(place))) return serverMetadata(context);
    throw nothingHere(context);
  }

  /** A prefix in the URL tells the two places of OpenID Connect apart; without one they are the same. */
  function openidMetadata(context: Context): Response {
    const { issuer, origin } = context.sandbox;
    if (issuer === origin) return atServerPlace(context, "oidc", "oidc_appended");
    return atServerPlace(context, isInserted(context, wellKnown.openidConfiguration) ? "oidc" : "oidc_appended");
  }

  function atResourcePlace(context: Context, place: Policy["resourceMetadataAt"][number], resource: string): Response {
    const { sandbox, plan: { policy } } = context;
    if (!policy.resourceMetadataAt.includes(place)) throw nothingHere(context);
    return document(context, () => buildResourceMetadata(sandbox, policy, resource));
  }

  return [
    {
      name: "authorization_server_metadata",
      method: "GET",
      path: wellKnown.authorizationServer,
      cors: true,
      // Below the issuer nothing lies but the OpenID Connect form (RFC 8414 3.1).
      handler: (context) =>
        atServerPlace(context, ...(isInserted(context, wellKnown.authorizationServer) ? ["oauth"] as const : [])),
    },
    {
      name: "openid_configuration",
      method: "GET",
      path: wellKnown.openidConfiguration,
      cors: true,
      handler: openidMetadata,
    },
    {
      name: "protected_resource_metadata",
      method: "GET",
      path: wellKnown.protectedResource + paths.oauth,
      cors: true,
      handler: (context) => atResourcePlace(context, "path", context.sandbox.urls.oauth),
    },
    {
      // The resource's identifier is the URL the well-known path was inserted into (RFC 9728 3.3): here, the sandbox's root.
      name: "root_protected_resource_metadata",
      method: "GET",
      path: wellKnown.protectedResource,
      cors: true,
      handler: (context) => atResourcePlace(context, "root", context.sandbox.origin + context.sandbox.prefix),
    },
    {
      name: "custom_protected_resource_metadata",
      method: "GET",
      path: paths.customResourceMetadata,
      cors: true,
      handler: (context) => atResourcePlace(context, "custom", context.sandbox.urls.oauth),
    },
    {
      name: "jwks",
      method: "GET",
      path: paths.jwks,
      cors: true,
      handler: async (context) => {
        const { sandbox: { id, nowMs }, plan: { policy } } = context;
        const ring = await keysOf(id);
        const published = await ring.published(nowMs);
        const current = [ring.signing.kid, (await ring.idTokenSigning()).kid];
        const keys = published.filter(({ kid }) => policy.publishedKeys === "all" || !current.includes(kid));
        return document(context, () => ({ keys: keys.map(({ publicJwk }) => publicJwk) }));
      },
    },
  ];
}

/** Whether the issuer's path comes after the well-known one (RFC 8414 3), not before it (OpenID Connect Discovery 4). */
function isInserted({ url }: Context, place: string): boolean {
  return url.pathname.startsWith(place);
}

function nothingHere({ request, url }: Context): OAuthError {
  return new OAuthError("not_found", "Not found: this server keeps no metadata here", {
    parameter: "path",
    received: `${request.method} ${url.pathname}`,
    expected: "another of the places that a client looks at (RFC 8414 3.1, RFC 9728 3.1)",
  });
}
