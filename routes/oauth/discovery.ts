// Discovery: what a client reads before it does anything else.
import { OAuthError } from "../../lib/http/errors.ts";
import { cacheableJson } from "../../lib/http/body.ts";
import { buildResourceMetadata, buildServerMetadata } from "../../lib/oauth/metadata.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Policy } from "../../lib/scenarios/plan.ts";
import { wellKnown } from "../../lib/http/urls.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context, Handlers } from "../request/router.ts";

type DiscoveryDeps = Pick<OAuthDeps, "keysOf">;

/** The handlers of discovery: RFC 8414, OpenID Connect Discovery, RFC 9728, RFC 7517. */
export function discoveryHandlers({ keysOf }: DiscoveryDeps): Handlers<
  | "authorizationServer"
  | "openidConfiguration"
  | "protectedResource"
  | "rootProtectedResource"
  | "customProtectedResource"
  | "jwks"
> {
  const serverMetadata = createServerMetadata();

  function atServerPlace(context: Context, ...places: Policy["serverMetadataAt"]): Response {
    const { serverMetadataAt } = context.plan.policy;
    if (places.some((place) => serverMetadataAt.includes(place))) return serverMetadata(context);
    throw nothingHere(context);
  }

  /** Below the issuer nothing lies but the OpenID Connect form (RFC 8414 3.1). */
  function oauthMetadata(context: Context): Response {
    return atServerPlace(context, ...(isInserted(context, wellKnown.authorizationServer) ? ["oauth"] as const : []));
  }

  /** A prefix in the URL tells the two places of OpenID Connect apart; without one they are the same. */
  function openidMetadata(context: Context): Response {
    const { issuer, origin } = context.sandbox;
    if (issuer === origin) return atServerPlace(context, "oidc", "oidc_appended");
    return atServerPlace(context, isInserted(context, wellKnown.openidConfiguration) ? "oidc" : "oidc_appended");
  }

  async function jwks({ sandbox: { id, nowMs }, plan: { policy } }: Context): Promise<Response> {
    const ring = await keysOf(id);
    const published = await ring.published(nowMs);
    const current = [ring.signing.kid, (await ring.idTokenSigning()).kid];
    const keys = published.filter(({ kid }) => policy.publishedKeys === "all" || !current.includes(kid));
    return document({ keys: keys.map(({ publicJwk }) => publicJwk) }, policy);
  }

  return {
    authorizationServer: oauthMetadata,
    openidConfiguration: openidMetadata,
    protectedResource: resourceMetadata("path"),
    rootProtectedResource: resourceMetadata("root"),
    customProtectedResource: resourceMetadata("custom"),
    jwks,
  };
}

/** A document changes with its sandbox's URLs and policy alone, which are the same objects from request to request. */
function createServerMetadata(): (context: Context) => Response {
  const rendered = new WeakMap<Sandbox["urls"], { readonly policy: Policy; readonly json: string }>();

  return ({ sandbox, plan: { policy } }) => {
    let known = rendered.get(sandbox.urls);
    if (known?.policy !== policy) {
      known = { policy, json: JSON.stringify(buildServerMetadata(sandbox, policy)) };
      rendered.set(sandbox.urls, known);
    }
    return cacheableJson(known.json, policy.metadataMaxAgeSeconds);
  };
}

function resourceMetadata(place: Policy["resourceMetadataAt"][number]): (context: Context) => Response {
  return (context) => {
    const { sandbox, plan: { policy } } = context;
    if (!policy.resourceMetadataAt.includes(place)) throw nothingHere(context);
    // The resource's identifier is the URL the well-known path was inserted into (RFC 9728 3.3): at the root, the root's.
    const resource = place === "root" ? sandbox.origin + sandbox.prefix : sandbox.urls.oauth;
    return document(buildResourceMetadata(sandbox, policy, resource), policy);
  };
}

function document(body: unknown, { metadataMaxAgeSeconds }: Policy): Response {
  return cacheableJson(JSON.stringify(body), metadataMaxAgeSeconds);
}

/** Whether the issuer's path comes after the well-known one (RFC 8414 3), not before it (OpenID Connect Discovery 4). */
function isInserted({ url }: Context, place: string): boolean {
  return url.pathname.startsWith(place);
}

function nothingHere({ request, url }: Context): OAuthError {
  return new OAuthError("not_found", "Not found: this server has no metadata here", {
    parameter: "path",
    received: `${request.method} ${url.pathname}`,
    expected: "another of the places where clients look (RFC 8414 3.1, RFC 9728 3.1)",
  });
}
