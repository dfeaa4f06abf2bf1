// What is known of a client, and what clients can choose from: the tables that metadata advertises and handlers use.
import type { tokenEndpointAuthMethods } from "../../scenarios/vocabulary.ts";

/** Whether a client_id is a URL that says where the client is described, and not one that registration has issued. */
export function isDocumentId(clientId: string): boolean {
  return /^https?:/i.test(clientId);
}

/** What a client says of itself (RFC 7591 2), with the defaults filled in. */
export interface ClientMetadata {
  readonly redirect_uris: readonly string[];
  /** Where the browser may go after a logout (OpenID Connect RP-Initiated Logout 3.1). */
  readonly post_logout_redirect_uris?: readonly string[] | undefined;
  readonly token_endpoint_auth_method: typeof tokenEndpointAuthMethods[number];
  /** The only algorithm that its assertions may be signed with; absent for any. */
  readonly token_endpoint_auth_signing_alg?: string | undefined;
  readonly grant_types: readonly string[];
  /** Always `code`. */
  readonly response_types: readonly string[];
  readonly client_name?: string | undefined;
  readonly client_uri?: string | undefined;
  readonly logo_uri?: string | undefined;
  readonly scope?: string | undefined;
  readonly contacts?: readonly string[] | undefined;
  readonly tos_uri?: string | undefined;
  readonly policy_uri?: string | undefined;
  readonly jwks_uri?: string | undefined;
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined;
  readonly software_id?: string | undefined;
  readonly software_version?: string | undefined;
  /** Whether it runs on a server or on its user's computer (OpenID Connect Registration 2). */
  readonly application_type?: "web" | "native" | undefined;
  /** Whether all its tokens must be bound (RFC 9449 5.2). */
  readonly dpop_bound_access_tokens?: boolean | undefined;
}
