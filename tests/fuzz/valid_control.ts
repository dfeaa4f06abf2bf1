/** Valid requests of the control API; bodies are the examples that its description carries, and more of what they may hold. */
import type { Gift, Json, Message, Pair } from "./message.ts";

function ask(name: string, method: string, path: string, query: readonly Pair[] = []): Message {
  return {
    name: `control_${name}`,
    method,
    path: `/control${path}`,
    query,
    headers: [],
    gives: [],
    changes: method !== "GET",
  };
}

function tell(name: string, path: string, value: Json, gives: readonly Gift[] = [], method = "POST"): Message {
  return {
    ...ask(name, method, path),
    headers: [["content-type", "application/json"]],
    body: { kind: "json", value },
    gives,
  };
}

const person = {
  email: "grace@fuzz.example",
  password: "<<secret-marker:User>>",
  name: "Grace <zqx",
  roles: ["admin"],
  claims: { tenant: { id: 7 } },
};
const client = {
  client_id: "declared-client",
  redirect_uris: ["http://127.0.0.1/callback"],
  token_endpoint_auth_method: "none",
  grant_types: ["authorization_code", "refresh_token"],
};

/** What a test does to its sandbox. */
export const controlMessages: readonly Message[] = [
  ask("index", "GET", ""),
  ask("openapi", "GET", "/openapi.json"),
  ask("list_faults", "GET", "/faults"),
  tell("add_faults", "/faults", {
    name: "fuzz-fault",
    match: { endpoint: "jwks" },
    life: { times: 2 },
    answer: { status: 418, headers: { "x-fault": "yes" }, body: { error: "teapot" } },
  }),
  tell("add_faults", "/faults", {
    name: "fuzz-edit",
    match: { endpoint: "server_metadata" },
    life: "always",
    edit: { headers: { "x-edit": "{query.x}" }, json: { set: { extra: { more: 1 } } } },
  }),
  tell("add_faults", "/faults", ["par:503", "idp:401*2"]),
  ask("read_fault", "GET", "/faults/fuzz-edit"),
  ask("remove_fault", "DELETE", "/faults/fuzz-fault"),
  ask("clear_faults", "DELETE", "/faults"),
  ask("read_clock", "GET", "/clock"),
  tell("move_clock", "/clock", { advance_seconds: 60 }),
  tell("move_clock", "/clock", { reset: true }),
  ask("read_plan", "GET", "/plan"),
  tell(
    "change_plan",
    "/plan",
    { policy: { code_ttl_seconds: 300 }, mint: { claims: { extra: { more: 1 } } } },
    [],
    "PATCH",
  ),
  ask("clear_plan", "DELETE", "/plan"),
  ask("list_users", "GET", "/users"),
  tell("declare_users", "/users", person),
  ask("remove_user", "DELETE", "/users/grace@fuzz.example"),
  ask("list_clients", "GET", "/clients"),
  tell("add_clients", "/clients", client, [{ pool: "declared", member: "clients.0.client_id" }]),
  ask("remove_client", "DELETE", "/clients/declared-client"),
  ask("list_tokens", "GET", "/tokens"),
  tell(
    "mint_token",
    "/tokens",
    { user: "ada@fuzz.example", scope: "openid mcp:read", claims: { extra: { more: 1 } } },
    [
      { pool: "minted", member: "access_token" },
    ],
  ),
  tell("revoke_tokens", "/tokens/revoke", { token: "<<minted>>" }),
  tell("revoke_tokens", "/tokens/revoke", { all: true }),
  tell("rotate_keys", "/keys/rotate", { keep_old_seconds: 60 }),
  tell("break_keys", "/keys/break", { how: "none" }),
  {
    ...ask("list_sessions", "GET", "/sessions"),
    // There has to be one.
    headers: [["x-session", "<<session_no_auth>>"]],
    gives: [{ pool: "session_handle", member: "sessions.0.session" }],
  },
  ask("end_session", "DELETE", "/sessions/<<session_handle>>"),
  ask("end_sessions", "DELETE", "/sessions", [["client", "fuzzer"]]),
  ask("list_streams", "GET", "/streams"),
  tell("push_to_streams", "/streams", {
    to: { method: "GET", path: "/no-auth" },
    event: "message",
    id: "1",
    retry_ms: 5,
    comment: "c",
    message: { jsonrpc: "2.0", method: "notifications/x", params: { a: "<zqx" } },
    end: "close",
  }),
  tell(
    "set_catalogue",
    "/catalogue",
    {
      tools: [{
        name: "zqx <tool>",
        inputSchema: { type: "object", properties: { city: { type: "string" } } },
        answer: [{ content: [{ type: "text", text: "{arguments.city}" }] }, { error: { code: -32000, message: "no" } }],
      }],
      resources: [{ uri: "fuzz://one", name: "one", answer: { contents: [{ text: "1" }] } }],
      prompts: [{ name: "ask", arguments: [{ name: "what" }], complete: { what: ["a"] } }],
      built_in: true,
      page_size: 3,
      ttlMs: 5,
    },
    [],
    "PUT",
  ),
  ask("read_catalogue", "GET", "/catalogue"),
  ask("clear_catalogue", "DELETE", "/catalogue"),
  tell("define_scenarios", "/scenarios", {
    name: "fuzz-scenario",
    story: "A scenario <zqx",
    plan: { faults: [{ name: "iss", match: { endpoint: "authorize" }, edit: { location: { iss: "{issuer}/" } } }] },
  }, [{ pool: "scenario_link", member: "scenarios.0.link", parameter: "define" }]),
  tell("open_origin", "/origins", { scenario: "no-prm", label: "fuzz" }),
  ask("report", "GET", "/report"),
  ask("run", "GET", "/runs/fuzzer", [["set", "core"], ["format", "markdown"]]),
  ask("report", "GET", "/report", [["format", "junit"]]),
  {
    ...tell("", "/mcp", {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "run", arguments: { run: "fuzzer", sandbox: "standard~fuzzer-own-label-27" } },
    }),
    name: "agent",
    headers: [["content-type", "application/json"], ["accept", "application/json, text/event-stream"]],
    changes: false,
  },
  ask("exchanges", "GET", "/exchanges"),
  ask("exchanges", "GET", "/exchanges", [["format", "har"]]),
  ask("clear_exchanges", "DELETE", "/exchanges"),
  { ...ask("events", "GET", "/events"), headers: [["accept", "text/event-stream"]], isLasting: true },
  tell("judge", "/judge", { log: { version: "1.2", entries: [] } }),
  tell("reset", "/reset", {}),
];
