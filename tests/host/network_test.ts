/** The way out of the machine, as far as it can be walked without leaving it. */
import assert from "node:assert/strict";
import { truncated } from "../../lib/faults/broken_body.ts";
import { serveHttp } from "../../lib/node/http_server.ts";
import { fetchAt } from "../../lib/outbound/network.ts";
import { createOutbound } from "../../lib/outbound/outbound.ts";
import { sleepOnTimer } from "../../lib/runtime/sleep.ts";
import { createCertificate } from "./program.ts";

function serve(handler: (request: Request) => Response): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, handler);
}

Deno.test("fetchAt connects to the address it is given, and names the host (DNS rebinding)", async () => {
  await using server = serve((request) => Response.json({ host: request.headers.get("host"), url: request.url }));
  const { port } = server.addr;
  const url = `http://pinned.invalid:${port}/a?b=c`;
  const response = await fetchAt(new Request(url, { headers: { accept: "application/json" } }), "127.0.0.1");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), { host: `pinned.invalid:${port}`, url });
});

Deno.test("fetchAt follows no redirect, and passes on a response without a body", async () => {
  await using server = serve(({ url }) =>
    url.endsWith("/a")
      ? new Response(null, { status: 302, headers: { location: "/b" } })
      : new Response(null, { status: 304 })
  );
  const at = (path: string): Promise<Response> =>
    fetchAt(new Request(`http://pinned.invalid:${server.addr.port}${path}`), "127.0.0.1");
  const redirect = await at("/a");
  assert.deepEqual([redirect.status, redirect.headers.get("location")], [302, "/b"]);
  await redirect.body?.cancel();
  assert.equal((await at("/b")).status, 304);
});

Deno.test("an outbound fetch over a socket stops reading at 64 KiB", async () => {
  await using server = serve(() =>
    new Response(ReadableStream.from(Array(100).fill(new Uint8Array(4096).fill(32))), {
      headers: { "content-type": "application/json" },
    })
  );
  const resolveDns = (): Promise<readonly string[]> => Promise.resolve([]);
  const go = createOutbound({ fetch: fetchAt, resolveDns, sleep: sleepOnTimer, local: true });
  await assert.rejects(go({ url: `http://localhost:${server.addr.port}/` }), /larger than 65536 bytes/);
});

Deno.test("fetchAt sends nothing over TLS to a server without a certificate that is trusted (RFC 9110 4.3.4)", async () => {
  let requests = 0;
  const onListen = (): void => {};
  const { cert, key } = createCertificate();
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen, cert, key }, () => {
    requests++;
    return Response.json({});
  });
  const { port } = server.addr;
  for (const host of ["localhost", "pinned.invalid"]) {
    await assert.rejects(fetchAt(new Request(`https://${host}:${port}/`), "127.0.0.1"), /certificate/i);
  }
  assert.equal(requests, 0);
});

/** Starts the server of the package of npm on what answers, and gives its URL. */
async function serveOnNode(
  handler: (request: Request) => Response | Promise<Response>,
  reports: string[] = [],
): Promise<AsyncDisposable & { readonly url: string; readonly close: () => Promise<void> }> {
  const report = (message: string): void => void reports.push(message);
  const { addr, close } = await serveHttp(
    { port: 0, hostname: "127.0.0.1", report },
    (request) => Promise.resolve(handler(request)),
  );
  return { url: `http://127.0.0.1:${addr.port}`, close, [Symbol.asyncDispose]: close };
}

Deno.test("serveHttp hands over what was sent, and answers with all headers and the length of a whole body", async () => {
  await using server = await serveOnNode(async (request) => {
    const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-method", request.method]]);
    return new Response(`${new URL(request.url).pathname} ${request.headers.get("x-sent")} ${await request.text()}`, {
      status: 201,
      headers,
    });
  });
  const sent = { method: "PUT", headers: { "x-sent": "yes" }, body: "é".repeat(100_000) };
  const response = await fetch(`${server.url}/a%2Fb?c`, sent);
  const text = await response.text();
  assert.equal(text, `/a%2Fb yes ${sent.body}`);
  const { headers, status } = response;
  assert.deepEqual([status, headers.get("x-method"), headers.getSetCookie()], [201, "PUT", ["a=1", "b=2"]]);
  assert.equal(Number(headers.get("content-length")), new TextEncoder().encode(text).length);
});

Deno.test("serveHttp sends a stream as it comes, and tells it when its reader has left", async () => {
  const left = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  await using server = await serveOnNode(({ signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
      cancel: () => left.resolve(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const response = await fetch(server.url);
  const reader = response.body?.getReader();
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), "data: 1\n\n");
  await reader?.cancel();
  await Promise.all([left.promise, aborted.promise]);
});

Deno.test("serveHttp closes although a client has asked for nothing yet, or sends only the half of a request", async () => {
  for (const sent of ["", "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\na"]) {
    const server = await serveOnNode((request) => request.text().then((text) => new Response(text)));
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server.url).port) });
    await connection.write(new TextEncoder().encode(sent));
    // What comes later on another connection is answered later.
    await (await fetch(server.url)).text();
    const late = Promise.withResolvers<string>();
    const timer = setTimeout(() => late.resolve("is still open"), 5000);
    assert.equal(await Promise.race([server.close().then(() => "closed"), late.promise]), "closed", sent);
    clearTimeout(timer);
  }
});

Deno.test("serveHttp breaks off what breaks off, and reports it unless it was meant to", async () => {
  const reports: string[] = [];
  await using server = await serveOnNode(({ url }) => {
    const { body } = new Response("whole");
    const isMeant = url.endsWith("/meant") && body;
    return new Response(
      isMeant ? truncated(body, 2) : new ReadableStream({ pull: () => Promise.reject(new Error("oops")) }),
    );
  }, reports);
  for (const path of ["/meant", "/not"]) {
    await assert.rejects(fetch(server.url + path).then((response) => response.text()));
  }
  assert.deepEqual(reports, ["A response broke off: Error: oops"]);
});

Deno.test("serveHttp names a target and a Host that make no URL as they were sent (RFC 9112 3.2)", async () => {
  await using server = await serveOnNode(({ method, url }) => new Response(`${method} ${url}`));
  const { port } = new URL(server.url);
  for (
    const [request, seen] of [["TRACE /a HTTP/1.1\r\nHost: x", "TRACE http://x/a"], [
      "GET /a HTTP/1.1\r\nHost: a b",
      "GET http://a b/a",
    ]]
  ) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await connection.write(new TextEncoder().encode(`${request}\r\nConnection: close\r\n\r\n`));
    assert.match(await new Response(connection.readable).text(), new RegExp(`\\r\\n\\r\\n${seen}$`));
  }
});
