/** What rendering a page costs: the whole request in process, over a `:memory:` store, as CPU time. */
import assert from "node:assert/strict";
import { createApp } from "../../main.ts";
import { type Figure, type Load, measure, ownCpuMicros } from "./measure.ts";

/** Measures every page, one caller at a time; one page may cost 5,000 µs (issue 4). */
export async function measureRender(load: Load): Promise<Figure[]> {
  using kv = await Deno.openKv(":memory:");
  const app = createApp({ kv });
  const origin = "http://localhost:8789";
  const consent = await registerForConsent(app, origin);
  const paths = { home: "/", guide: "/guide", consent, error: "/oauth/authorize?client_id=nobody" };
  const figures: Figure[] = [];
  for (const [name, path] of Object.entries(paths)) {
    const render = async (): Promise<void> => {
      const response = await app(new Request(origin + path, { headers: { accept: "text/html" } }));
      assert.match(await response.text(), /^<!doctype html>/);
    };
    figures.push(
      await measure(`page: ${name}, in process, :memory:`, render, ownCpuMicros, { ...load, connections: 1 }),
    );
  }
  return figures;
}

async function registerForConsent(app: ReturnType<typeof createApp>, origin: string): Promise<string> {
  const redirectUri = "https://client.example/cb";
  const response = await app(
    new Request(`${origin}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_name: "bench", redirect_uris: [redirectUri], token_endpoint_auth_method: "none" }),
    }),
  );
  const { client_id } = await response.json();
  const query = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: redirectUri,
    state: "xyz",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  });
  return `/oauth/authorize?${query}`;
}
