/** A small MCP client that does everything as the specification asks, or everything but one thing. */
import assert from "node:assert/strict";
import { challenge as goodChallenge, origin, startMs, verifier } from "../helpers.ts";
import {
  assertIdentity,
  assertWorkload,
  createProver,
  exchangeIdToken,
  getIdToken,
  JWT_BEARER,
  type Prover,
} from "./double_keys.ts";
import {
  type Challenge,
  type Document,
  listOf,
  methodOf,
  pauseOf,
  read,
  readChallenge,
  scopeOf,
  textOf,
  withQuery,
} from "./double_reading.ts";

/** The one thing it does wrong. */
export type Slip =
  | "skips resource metadata"
  | "ignores the named metadata"
  | "looks at the root first"
  | "looks for OpenID first"
  | "skips server metadata"
  | "leaves out the version"
  | "trusts any metadata"
  | "always registers"
  | "has a bad document"
  | "registers without a type"
  | "registers as web"
  | "makes up an id"
  | "keeps its id"
  | "registers for codes alone"
  | "registers anyway"
  | "sends no challenge"
  | "sends another verifier"
  | "sends a short verifier"
  | "uses plain"
  | "needs no proof of PKCE"
  | "names no resource"
  | "names no resource for the token"
  | "names another resource"
  | "takes any resource"
  | "sends no state"
  | "takes any state"
  | "redirects elsewhere"
  | "asks for no scope"
  | "asks for listed scopes"
  | "asks for a scope of its own"
  | "asks for the new scope alone"
  | "does not step up"
  | "waits for its person"
  | "steps up forever"
  | "repeats itself"
  | "asks its person for ever"
  | "refreshes for ever"
  | "wants offline access"
  | "makes up a refresh token"
  | "refreshes twice at once"
  | "keeps its old refresh token"
  | "loses its refresh token"
  | "refreshes as another client"
  | "refreshes at another server"
  | "refreshes for more"
  | "sends a refused token on and on"
  | "asks the person instead of refreshing"
  | "lists with its first token"
  | "refreshes after invalid_grant"
  | "uses what it has revoked"
  | "does not wait"
  | "repeats what is refused"
  | "reads on and on"
  | "registers for nothing"
  | "has its person log in for nothing"
  | "names no version"
  | "names another version"
  | "forgets its token"
  | "puts its token into the URL"
  | "brings a foreign token"
  | "takes any iss"
  | "normalises iss"
  | "acts on any error"
  | "takes http"
  | "sends its token as Bearer"
  | "never repeats the nonce"
  | "signs for another server"
  | "sends the id_token itself"
  | "insists on its assertion"
  | PageSlip;

/** A client_id it was given, and what it authenticates with there. */
interface Given {
  readonly clientId: string;
  readonly secret?: string;
  readonly privateJwk?: Readonly<Record<string, unknown>>;
}

/** How many pages it reads of a list. */
const MAX_PAGES = 6;

/** What it does wrong with a list that comes in pages. */
export type PageSlip = "takes the first page for all" | "reads one page for ever" | "changes cursors";

/** How it is set up. */
export interface DoubleOptions {
  readonly send: (request: Request) => Promise<Response>;
  /** Where the sandbox is that it works on. */
  readonly base?: string;
  readonly slip?: Slip | undefined;
  readonly version?: "2025-03-26" | "2025-06-18" | "2025-11-25" | "2026-07-28";
  /** A client it was given, and does not have to register. */
  readonly given?: Given;
  /** The tools it calls, in order. */
  readonly tools?: readonly string[];
  /** Whether it gets its token without a person's browser: with client_credentials, or an assertion. */
  readonly alone?: boolean;
  /** The identity provider that it has its assertions from. */
  readonly idp?: { readonly clientId: string; readonly about: "person" | "workload" };
  /** Its clock; if not given, one that stands still. */
  readonly nowMs?: () => number;
  /** Lets time pass before it lists and calls once more, twice. */
  readonly pause?: () => Promise<void>;
  /** Waits; if not given, no time passes. */
  readonly wait?: (ms: number) => Promise<void>;
  /** Whether its person starts it again where it gave up. */
  readonly startsOver?: boolean;
  /** Whether it refreshes its token, twice, before it ends. */
  readonly refresh?: boolean;
  /** Whether it revokes its token in the end. */
  readonly logout?: boolean;
}

/** It gives up, as a good client does where it must not go on. */
export class Stop extends Error {}

const callback = "http://127.0.0.1:3999/callback";

/** Lets it do its work: discover, get a token, call tools. */
export async function runDouble(options: DoubleOptions): Promise<void> {
  const client = createDouble(options);
  for (let round = 0; round < (options.startsOver ? 2 : 1); round++) {
    try {
      return await client.work();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
  }
}

/** Which client it is at an authorization server, and how it authenticates; not at all, if that is not said. */
interface Identity extends Given {
  readonly method?: string;
}

function createDouble(options: DoubleOptions): { readonly work: () => Promise<void> } {
  const { slip, given, tools = ["mock_echo"], alone = false, refresh = false, logout = false } = options;
  const { base = origin, pause, wait = () => Promise.resolve(), idp, nowMs = () => startMs } = options;
  let { version = "2026-07-28" } = options;
  const [host, prefix] = [new URL(base).origin, base.slice(new URL(base).origin.length)];
  const mcpUrl = `${base}/oauth`;
  const wellKnown = `${host}/.well-known`;
  const isModern = (): boolean => version === "2026-07-28";
  const clients = new Map<string, Identity>();
  let token: string | undefined;
  /** The last one that a call was let through with, and the first one that was replaced. */
  let accepted: string | undefined;
  let firstToken: string | undefined;
  let lastChallenge: Challenge = () => undefined;
  /** Whether its token comes from a refresh, and was not sent twice yet. */
  let isFresh = false;
  let refreshToken: string | undefined;
  let session: string | undefined;
  /** What was answered last. */
  let answered = "";
  let requested: readonly string[] = [];
  let states = 0;
  /** What it says of its version instead of the truth. */
  let spoken: Record<string, string> | undefined;
  let invented = 0;
  /** What it proves with that it holds a key; since the server has asked for that. */
  let prover: Prover | undefined;

  async function send(request: Request): Promise<Response> {
    let response = await options.send(request.clone());
    for (let again = 0; slip === "repeats what is refused" && again < 6; again++) {
      if (response.status < 400 || response.status === 401) break;
      await response.body?.cancel();
      response = await options.send(request.clone());
    }
    return response;
  }

  /** Sends again what a server that is too busy refuses, when it says so. */
  async function patiently(ask: () => Promise<Response>): Promise<Response> {
    let response = await ask();
    for (let tries = 0; [429, 503].includes(response.status) && tries < 3; tries++) {
      await response.body?.cancel();
      if (slip !== "does not wait") await wait(pauseOf(response));
      response = await ask();
    }
    return response;
  }

  const get = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    send(new Request(url, { headers: { "user-agent": "double/1", ...headers }, redirect: "manual" }));
  const postForm = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    send(
      new Request(url, {
        method: "POST",
        body: new URLSearchParams(fields),
        headers: { "user-agent": "double/1", accept: "application/json", ...headers },
      }),
    );

  /** Sends a request with a proof, if the server asks for proofs, and again with the nonce that a refusal brings. */
  async function proven(
    url: string,
    accessToken: string | undefined,
    ask: (headers: Record<string, string>) => Promise<Response>,
  ): Promise<Response> {
    if (!prover) return await ask({});
    const isDeaf = slip === "never repeats the nonce";
    let response = await ask({ dpop: await prover.prove(url, accessToken) });
    for (let again = 0; response.status >= 400 && response.headers.has("dpop-nonce"); again++) {
      if (again === (isDeaf ? 6 : 1)) break;
      await response.body?.cancel();
      if (!isDeaf) prover.learn(url, response);
      response = await ask({ dpop: await prover.prove(url, accessToken) });
    }
    return response;
  }

  async function work(): Promise<void> {
    if (slip === "brings a foreign token") token = "foreign-token-of-somebody-else-entirely";
    await open();
    await list();
    if (slip === "names no version" || slip === "names another version") {
      spoken = slip === "names no version" ? {} : { "mcp-protocol-version": "2025-03-26" };
      await (await post("tools/list", {})).text();
      spoken = undefined;
    }
    for (const name of tools) await call("tools/call", { name, arguments: { message: "m", title: "t", content: "c" } });
    for (let round = 0; pause && round < 2; round++) {
      await pause();
      await call("tools/list", {});
      for (const name of tools) {
        await call("tools/call", { name, arguments: { message: "m", title: "t", content: "c" } });
      }
    }
    for (let round = 0; refresh && round < 2; round++) {
      if (!await isRenewed()) await authorize(lastChallenge);
      await call("tools/list", {});
    }
    if (logout) await revoke();
  }

  /** Lists the tools, page by page. */
  async function list(): Promise<void> {
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      await call("tools/list", cursor === undefined ? {} : { cursor });
      const next = /"nextCursor":"([^"]*)"/.exec(answered)?.[1];
      if (next === undefined || slip === "takes the first page for all") return;
      if (slip !== "reads one page for ever" || cursor === undefined) cursor = next;
      if (slip === "changes cursors") cursor = encodeURIComponent(cursor);
    }
  }

  async function open(): Promise<void> {
    const opened = await call(isModern() ? "server/discover" : "initialize", opening());
    session = opened.headers.get("mcp-session-id") ?? undefined;
    if (!isModern()) await call("notifications/initialized", {});
  }

  function opening(): Document {
    return isModern()
      ? {}
      : { protocolVersion: version, capabilities: {}, clientInfo: { name: "double", version: "1" } };
  }

  /** One request to the MCP server, with what has to happen until it is let through. */
  async function call(method: string, params: Document): Promise<Response> {
    let refusals = 0;
    if (slip === "lists with its first token" && method === "tools/list" && firstToken !== undefined) {
      for (let again = 0; again < 2; again++) await (await post(method, params, firstToken)).text();
    }
    for (let round = 0;; round++) {
      const response = await patiently(() => post(method, params));
      if (response.status < 400) {
        accepted = token;
        isFresh = false;
        // What broke off on the way is reported, and not sent again: the tool may have run.
        answered = await response.text().catch(() => "");
        return response;
      }
      if (response.status === 404 && session !== undefined) {
        await response.body?.cancel();
        session = undefined;
        await open();
        continue;
      }
      const challenge = readChallenge(response);
      if (/^dpop /i.test(response.headers.get("www-authenticate") ?? "")) prover ??= await createProver(nowMs);
      await response.text();
      if (response.status === 400 && isModern()) {
        version = "2025-11-25";
        await open();
        continue;
      }
      const isExpired = response.status === 401 || challenge("error") === "invalid_token";
      if (isExpired && round < (slip === "asks its person for ever" ? 6 : slip === "refreshes for ever" ? 12 : 3)) {
        if (slip === "sends a refused token on and on" && token !== undefined) {
          for (let again = 0; again < 3; again++) await (await post(method, params)).text();
        }
        lastChallenge = challenge;
        // A server may not know a new token yet.
        if (isFresh) {
          isFresh = false;
          continue;
        }
        if (!await isRefreshedFor(challenge)) await authorize(challenge);
      } else if (response.status === 403 && challenge("error") === "insufficient_scope") {
        refusals += 1;
        if (alone && slip === "repeats itself" && refusals < 6) continue;
        if (slip === "does not step up") await (await post("tools/list", {})).body?.cancel();
        if (alone || slip === "does not step up" || slip === "waits for its person") throw new Stop();
        if (refusals > (slip === "steps up forever" ? 5 : 1)) throw new Stop();
        await authorize(challenge, true);
      } else throw new Stop();
    }
  }

  function post(method: string, params: Document, sentToken = token): Promise<Response> {
    const meta = {
      "io.modelcontextprotocol/protocolVersion": version,
      "io.modelcontextprotocol/clientInfo": { name: "double", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const scheme = prover && slip !== "sends its token as Bearer" ? "DPoP" : "Bearer";
    const isForgotten = slip === "forgets its token" && method === "tools/list";
    const headers: Record<string, string> = {
      "user-agent": "double/1",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(sentToken === undefined || isForgotten ? {} : { authorization: `${scheme} ${sentToken}` }),
      ...(session === undefined ? {} : { "mcp-session-id": session }),
      ...(isModern() ? { "mcp-method": method } : {}),
      ...(isModern() && typeof params.name === "string" ? { "mcp-name": params.name } : {}),
      ...(method === "initialize" ? {} : spoken ?? { "mcp-protocol-version": version }),
    };
    const id = method.startsWith("notifications/") ? {} : { id: 1 };
    const body = { jsonrpc: "2.0", ...id, method, params: isModern() ? { ...params, _meta: meta } : params };
    const query = slip === "puts its token into the URL" && token !== undefined ? `?access_token=${token}` : "";
    const sendWith = (proof: Record<string, string>): Promise<Response> =>
      sendOn(mcpUrl + query, { method: "POST", headers: { ...headers, ...proof }, body: JSON.stringify(body) });
    return scheme === "DPoP" ? proven(mcpUrl, sentToken, sendWith) : sendWith({});
  }

  /** Follows a redirect within the origin, with everything it came with. */
  async function sendOn(url: string, init: RequestInit): Promise<Response> {
    const response = await send(new Request(url, init));
    const location = response.headers.get("location");
    if (response.status !== 307 || location === null) return response;
    const target = new URL(location, url);
    await response.body?.cancel();
    if (target.origin !== host) throw new Stop();
    return await send(new Request(target, init));
  }

  async function authorize(challenge: Challenge, isStepUp = false): Promise<void> {
    const isEarly = version === "2025-03-26";
    const resource = isEarly || slip === "skips resource metadata" ? undefined : await findResource(challenge);
    const issuer = listOf(resource, "authorization_servers")?.[0] ?? base;
    let metadata = isEarly ? await findEarly() : await findServer(issuer);
    for (let again = 0; slip === "reads on and on" && again < 6; again++) {
      metadata = isEarly ? await findEarly() : await findServer(issuer);
    }
    for (let again = 0; slip === "registers for nothing" && again < 3; again++) {
      await identify(metadata);
      clients.clear();
    }
    if (!metadata.code_challenge_methods_supported && slip !== "needs no proof of PKCE") throw new Stop();
    if (!textOf(metadata, "token_endpoint").startsWith(host) && slip !== "takes http") throw new Stop();
    const client = await identify(metadata);
    const scopes = chooseScopes(challenge, { resource, metadata, isStepUp });
    const target = { metadata, resource: resource && textOf(resource, "resource"), client, scopes };
    if (idp) {
      await spend(target, { grant_type: JWT_BEARER, assertion: await bringAssertion(target), ...scopeOf(scopes) });
    } else if (alone) await spend(target, { grant_type: "client_credentials", ...scopeOf(scopes) });
    else await askPerson(target);
    for (let again = 0; slip === "has its person log in for nothing" && again < 3; again++) await askPerson(target);
    requested = scopes;
  }

  async function findResource(challenge: Challenge): Promise<Document> {
    const named = slip === "ignores the named metadata" ? undefined : challenge("resource_metadata");
    const places = [`${wellKnown}/oauth-protected-resource${prefix}/oauth`, `${wellKnown}/oauth-protected-resource`];
    if (slip === "looks at the root first") places.reverse();
    for (const url of named === undefined ? places : [named]) {
      const response = await get(url);
      const document = await read(response);
      if (!document || !response.ok) continue;
      if (!mcpUrl.startsWith(textOf(document, "resource")) && slip !== "takes any resource") throw new Stop();
      return document;
    }
    throw new Stop();
  }

  async function findServer(issuer: string): Promise<Document> {
    const bare = issuer.replace(/\/$/, "");
    const path = bare.slice(host.length);
    const places = [
      `${wellKnown}/oauth-authorization-server${path}`,
      `${wellKnown}/openid-configuration${path}`,
      ...(path === "" ? [] : [`${bare}/.well-known/openid-configuration`]),
    ];
    if (slip === "looks for OpenID first") places.reverse();
    for (const url of places) {
      const response = await patiently(() => get(url));
      const document = await read(response);
      if (response.status >= 500) throw new Stop();
      if (!document || !response.ok) continue;
      if (document.issuer !== issuer && slip !== "trusts any metadata") throw new Stop();
      return document;
    }
    throw new Stop();
  }

  /** The first revision has default endpoints for servers without metadata. */
  async function findEarly(): Promise<Document> {
    const defaults = {
      code_challenge_methods_supported: ["S256"],
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      registration_endpoint: `${base}/register`,
    };
    if (slip === "skips server metadata") return defaults;
    const headers: Record<string, string> = slip === "leaves out the version"
      ? {}
      : { "mcp-protocol-version": version };
    const response = await patiently(() => get(`${wellKnown}/oauth-authorization-server`, headers));
    const document = await read(response);
    return document && response.ok ? document : defaults;
  }

  async function identify(metadata: Document): Promise<Identity> {
    if (given && slip !== "registers anyway") {
      return { ...given, method: given.privateJwk ? "private_key_jwt" : methodOf(metadata, given.secret) };
    }
    const issuer = slip === "keeps its id" ? "" : textOf(metadata, "issuer");
    const known = clients.get(issuer);
    if (known) return known;
    if (
      metadata.client_id_metadata_document_supported === true && slip !== "always registers" && slip !== "keeps its id"
    ) {
      const query = slip === "has a bad document" ? "" : `?redirect_uri=${encodeURIComponent(callback)}`;
      return { clientId: `${base}/client-metadata/double.json${query}` };
    }
    const endpoint = slip === "registers anyway" ? `${base}/oauth/register` : metadata.registration_endpoint;
    if (typeof endpoint !== "string") throw new Stop();
    const response = await send(
      new Request(endpoint, {
        method: "POST",
        headers: { "user-agent": "double/1", "content-type": "application/json" },
        body: JSON.stringify({
          client_name: "double",
          redirect_uris: [slip === "registers as web" ? "https://client.example/cb" : callback],
          grant_types: ["authorization_code", ...(slip === "registers for codes alone" ? [] : ["refresh_token"])],
          token_endpoint_auth_method: "none",
          ...(slip === "registers without a type" ? {} : { application_type: "native" }),
        }),
      }),
    );
    const body = await read(response) ?? {};
    if (response.status === 201) {
      const [clientId, secret] = [textOf(body, "client_id"), textOf(body, "client_secret")];
      const method = textOf(body, "token_endpoint_auth_method") || methodOf(metadata, secret);
      clients.set(issuer, { clientId, secret, method });
    } else if (slip === "makes up an id") clients.set(issuer, { clientId: "undefined" });
    else throw new Stop();
    return await identify(metadata);
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

  interface Target {
    readonly metadata: Document;
    readonly resource: string | undefined;
    readonly client: Identity;
    readonly scopes: readonly string[];
  }

  async function askPerson(target: Target, isAgain = false): Promise<void> {
    const { metadata, client, resource, scopes } = target;
    const state = `state-${++states}`;
    const codeChallenge = slip === "sends no challenge" ? {} : {
      code_challenge: slip === "uses plain" ? verifier : goodChallenge,
      code_challenge_method: slip === "uses plain" ? "plain" : "S256",
    };
    const redirectUri = slip === "redirects elsewhere" ? "http://localhost/elsewhere" : callback;
    const query = new URLSearchParams({
      response_type: "code",
      client_id: client.clientId,
      redirect_uri: slip === "registers as web" ? "https://client.example/cb" : redirectUri,
      ...(slip === "sends no state" ? {} : { state }),
      ...codeChallenge,
      ...(resource === undefined || slip === "names no resource" ? {} : { resource: resourceName(resource) }),
      ...scopeOf(scopes),
      // Without consent there is no offline access (OpenID Connect Core 11).
      ...(scopes.includes("offline_access") ? { prompt: "consent" } : {}),
      auto_approve: "true",
    });
    // A browser, with a user agent of its own.
    const page = await send(
      new Request(withQuery(textOf(metadata, "authorization_endpoint"), query), {
        headers: { "user-agent": "Mozilla/5.0" },
        redirect: "manual",
      }),
    );
    await page.body?.cancel();
    const location = page.headers.get("location");
    if (location === null) throw new Stop();
    const answer = new URL(location).searchParams;
    if (!isIssRight(answer.get("iss"), metadata)) {
      if (answer.has("error") && slip === "acts on any error" && !isAgain) return await askPerson(target, true);
      throw new Stop();
    }
    if (slip !== "sends no state" && slip !== "takes any state" && answer.get("state") !== state) throw new Stop();
    const code = answer.get("code");
    if (code === null) throw new Stop();
    const proof = slip === "sends another verifier"
      ? "a".repeat(43)
      : slip === "sends a short verifier"
      ? "a"
      : verifier;
    await spend(target, {
      grant_type: "authorization_code",
      code,
      redirect_uri: slip === "registers as web" ? "https://client.example/cb" : redirectUri,
      code_verifier: proof,
    });
  }

  function resourceName(resource: string): string {
    return slip === "names another resource" ? `${resource}/` : resource;
  }

  function isIssRight(iss: string | null, metadata: Document): boolean {
    if (slip === "takes any iss") return true;
    if (iss === null) return metadata.authorization_response_iss_parameter_supported !== true;
    return iss === metadata.issuer ||
      (slip === "normalises iss" && new URL(iss).href === new URL(textOf(metadata, "issuer")).href);
  }

  /** What its identity provider says of its person, or of itself, to the server. */
  async function bringAssertion({ metadata, resource, scopes }: Target): Promise<string> {
    const provider = await read(await get(`${base}/idp/.well-known/openid-configuration`));
    const ask = async (fields: Record<string, string>): Promise<string> => {
      const form = { client_id: idp?.clientId ?? "", ...fields };
      return textOf(await read(await postForm(textOf(provider ?? {}, "token_endpoint"), form)) ?? {}, "access_token");
    };
    const audience = slip === "insists on its assertion" ? mcpUrl : textOf(metadata, "issuer");
    const asked = { audience, resource, scope: scopes.join(" ") };
    if (idp?.about === "workload") return await assertWorkload(ask, asked);
    const idToken = await getIdToken(ask);
    return slip === "sends the id_token itself" ? idToken : await exchangeIdToken(ask, idToken, asked);
  }

  /** What a client with a key shows to the authorization server that it is. */
  async function signFor(metadata: Document, { clientId, privateJwk = {} }: Identity): Promise<Record<string, string>> {
    const audience = slip === "signs for another server" ? "https://another.example" : textOf(metadata, "issuer");
    return await assertIdentity({ clientId, privateJwk, audience, nowMs: nowMs() });
  }

  async function spend({ metadata, resource, client }: Target, fields: Record<string, string>): Promise<void> {
    const { clientId, secret = "", method = "none" } = client;
    const endpoint = textOf(metadata, "token_endpoint");
    const isBasic = method === "client_secret_basic";
    const isBare = slip === "names no resource" || slip === "names no resource for the token" || resource === undefined;
    const ask = (): Promise<Response> =>
      proven(endpoint, undefined, async (proof) =>
        await postForm(
          endpoint,
          {
            ...fields,
            ...(isBasic ? {} : { client_id: clientId }),
            ...(method === "client_secret_post" ? { client_secret: secret } : {}),
            ...(method === "private_key_jwt" ? await signFor(metadata, client) : {}),
            ...(isBare ? {} : { resource: resourceName(resource) }),
          },
          { ...proof, ...(isBasic ? { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` } : {}) },
        ));
    if (slip === "refreshes twice at once" && fields.grant_type === "refresh_token") void ask();
    let response = await patiently(ask);
    let body = await read(response);
    if (!body && response.ok && fields.grant_type === "refresh_token") {
      // The answer was lost on the way.
      response = await ask();
      body = await read(response);
    }
    for (let again = 0; slip === "insists on its assertion" && !response.ok && again < 6; again++) {
      await (await ask()).text();
    }
    if (slip === "refreshes after invalid_grant" && body?.error === "invalid_grant") await (await ask()).text();
    if (body?.error === "invalid_client") clients.delete(textOf(metadata, "issuer"));
    if (!response.ok || typeof body?.access_token !== "string") throw new Stop();
    firstToken ??= token;
    token = body.access_token;
    isFresh = fields.grant_type === "refresh_token";
    const isKept = slip === "keeps its old refresh token" && fields.grant_type === "refresh_token";
    if (slip === "loses its refresh token") refreshToken = undefined;
    if (typeof body.refresh_token === "string" && !isKept) refreshToken = body.refresh_token;
    known = { metadata, resource, client, scopes: textOf(body, "scope").split(" ").filter(Boolean) };
  }
  let known: Target | undefined;

  async function renew(): Promise<void> {
    assert(known, "it has no token");
    const made = slip === "makes up a refresh token"
      ? `refresh_of_its_own_making_and_long_enough_${++invented}`
      : undefined;
    const value = made ?? refreshToken;
    if (value === undefined) throw new Stop();
    const scopes = [...known.scopes, ...(slip === "refreshes for more" ? ["mcp:more"] : [])];
    if (slip === "refreshes as another client") {
      clients.clear();
      known = { ...known, client: await identify(known.metadata) };
    }
    await spend(known, { grant_type: "refresh_token", refresh_token: value, ...scopeOf(scopes) });
  }

  async function isRenewed(): Promise<boolean> {
    try {
      await renew();
      return true;
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      refreshToken = undefined;
      return false;
    }
  }

  /** Whether it could refresh instead of asking the person: with a token that was good once, at the server it is of. */
  async function isRefreshedFor(challenge: Challenge): Promise<boolean> {
    const isUsable = refreshToken !== undefined || slip === "makes up a refresh token";
    const isGood = token === accepted || slip === "refreshes for ever";
    if (token === undefined || !isGood || !isUsable || !known) return false;
    if (slip === "asks the person instead of refreshing") return false;
    if (!(listOf(known.metadata, "grant_types_supported")?.includes("refresh_token") ?? true)) return false;
    if (version === "2025-03-26") return await isRenewed();
    const [issuer = base] = listOf(await findResource(challenge), "authorization_servers") ?? [];
    if (issuer !== known.metadata.issuer && slip === "refreshes at another server") {
      const metadata = await findServer(issuer);
      known = { ...known, metadata, client: await identify(metadata) };
    }
    return issuer === known.metadata.issuer && await isRenewed();
  }

  async function revoke(): Promise<void> {
    assert(known && token !== undefined, "it has no token");
    const fields = { token, client_id: known.client.clientId };
    await (await postForm(textOf(known.metadata, "revocation_endpoint"), fields)).body?.cancel();
    if (slip === "uses what it has revoked") await (await post("tools/list", {})).text();
  }

  return { work };
}
