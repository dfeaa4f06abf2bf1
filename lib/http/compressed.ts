// Compression of what gains by it: a long page for a browser, and the scripts and styles of pages. What programs ask for is
// short, and compressing it would cost more time than it saves.

/**
 * The same response, compressed if the client takes it so (RFC 9110 12.5.3).
 *
 * @param request Whose response it is.
 * @param response One with a body of text.
 */
export function compressed({ headers: asked }: Pick<Request, "headers">, response: Response): Response {
  const headers = new Headers(response.headers);
  headers.append("vary", "accept-encoding");
  if (!response.body || !takesGzip(asked.get("accept-encoding") ?? "")) return new Response(response.body, { headers });
  headers.set("content-encoding", "gzip");
  return new Response(response.body.pipeThrough(new CompressionStream("gzip")), { headers });
}

function takesGzip(accepted: string): boolean {
  return accepted.split(",").some((coding) => /^\s*gzip\s*(;\s*q=(1|0\.\d*[1-9])\d*\s*)?$/i.test(coding));
}
