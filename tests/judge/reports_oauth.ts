/** Reports from the wild on finding the authorization server, logging in and staying logged in. */
import assert from "node:assert/strict";
import type { WildReport } from "./wild.ts";

const OPEN = { life: "always" } as const;

export const oauthReports: readonly WildReport[] = [
  {
    number: 13,
    issue: "mastra-ai/mastra#10517",
    mistake: "It falls back to HTTP+SSE when initialize is answered with 401, and never logs in",
    play: async (wild) => {
      const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" };
      const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "mastra", version: "1" } };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params });
      assert.equal((await wild.at.fetch("/oauth", { method: "POST", headers, body })).status, 401);
      assert.equal((await wild.at.get("/oauth", { accept: "text/event-stream" })).status, 401);
    },
    missing: "a server that speaks HTTP+SSE alone",
    seen: { short: /did not find/ },
    verdict: "incomplete",
  },
  {
    number: 20,
    issue: "openai/codex#15643",
    mistake: "It asks for the scopes that the authorization server lists instead of the resource's",
    play: async (wild) => {
      await wild.set("PATCH /plan", {
        policy: { resource_scopes: ["mcp:read"], server_scopes: ["mcp:read", "mcp:write", "mcp:admin"] },
      });
      await wild.begin({ asksFor: { scope: "mcp:read mcp:write mcp:admin" } });
    },
    seen: { rule: "C17", isWarning: true },
    verdict: "pass",
  },
  {
    number: 22,
    issue: "github/copilot-cli#4582",
    mistake: "With a given client_id, it asks for no scope, though the resource lists some",
    play: async (wild) => {
      await wild.set("PATCH /plan", { policy: { resource_scopes: ["mcp:read"] } });
      const redirect_uris = ["http://127.0.0.1:3999/callback"];
      await wild.set("POST /clients", { client_id: "given", token_endpoint_auth_method: "none", redirect_uris });
      const answer = { status: 400, body: { error: "invalid_scope", error_description: "scope is required" } };
      await wild.set("POST /faults", { match: { endpoint: "authorize", lacks_param: "scope" }, ...OPEN, answer });
      await wild.begin({ given: { clientId: "given" }, slip: "asks for no scope" });
    },
    seen: { rule: "C17", isWarning: true },
    verdict: "incomplete",
  },
  {
    number: 24,
    issue: "stacklok/toolhive#3078",
    mistake: "It registers for authorization_code alone, and its refreshes are refused",
    play: async (wild) => {
      await wild.set("PATCH /plan", {
        policy: { issue_refresh_tokens: "always", client_id_metadata_documents: false },
      });
      await wild.begin({ version: "2026-07-28", slip: "registers for codes alone", refresh: true });
    },
    seen: { rule: "C21", isWarning: true },
    verdict: "pass",
  },
  {
    number: 28,
    issue: "anthropics/claude-code#68720",
    mistake: "It refreshes its token where it needs more scope, and asks nobody",
    scenario: "step-up-with-refresh-token",
    play: async (wild) => {
      await wild.begin();
      const note = { name: "mock_create_note", arguments: { title: "t", content: "c" } };
      assert.equal(await wild.ask("tools/call", note), 403);
      assert.equal(await wild.refresh(), 200);
      assert.equal(await wild.ask("tools/call", note), 403);
    },
    seen: { rule: "C19" },
    verdict: "fail",
  },
  {
    number: 29,
    issue: "openai/codex#42427",
    mistake: "It looks for the resource's metadata elsewhere than where the 401 says",
    scenario: "prm-only-in-challenge",
    play: (wild) => wild.begin({ slip: "ignores the named metadata" }),
    seen: { rule: "C2" },
    verdict: "fail",
  },
  {
    number: 31,
    issue: "anthropics/claude-code#83679",
    mistake: "It fails on the shape of a refusal that is a list",
    play: async (wild) => {
      const fault = { match: { endpoint: "token" }, ...OPEN, answer: { status: 401, body: ["invalid_client"] } };
      await wild.set("POST /faults", fault);
      await wild.begin();
    },
    seen: { invisible: "a client that fails on the body and one that reads it both stop" },
    verdict: "incomplete",
  },
];
