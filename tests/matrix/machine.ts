/** Which kind of client a scenario is for, as far as it declares one. */
import type { Scenario } from "../../main.ts";

/** A client that is not the usual one, which registers itself and has a person. */
export type Machine =
  /** It has a person, and is known beforehand. */
  | { readonly kind: "known"; readonly information: { client_id: string; client_secret?: string } }
  /** It has a person, and binds its tokens to a key if it knows how (RFC 9449). */
  | { readonly kind: "proof" }
  /** It acts for itself, with a secret. */
  | { readonly kind: "secret"; readonly clientId: string; readonly clientSecret: string }
  /** It acts for itself, with a key. */
  | {
    readonly kind: "key";
    readonly clientId: string;
    /** As PEM, or as a JWK. */
    readonly privateKey: string | Record<string, unknown>;
    readonly algorithm: string;
  }
  /** It brings an assertion, which nobody has given it yet. */
  | { readonly kind: "assertion" }
  /** It exchanges the id_token of a person who has logged in at a company's identity provider. */
  | {
    readonly kind: "exchange";
    readonly clientId: string;
    readonly clientSecret: string;
    readonly idp: { readonly tokenEndpoint: string; readonly clientId: string; readonly idToken: string };
  }
  /** It brings the assertion of its platform. */
  | { readonly kind: "workload"; readonly clientId: string; readonly assertion: string };

/** What a client that brings its platform's assertion asks for a token with (RFC 7523 2.1). */
export function workloadRequest(assertion: string): URLSearchParams {
  return new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
}

/** The client that a scenario declares, if any. */
export function machineOf({ clients = [], plan }: Scenario): Machine | undefined {
  if (plan.policy?.requireDpop === true) return { kind: "proof" };
  const [client] = clients;
  if (!client) return undefined;
  const { client_id, client_secret, grant_types, private_key_jwk } = client;
  if (grant_types.some((grant) => grant.endsWith(":jwt-bearer"))) return { kind: "assertion" };
  if (!grant_types.includes("client_credentials")) {
    return { kind: "known", information: { client_id, ...(client_secret === undefined ? {} : { client_secret }) } };
  }
  if (!private_key_jwk) return { kind: "secret", clientId: client_id, clientSecret: client_secret ?? "" };
  return { kind: "key", clientId: client_id, privateKey: { ...private_key_jwk }, algorithm: "ES256" };
}
