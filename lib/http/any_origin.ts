// Letting pages of any origin read a response. A response that has the headers for it from the start is sent as it was made:
// to look at its headers once it is there, and to set some, makes the HTTP server prepare it twice.

const OPEN = Symbol("open to any origin");

interface Openable extends Pick<Response, "headers"> {
  [OPEN]?: true;
}

/** Headers that let any page read a response; a mock has no cookies that a page could misuse. */
const anyOrigin = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "www-authenticate, mcp-session-id, mcp-protocol-version, retry-after, dpop-nonce",
} as const;

/** A response that any page may read. */
export function openResponse(
  body: string,
  { status = 200, headers }: { readonly status?: number; readonly headers: Readonly<Record<string, string>> },
): Response {
  const response: Response & Openable = new Response(body, { status, headers: { ...headers, ...anyOrigin } });
  response[OPEN] = true;
  return response;
}

/** Lets any page read a response. */
export function allowOrigin(response: Response & Openable): void {
  if (response[OPEN]) return;
  for (const [name, value] of Object.entries(anyOrigin)) response.headers.set(name, value);
}
