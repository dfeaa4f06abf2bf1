// Media types have no case, but the SDK looks for them as they are usually written.

/**
 * The same request with its media types in lower case, its body left behind: what is in it has been read.
 *
 * @param request The request; it is given back as it is where there is nothing to change.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1}
 */
export function withUsualAccept(request: Request): Request {
  const accept = request.headers.get("accept");
  if (accept === null || accept === accept.toLowerCase()) return request;
  const { url, method, signal } = request;
  const headers = new Headers(request.headers);
  headers.set("accept", accept.toLowerCase());
  return new Request(url, { method, headers, signal });
}
