/** Mistakes that any client makes whose requests go through one of these: with real clients, a judge must see them too. */

/** Changes a request that is about to be sent. */
export type Mistake = (url: URL, init: RequestInit) => void;

/** Each by what is then wrong. */
export const mistakes = {
  "its token is for no resource": (_, { body }) => {
    if (body instanceof URLSearchParams) body.delete("resource");
  },
  "its token is in the address": (url, { headers }) => {
    const token = new Headers(headers).get("authorization")?.replace("Bearer ", "");
    if (token) url.searchParams.set("access_token", token);
  },
  "its session is not named": (_, init) => {
    const headers = new Headers(init.headers);
    headers.delete("mcp-session-id");
    init.headers = headers;
  },
} as const satisfies Readonly<Record<string, Mistake>>;

/** A `fetch` whose requests all have a mistake; undefined for one without any. */
export function sendWith(
  mistake: Mistake | undefined,
  send: (url: URL, init: RequestInit) => Promise<Response>,
): (input: string | URL, init?: RequestInit) => Promise<Response> {
  return async (input, init = {}) => {
    const url = new URL(input);
    mistake?.(url, init);
    return await send(url, init);
  };
}
