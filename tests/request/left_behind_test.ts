/**
 * What a request leaves in memory is not the request. A part of a text that outlives it (a name, a label, a key of a map)
 * would keep all of that text: 200 characters of `clientInfo` kept bodies of 4 MiB, one for each session.
 */
import assert from "node:assert/strict";
import { below, publicClient, register, type TestApp } from "../helpers.ts";
import { heapBytes } from "../limits/heap.ts";
import { publicApp } from "./public_app.ts";

const LONG = 60_000;
const LARGE = 300_000;
/** As many as make what loading something on demand takes a small part of it. */
const REQUESTS = 25;
const own = "/s/standard~0123456789abcdef";

/** A text that no other request brings. */
let count = 0;
const unlike = (length: number): string => `${count++} `.padEnd(length, "p");
const short = (): string => `a-name-of-more-than-12-characters-${count++}`;

const rpc = (method: string, params: Record<string, unknown>): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
});
const initialize = (clientInfo: { readonly name: string; readonly version: string }): RequestInit =>
  rpc("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
const withHeader = (name: string, value: string): RequestInit => {
  const init = initialize({ name: "test", version: "0" });
  return { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), [name]: value } };
};
const basic = (id: string, secret: string): RequestInit => ({
  method: "POST",
  headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
});
const modern = (name: string): RequestInit => {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name, version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const init = rpc("tools/list", { _meta });
  const headers = { ...Object.fromEntries(new Headers(init.headers)), "mcp-protocol-version": "2026-07-28" };
  return { ...init, headers: { ...headers, "mcp-method": "tools/list" } };
};

/** Where a request can be long, and a request that is. */
const places: readonly (readonly [place: string, bytes: number, ask: (at: TestApp) => Promise<Response>])[] = [
  ["clientInfo.version", LARGE, (at) => at.fetch(`${own}/no-auth`, initialize({ name: "a", version: unlike(LARGE) }))],
  ["clientInfo.name", LARGE, (at) => at.fetch(`${own}/no-auth`, initialize({ name: unlike(LARGE), version: "1" }))],
  ["_meta of 2026-07-28", LARGE, (at) => at.fetch(`${own}/no-auth`, modern(unlike(LARGE)))],
  ["query of a new sandbox", LONG, (at) => at.get(`/s/standard~${short()}/health?x=${unlike(LONG)}`)],
  ["path of a new sandbox", LONG, (at) => at.get(`/s/standard~${short()}/${unlike(LONG)}`)],
  ["name of a scenario", LONG, (at) => at.get(`/s/${"a".repeat(LONG)}${count++}~label/health`)],
  ["unknown scenario", LONG, (at) => at.get(`/s/${short()}/health?x=${unlike(LONG)}`)],
  ["URL at a sandbox's host", LONG, (at) => at.get(`http://standard--${short()}.localhost/health?x=${unlike(LONG)}`)],
  ["host", LONG, (at) => at.get(`http://${"a".repeat(LONG)}${count++}.localhost/oauth/.well-known/x`)],
  ["query", LONG, (at) => at.get(`/oauth/authorize?client_id=x&state=${unlike(LONG)}`)],
  ["secret after a client id", LONG, (at) => at.fetch("/oauth/token", basic(short(), unlike(LONG / 2)))],
  ["x-forwarded-for", LONG, (at) => at.get("/health", { "x-forwarded-for": `${unlike(LONG)}, ${short()}` })],
  ["mcp-session-id", LONG, (at) => at.fetch(`${own}/no-auth`, withHeader("mcp-session-id", unlike(LONG)))],
  ...["user-agent", "origin", "cookie", "authorization", "accept-language", "last-event-id"].map((
    name,
  ) => [name, LONG, (at: TestApp) => at.fetch(`${own}/no-auth`, withHeader(name, unlike(LONG)))] as const),
  ["form", LARGE, (at) => at.postForm("/oauth/token", { grant_type: "refresh_token", x: unlike(LARGE) })],
  ["unknown metadata", LARGE, (at) => at.postJson("/oauth/register", { ...publicClient, x: unlike(LARGE) })],
];

Deno.test("what a request leaves in memory is a fraction of it, wherever it is long (design, limits)", async (t) => {
  await using test = await publicApp({ record: false, log: () => {} });
  let turn = 0;
  const ask = async (times: number, send: (at: TestApp) => Promise<Response>): Promise<void> => {
    for (let time = 0; time < times; time++) {
      // A proxy within one's own network, behind which every request has an address of its own.
      test.durations.nowMs += 10_000;
      const at = test.from("10.0.0.1", {});
      const response = await send({ ...at, fetch: (path, init) => at.fetch(path, forwarded(init, turn++)) });
      await response.body?.cancel();
    }
  };
  await register(below(test, own));
  for (const [, , send] of places) await ask(2, send);
  let before = await heapBytes();
  for (const [place, bytes, send] of places) {
    await t.step(place, async () => {
      await ask(REQUESTS, send);
      const most = before + REQUESTS * bytes / 2;
      const after = await heapBytes(most);
      const each = Math.round((after - before) / REQUESTS);
      before = after;
      assert(after <= most, `${each} bytes stay of each request of ${bytes}`);
    });
  }
});

function forwarded(init: RequestInit = {}, turn: number): RequestInit {
  const headers = new Headers(init.headers);
  if (!headers.has("x-forwarded-for")) headers.set("x-forwarded-for", `93.184.${turn >> 8}.${turn & 255}`);
  return { ...init, headers };
}
