/** How the test client logs in where it is refused. The half that speaks MCP knows no more of it than `Login`. */
import type { Http } from "../http.ts";
import { type Setting, type Spoken, Stop } from "../options.ts";
import { type Challenge, type Document, listOf, readChallenge, scopeOf, textOf } from "../readings.ts";
import type { Outgoing } from "../slips_messages.ts";
import { createClients } from "./clients.ts";
import { createDiscovery } from "./discovery.ts";
import { createGrants } from "./grants.ts";
import { JWT_BEARER } from "./keys.ts";
import { createProofs } from "./proofs.ts";
import { createTokens } from "./tokens.ts";

/** A request that was refused with 401 or 403, or another status which says as much in its challenge. */
export interface Refusal {
  readonly response: Response;
  /** The answers that refused the same request before, in order. */
  readonly earlier: readonly Response[];
  /** The revision that is spoken. */
  readonly revision: Spoken;
  /** Sends the same request once more, which nothing is done about. */
  readonly again: () => Promise<Response>;
  /** Asks for the list of tools, which nothing is done about. */
  readonly listTools: () => Promise<Response>;
}

/** What lets the other half in. */
export interface Login {
  /** Sends a request with what lets it in. */
  readonly present: (outgoing: Outgoing, method: string) => Promise<Response>;
  /** Is told that a request was let through. */
  readonly onAccepted: () => void;
  /** Does what is to be done before the request is sent again; stops where that is no use. */
  readonly onRefused: (refusal: Refusal) => Promise<void>;
  /** Gets a new token before the old one has expired. */
  readonly renew: (revision: Spoken) => Promise<void>;
  readonly revoke: () => Promise<void>;
  /** Has another person log in. */
  readonly logInAnew: (revision: Spoken) => Promise<void>;
  /** The token that it presents. */
  readonly token: () => string | undefined;
}

const nothing: Challenge = () => undefined;

export function createLogin(setting: Setting, http: Http): Login {
  const { options: { alone = false, idp }, slip, base, host } = setting;
  const { findResource, findServer, findEarly } = createDiscovery(setting, http);
  const clients = createClients(setting, http);
  const proofs = createProofs(setting);
  const tokens = createTokens(setting, http, clients, proofs);
  const { askPerson, bringAssertion } = createGrants(setting, http, tokens);
  const { wallet, spend, isRenewed, revoke } = tokens;
  /** The last token that a request was let through with. */
  let accepted: string | undefined;
  let lastChallenge = nothing;
  let requested: readonly string[] = [];

  async function authorize(
    { challenge, revision, isStepUp = false }: {
      readonly challenge: Challenge;
      readonly revision: Spoken;
      readonly isStepUp?: boolean;
    },
  ): Promise<void> {
    const isEarly = isEarlyIn(revision);
    const resource = isEarly || slip === "skips resource metadata" ? undefined : await findResource(challenge);
    const issuer = listOf(resource, "authorization_servers")?.[0] ?? base;
    const find = (): Promise<Document> => isEarly ? findEarly() : findServer(issuer);
    let metadata = await find();
    for (let again = 0; slip === "reads on and on" && again < 6; again++) metadata = await find();
    for (let again = 0; slip === "registers for nothing" && again < 3; again++) {
      await clients.identify(metadata);
      clients.forget();
    }
    if (!metadata.code_challenge_methods_supported && slip !== "needs no proof of PKCE") throw new Stop();
    if (!textOf(metadata, "token_endpoint").startsWith(host) && slip !== "takes http") throw new Stop();
    const client = await clients.identify(metadata);
    const scopes = chooseScopes(challenge, { resource, metadata, isStepUp });
    const target = { metadata, resource: resource && textOf(resource, "resource"), client, scopes };
    if (idp) {
      await spend(target, { grant_type: JWT_BEARER, assertion: await bringAssertion(target), ...scopeOf(scopes) });
    } else if (alone) await spend(target, { grant_type: "client_credentials", ...scopeOf(scopes) });
    else await askPerson(target);
    for (let again = 0; slip === "has its person log in for nothing" && again < 3; again++) await askPerson(target);
    requested = scopes;
  }

  function chooseScopes(
    challenge: Challenge,
    { resource, metadata, isStepUp }: {
      readonly resource: Document | undefined;
      readonly metadata: Document;
      readonly isStepUp: boolean;
    },
  ): readonly string[] {
    if (slip === "asks for no scope") return [];
    const named = slip === "asks for listed scopes" ? undefined : challenge("scope")?.split(" ");
    const chosen = named ?? listOf(resource, "scopes_supported") ?? [];
    const before = isStepUp && slip !== "asks for the new scope alone" ? requested : [];
    const isOffline = listOf(metadata, "scopes_supported")?.includes("offline_access") ||
      slip === "wants offline access";
    const own = slip === "asks for a scope of its own" ? ["mcp:own"] : [];
    return [...new Set([...before, ...chosen, ...own, ...(isOffline && !alone ? ["offline_access"] : [])])];
  }

  /** Whether it could refresh instead of asking the person: with a token that was good once, at the server it is of. */
  async function isRefreshedFor(challenge: Challenge, revision: Spoken): Promise<boolean> {
    const isUsable = wallet.refresh !== undefined || slip === "makes up a refresh token";
    const isGood = wallet.access === accepted || slip === "refreshes for ever";
    const { target } = wallet;
    if (wallet.access === undefined || !isGood || !isUsable || !target) return false;
    if (slip === "asks the person instead of refreshing") return false;
    if (!(listOf(target.metadata, "grant_types_supported")?.includes("refresh_token") ?? true)) return false;
    if (isEarlyIn(revision)) return await isRenewed();
    const [issuer = base] = listOf(await findResource(challenge), "authorization_servers") ?? [];
    if (issuer === target.metadata.issuer) return await isRenewed();
    if (slip === "refreshes at another server") {
      const metadata = await findServer(issuer);
      wallet.target = { ...target, metadata, client: await clients.identify(metadata) };
      return await isRenewed();
    }
    return false;
  }

  /** Gets another token for one that has expired, or is none. */
  async function replaceToken({ revision, again }: Refusal, challenge: Challenge): Promise<void> {
    if (slip === "sends a refused token on and on" && wallet.access !== undefined) {
      for (let more = 0; more < 3; more++) await (await again()).text();
    }
    lastChallenge = challenge;
    // A server may not know a new token yet.
    if (wallet.isFresh) wallet.isFresh = false;
    else if (!await isRefreshedFor(challenge, revision)) await authorize({ challenge, revision });
  }

  async function onRefused(refusal: Refusal): Promise<void> {
    const { response, earlier, revision, listTools } = refusal;
    const challenge = readChallenge(response);
    await proofs.notice(response);
    await response.text();
    const isExpired = response.status === 401 || challenge("error") === "invalid_token";
    const enough = slip === "asks its person for ever" ? 6 : slip === "refreshes for ever" ? 12 : 3;
    if (isExpired && earlier.length < enough) return await replaceToken(refusal, challenge);
    if (response.status !== 403 || challenge("error") !== "insufficient_scope") throw new Stop();
    const refusals = earlier.filter(({ status }) => status === 403).length + 1;
    if (alone && slip === "repeats itself" && refusals < 6) return;
    if (slip === "does not step up") await (await listTools()).body?.cancel();
    if (alone || slip === "does not step up" || slip === "waits for its person") throw new Stop();
    if (refusals > (slip === "steps up forever" ? 5 : 1)) throw new Stop();
    await authorize({ challenge, revision, isStepUp: true });
  }

  function presentWith(
    token: string | undefined,
    { verb, url, headers, message, signal }: Outgoing,
  ): Promise<Response> {
    const isProven = proofs.areWanted() && slip !== "sends its token as Bearer";
    const query = slip === "puts its token into the URL" && token !== undefined ? `?access_token=${token}` : "";
    const authorization = `${isProven ? "DPoP" : "Bearer"} ${token}`;
    const sendWith = (proof: Record<string, string>): Promise<Response> =>
      http.sendOn(url + query, {
        method: verb,
        headers: { ...headers, ...(token === undefined ? {} : { authorization }), ...proof },
        ...(message === undefined ? {} : { body: JSON.stringify(message) }),
        ...(signal ? { signal } : {}),
      });
    return isProven ? proofs.proven(url, token, sendWith, verb) : sendWith({});
  }

  async function present(outgoing: Outgoing, method: string): Promise<Response> {
    const isList = method === "tools/list";
    if (slip === "lists with its first token" && isList && wallet.first !== undefined) {
      for (let again = 0; again < 2; again++) await (await presentWith(wallet.first, outgoing)).text();
    }
    return await presentWith(slip === "forgets its token" && isList ? undefined : wallet.access, outgoing);
  }

  return {
    present,
    onAccepted: () => {
      accepted = wallet.access;
      wallet.isFresh = false;
    },
    onRefused,
    renew: async (revision) => {
      if (!await isRenewed()) await authorize({ challenge: lastChallenge, revision });
    },
    revoke,
    logInAnew: (revision) => authorize({ challenge: lastChallenge, revision }),
    token: () => wallet.access,
  };
}

/** Whether authorization is as in the first revision that has it. */
function isEarlyIn(revision: Spoken): boolean {
  return revision <= "2025-03-26";
}
