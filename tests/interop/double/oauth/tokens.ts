/** How the test client gets tokens, keeps them, and refreshes them. */
import assert from "node:assert/strict";
import type { Http } from "../http.ts";
import { type Setting, Stop } from "../options.ts";
import { type Document, read, scopeOf, textOf } from "../readings.ts";
import type { Clients, Identity } from "./clients.ts";
import { assertIdentity } from "./keys.ts";
import type { Proofs } from "./proofs.ts";

/** What a token is asked for: of whom, for what, by which client. */
export interface Target {
  readonly metadata: Document;
  readonly resource: string | undefined;
  readonly client: Identity;
  readonly scopes: readonly string[];
}

/** The tokens it has. */
export interface Wallet {
  access: string | undefined;
  /** The access token before that, or before those, that it began with. */
  first: string | undefined;
  refresh: string | undefined;
  /** Whether the access token comes from a refresh, and was not sent twice yet. */
  isFresh: boolean;
  /** What they are good for. */
  target: Target | undefined;
}

/** Gets tokens. */
export interface Tokens {
  readonly wallet: Wallet;
  /** Spends a grant at the token endpoint. */
  readonly spend: (target: Target, fields: Record<string, string>) => Promise<void>;
  /** Whether it could refresh. */
  readonly isRenewed: () => Promise<boolean>;
  readonly revoke: () => Promise<void>;
}

export function createTokens(
  { slip, nowMs }: Setting,
  { postForm, patiently }: Http,
  { identify, forget }: Clients,
  { proven }: Proofs,
): Tokens {
  const wallet: Wallet = {
    access: slip === "brings a foreign token" ? "foreign-token-of-somebody-else-entirely" : undefined,
    first: undefined,
    refresh: undefined,
    isFresh: false,
    target: undefined,
  };
  let invented = 0;

  /** What a client with a key shows to the authorization server that it is. */
  async function signFor(metadata: Document, { clientId, privateJwk = {} }: Identity): Promise<Record<string, string>> {
    const audience = slip === "signs for another server" ? "https://another.example" : textOf(metadata, "issuer");
    return await assertIdentity({ clientId, privateJwk, audience, nowMs: nowMs() });
  }

  function ask({ metadata, resource, client }: Target, fields: Record<string, string>): Promise<Response> {
    const { clientId, secret = "", method = "none" } = client;
    const endpoint = textOf(metadata, "token_endpoint");
    const isBasic = method === "client_secret_basic";
    const isBare = slip === "names no resource" || slip === "names no resource for the token" || resource === undefined;
    return proven(endpoint, undefined, async (proof) =>
      await postForm(
        endpoint,
        {
          ...fields,
          ...(isBasic ? {} : { client_id: clientId }),
          ...(method === "client_secret_post" ? { client_secret: secret } : {}),
          ...(method === "private_key_jwt" ? await signFor(metadata, client) : {}),
          ...(isBare ? {} : { resource: resourceName(slip, resource) }),
        },
        { ...proof, ...(isBasic ? { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` } : {}) },
      ));
  }

  async function spend(target: Target, fields: Record<string, string>): Promise<void> {
    const isRefresh = fields.grant_type === "refresh_token";
    if (slip === "refreshes twice at once" && isRefresh) void ask(target, fields);
    let response = await patiently(() => ask(target, fields));
    let body = await read(response);
    if (!body && response.ok && isRefresh) {
      // The answer was lost on the way.
      response = await ask(target, fields);
      body = await read(response);
    }
    for (let again = 0; slip === "insists on its assertion" && !response.ok && again < 6; again++) {
      await (await ask(target, fields)).text();
    }
    if (slip === "refreshes after invalid_grant" && body?.error === "invalid_grant") {
      await (await ask(target, fields)).text();
    }
    if (body?.error === "invalid_client") forget(textOf(target.metadata, "issuer"));
    if (!response.ok || typeof body?.access_token !== "string") throw new Stop();
    wallet.first ??= wallet.access;
    wallet.access = body.access_token;
    wallet.isFresh = isRefresh;
    if (slip === "loses its refresh token") wallet.refresh = undefined;
    const isKept = slip === "keeps its old refresh token" && isRefresh;
    if (typeof body.refresh_token === "string" && !isKept) wallet.refresh = body.refresh_token;
    wallet.target = { ...target, scopes: textOf(body, "scope").split(" ").filter(Boolean) };
  }

  async function renew(): Promise<void> {
    assert(wallet.target, "it has no token");
    const made = slip === "makes up a refresh token"
      ? `refresh_of_its_own_making_and_long_enough_${++invented}`
      : undefined;
    const value = made ?? wallet.refresh;
    if (value === undefined) throw new Stop();
    const scopes = [...wallet.target.scopes, ...(slip === "refreshes for more" ? ["mcp:more"] : [])];
    if (slip === "refreshes as another client") {
      forget();
      wallet.target = { ...wallet.target, client: await identify(wallet.target.metadata) };
    }
    await spend(wallet.target, { grant_type: "refresh_token", refresh_token: value, ...scopeOf(scopes) });
  }

  return {
    wallet,
    spend,
    isRenewed: async () => {
      try {
        await renew();
        return true;
      } catch (error) {
        if (!(error instanceof Stop)) throw error;
        wallet.refresh = undefined;
        return false;
      }
    },
    revoke: async () => {
      const { access, target } = wallet;
      assert(target && access !== undefined, "it has no token");
      const fields = { token: access, client_id: target.client.clientId };
      await (await postForm(textOf(target.metadata, "revocation_endpoint"), fields)).body?.cancel();
    },
  };
}

/** How it names the resource that it wants a token for. */
export function resourceName(slip: Setting["slip"], resource: string): string {
  return slip === "names another resource" ? `${resource}/` : resource;
}
