/**
 * Discovery: what a client reads before it does anything else.
 *
 * @module
 */
import { cacheableJson } from "../lib/http.ts";
import type { Keys } from "../lib/oauth/keys.ts";
import { buildResourceMetadata, buildServerMetadata } from "../lib/oauth/metadata.ts";
import type { Sandbox } from "../lib/sandbox.ts";
import type { Policy } from "../lib/scenarios/plan.ts";
import { paths, wellKnown } from "../lib/urls.ts";
import type { Context, Route } from "./router.ts";

/** What the discovery endpoints need. */
export interface DiscoveryDeps {
  /** A sandbox's keys. */
  readonly keysOf: (sandboxId: string) => Promise<Keys>;
}

/** The rows of discovery: RFC 8414, OpenID Connect Discovery, RFC 9728, RFC 7517. */
export function discoveryRoutes({ keysOf }: DiscoveryDeps): readonly Route[] {
  // A document changes with its sandbox and its policy alone, and both are the same objects from request to request.
  const rendered = new WeakMap<Sandbox, { readonly policy: Policy; readonly json: string }>();

  const document = (context: Context, build: () => unknown): Response =>
    cacheableJson(JSON.stringify(build()), context.plan.policy.metadataMaxAgeSeconds);

  function serverMetadata({ sandbox, plan: { policy } }: Context): Response {
    let known = rendered.get(sandbox);
    if (known?.policy !== policy) {
      known = { policy, json: JSON.stringify(buildServerMetadata(sandbox, policy)) };
      rendered.set(sandbox, known);
    }
    return cacheableJson(known.json, policy.metadataMaxAgeSeconds);
  }

  return [
    {
      name: "authorization_server_metadata",
      method: "GET",
      path: wellKnown.authorizationServer,
      cors: true,
      handler: serverMetadata,
    },
    {
      name: "openid_configuration",
      method: "GET",
      path: wellKnown.openidConfiguration,
      cors: true,
      handler: serverMetadata,
    },
    {
      name: "protected_resource_metadata",
      method: "GET",
      path: wellKnown.protectedResource + paths.oauth,
      cors: true,
      handler: (context) => document(context, () => buildResourceMetadata(context.sandbox, context.sandbox.urls.oauth)),
    },
    {
      // The resource's identifier is the URL the well-known path was inserted into (RFC 9728 3.3): here, the issuer.
      name: "root_protected_resource_metadata",
      method: "GET",
      path: wellKnown.protectedResource,
      cors: true,
      handler: (context) => document(context, () => buildResourceMetadata(context.sandbox, context.sandbox.issuer)),
    },
    {
      name: "jwks",
      method: "GET",
      path: paths.jwks,
      cors: true,
      handler: async (context) => {
        const { id, now } = context.sandbox;
        const keys = await (await keysOf(id)).published(now());
        return document(context, () => ({ keys: keys.map(({ publicJwk }) => publicJwk) }));
      },
    },
  ];
}
