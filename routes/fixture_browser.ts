/**
 * What stands in for the network, for a browser and for the person in front of it, where a server is a fixture of a test.
 *
 * @module
 */
import type { DeclaredUser } from "../lib/oauth/users/declared_users.ts";
import type { App } from "./router.ts";

/** A list in an answer of the control API. */
export type Answer<Name extends string, Item> = Readonly<Record<Name, readonly Item[]>>;

/** What a person does. */
export interface PersonOptions {
  /** Whom they log in as, by e-mail address; somebody made up if not given. */
  readonly user?: string;
  /** Their password; that of the declared user, or a new one, if not given. */
  readonly password?: string;
  /** Whether they refuse. */
  readonly deny?: boolean;
}

/** Opens an authorization URL, agrees, and gives the URL that the browser is sent to. */
export type Browser = (url: string | URL, person?: PersonOptions) => Promise<URL>;

/** As many as `fetch` follows (Fetch standard, HTTP-redirect fetch). */
const MAX_REDIRECTS = 20;

/**
 * Makes a `fetch` that goes to an app.
 *
 * @param app The app.
 * @param origin Where it believes to be; what has another origin cannot be reached.
 */
export function createFetch(app: App, origin: string): typeof fetch {
  return async (input, init) => {
    let request = new Request(typeof input === "string" ? new URL(input, origin) : input, init);
    for (let redirects = 0;; redirects++) {
      if (new URL(request.url).origin !== origin) {
        throw new TypeError(`Only ${origin} can be reached, not ${request.url}`);
      }
      // Whoever is sent on with a body sends it again.
      const again = request.body === null ? undefined : request.clone();
      const response = await app(request);
      const target = targetOf(response, request);
      const isFollowed = request.redirect === "follow" && target?.origin === origin;
      if (!target || !isFollowed) {
        await again?.body?.cancel();
        if (target && request.redirect === "error") throw new TypeError(`${request.url} redirects to ${target}`);
        return response;
      }
      await response.body?.cancel();
      if (redirects >= MAX_REDIRECTS) throw new TypeError(`${request.url} redirects too often`);
      const keepsMethod = response.status >= 307 || request.method === "GET" || request.method === "HEAD";
      if (!keepsMethod) await again?.body?.cancel();
      request = keepsMethod
        ? new Request(target, again ?? request)
        : new Request(target, { headers: withoutBodyHeaders(request.headers), signal: request.signal });
    }
  };
}

function targetOf({ status, headers }: Response, { url }: Request): URL | undefined {
  const location = headers.get("location");
  return location === null || status < 300 || status >= 400 ? undefined : new URL(location, url);
}

function withoutBodyHeaders(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of ["content-type", "content-length", "content-encoding", "content-language"]) kept.delete(name);
  return kept;
}

/**
 * Makes a browser with a person in front of it.
 *
 * @param app The app.
 * @param origin Where it believes to be.
 * @param users People whose passwords are known.
 */
export function createBrowser(app: App, origin: string, users: readonly DeclaredUser[]): Browser {
  return async (url, person = {}) => {
    let target = new URL(url, origin);
    let response = await app(new Request(target));
    for (let steps = 0; target.origin === origin && steps < MAX_REDIRECTS; steps++) {
      const next = targetOf(response, new Request(target));
      if (next && next.origin !== origin) {
        await response.body?.cancel();
        return next;
      }
      if (next) {
        await response.body?.cancel();
        target = next;
        response = await app(new Request(target));
        continue;
      }
      if (!response.ok || !isPage(response)) break;
      await response.body?.cancel();
      // The page's forms go to the page's own URL.
      response = await app(new Request(target, { method: "POST", body: decisionOf(person, users) }));
      if (isPage(response)) break;
    }
    throw new Error(`GET ${target}: ${response.status} ${await response.text()}`);
  };
}

function isPage({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/html") ?? false;
}

/** What the form is filled in with. */
function decisionOf({ user, password, deny }: PersonOptions, users: readonly DeclaredUser[]): URLSearchParams {
  if (deny) return new URLSearchParams({ action: "deny" });
  if (user === undefined) return new URLSearchParams({ action: "auto" });
  const known = users.find(({ email }) => email.toLowerCase() === user.toLowerCase())?.password;
  return new URLSearchParams({ action: "login", email: user, password: password ?? known ?? "password" });
}
