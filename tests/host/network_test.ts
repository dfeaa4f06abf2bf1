/** The way out of the machine, as far as it can be walked without leaving it. */
import assert from "node:assert/strict";
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
