/** How servers behave in the cases. */
import { all, editChallenge, editJson, forward, type Twist } from "../../recorder/recorded_app.ts";
import { origin } from "../../helpers.ts";

export const metadataPath = "/.well-known/oauth-authorization-server";
export const editMetadata = (edit: Record<string, unknown>): Twist =>
  all(
    editJson(metadataPath, (document) => ({ ...document, ...edit })),
    editJson("/.well-known/openid-configuration", (document) => ({ ...document, ...edit })),
  );
export const noDocuments = (): Twist => editMetadata({ client_id_metadata_document_supported: false });
export const resourcePath = "/.well-known/oauth-protected-resource/oauth";
export const bareChallenge = (): Twist => editChallenge(() => "Bearer");

/** Refuses every token, whatever it is good for. */
export function refusesTokens(status: number, challenge: string): Twist {
  return async (request, answer) => {
    const response = await answer(request);
    if (new URL(request.url).pathname !== "/oauth" || !request.headers.has("authorization")) return response;
    await response.body?.cancel();
    const metadata = `resource_metadata="${origin}${resourcePath}"`;
    return new Response(null, {
      status,
      headers: { "www-authenticate": `Bearer ${challenge}, ${metadata}` },
    });
  };
}

/** After the first call with a token the resource has another authorization server, which takes no old token. */
export function migration(): Twist {
  const second = `${origin}/second`;
  let calls = 0;
  const isLater = (): boolean => calls > 0;
  const move = (document: Record<string, unknown>): Record<string, unknown> => ({
    ...Object.fromEntries(
      Object.entries(document).map((
        [name, value],
      ) => [name, typeof value === "string" ? value.replace(`${origin}/oauth`, `${second}/oauth`) : value]),
    ),
    issuer: second,
  });
  return all(
    editJson(resourcePath, (document) => isLater() ? { ...document, authorization_servers: [second] } : document),
    editJson(`${metadataPath}/second`, move),
    async (request, answer) => {
      if (new URL(request.url).pathname === "/oauth" && request.headers.has("authorization") && calls++ === 1) {
        const challenge = `Bearer error="invalid_token", resource_metadata="${origin}${resourcePath}"`;
        return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
      }
      const response = await answer(request);
      const location = response.headers.get("location");
      if (location === null || !request.url.startsWith(second)) return response;
      const url = new URL(location);
      url.searchParams.set("iss", second);
      return new Response(null, { status: 302, headers: { location: url.href } });
    },
    noDocuments(),
    forward(`${metadataPath}/second`, metadataPath),
    forward("/second/oauth", "/oauth"),
  );
}

/** Tokens for MCP are refused once they have been used for four calls. */
export function wornOut(): Twist {
  const uses = new Map<string, number>();
  return async (request, answer) => {
    const token = request.headers.get("authorization") ?? "";
    if (new URL(request.url).pathname !== "/oauth" || token === "") return await answer(request);
    uses.set(token, (uses.get(token) ?? 0) + 1);
    if ((uses.get(token) ?? 0) <= 4) return await answer(request);
    const challenge = `Bearer error="invalid_token", resource_metadata="${origin}${resourcePath}"`;
    return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
  };
}

/** The first requests to a path are refused. */
export function refusesAt(path: string, times: number, refusal: () => Response): Twist {
  let left = times;
  return async (request, answer) =>
    new URL(request.url).pathname === path && left-- > 0 ? await Promise.resolve(refusal()) : await answer(request);
}

/** A server that is too busy for now. */
export const busy = (): Response => new Response("Busy", { status: 503, headers: { "retry-after": "5" } });

/** Refreshes are refused. */
export function refusesRefreshes(): Twist {
  return async (request, answer) => {
    const isRefresh = request.url.endsWith("/token") && (await request.clone().text()).includes("grant_type=refresh");
    return isRefresh ? Response.json({ error: "invalid_grant" }, { status: 400 }) : await answer(request);
  };
}
