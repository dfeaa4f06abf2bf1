/**
 * Two processes on one database, played by two apps: whatever one of them was asked to change and has acknowledged is in
 * force on the other at once, also where that one has seen, and remembers, how it was before.
 */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import type { ControlEndpointName } from "../../lib/http/endpoints.ts";
import { control, listOf } from "../control/helpers.ts";
import { beginSession, post, rpc } from "../mcp/helpers.ts";
import {
  authorizeQuery,
  callOauth,
  getTokens,
  json,
  origin,
  publicClient,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const oldUri = "https://old.example/cb";
const newUri = "https://new.example/cb";

/** What is there before a change. */
interface Known {
  readonly a: TestApp;
  readonly b: TestApp;
  /** A registered client with {@link oldUri}, and how it manages itself. */
  readonly clientId: string;
  readonly managementUrl: string;
  readonly managementToken: string;
  readonly token: string;
  /** A session that the first process has begun. */
  readonly session: { readonly "mcp-session-id": string };
}

/** Clocks stand still, except that waiting moves the one for durations: so nothing is known by the time that passes. */
async function openKnown(run: (known: Known) => Promise<void>): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  let monotonicMs = 0;
  const shared = {
    kv,
    shared: true,
    record: false,
    monotonicMs: () => monotonicMs,
    sleep: (ms: number) => {
      monotonicMs += ms;
      return Promise.resolve();
    },
  };
  await using a = await testApp(shared);
  await using b = await testApp(shared);
  const client = await json(await a.postJson("/oauth/register", { ...publicClient, redirect_uris: [oldUri] }));
  await control(a, "POST /control/users", { email: "ada@example.com", password: "x" });
  await control(a, "POST /control/faults", {
    name: "set",
    match: { endpoint: "pages" },
    life: "always",
    edit: { status: 418 },
  });
  await control(a, "PATCH /control/plan", { mint: { access_token_ttl_seconds: 7 } });
  await control(a, "PUT /control/catalogue", {
    tools: [{ name: "one", inputSchema: { type: "object" } }],
    built_in: true,
  });
  await run({
    a,
    b,
    clientId: text(client, "client_id"),
    managementUrl: text(client, "registration_client_uri"),
    managementToken: text(client, "registration_access_token"),
    session: await beginSession((_, init) => a.fetch("/no-auth", init)),
    token: text(await getTokens(a, (await register(a)).clientId), "access_token"),
  });
}

/** Everything about a sandbox that somebody could notice, as one process tells it; keys where asked, as RSA keys are dear. */
async function observe(
  app: TestApp,
  { clientId, token, session }: Known,
  withKeys: boolean,
): Promise<Record<string, unknown>> {
  const told = async (path: string): Promise<unknown> => {
    const response = await app.get(path);
    return [response.status, await response.text()];
  };
  const authorized = async (id: string, more: Record<string, string | undefined>): Promise<unknown> => {
    const response = await app.get(authorizeQuery(id, { auto_approve: "true", ...more }), {
      accept: "application/json",
    });
    const location = URL.parse(response.headers.get("location") ?? "");
    await response.body?.cancel();
    return [response.status, location?.host, location?.searchParams.get("error")];
  };
  const called = await callOauth(app, token);
  await called.body?.cancel();
  const userinfo = await app.get("/oauth/userinfo", { authorization: `Bearer ${token}` });
  const minted = await app.get("/control/tokens");
  return {
    // A person who is not known and logs in is known from then on.
    login: await authorized(clientId, {
      redirect_uri: oldUri,
      auto_approve: undefined,
      auto_approve_email: "ada@example.com",
      auto_approve_password: "x",
    }),
    health: (await app.get("/health")).status,
    clock: await told("/control/clock"),
    plan: await told("/control/plan"),
    catalogue: await told("/control/catalogue"),
    faults: listOf(await control(app, "GET /control/faults"), "faults").map(({ name, edit, answer }) => ({
      name,
      edit,
      answer,
    })),
    metadata: await told("/.well-known/oauth-authorization-server"),
    users: await told("/control/users"),
    clients: await told("/control/clients"),
    tokens: listOf(await json(minted), "tokens").length,
    keys: withKeys ? await told("/oauth/jwks") : undefined,
    old: await authorized(clientId, { redirect_uri: oldUri }),
    new: await authorized(clientId, { redirect_uri: newUri }),
    named: await authorized("named", { redirect_uri: newUri }),
    mcp: called.status,
    session: (await post((_, init) => app.fetch("/no-auth", init), rpc("ping"), session)).status,
    userinfo: [userinfo.status, await userinfo.text()],
  };
}

type Change = (known: Known) => Promise<unknown>;

const renamed = { redirect_uris: [newUri], token_endpoint_auth_method: "none", grant_types: ["authorization_code"] };

function manage({ a, managementUrl, managementToken }: Known, method: string, body?: unknown): Promise<Response> {
  return a.fetch(managementUrl, {
    method,
    headers: { authorization: `Bearer ${managementToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** What changes something, each with a change that shows; `reads` changes nothing. */
const operations: Readonly<Record<ControlEndpointName, Change | Readonly<Record<string, Change>> | "reads">> = {
  control_index: "reads",
  control_openapi: "reads",
  control_list_faults: "reads",
  control_read_fault: "reads",
  control_read_clock: "reads",
  control_read_plan: "reads",
  control_list_users: "reads",
  control_list_clients: "reads",
  control_list_tokens: "reads",
  control_add_faults: ({ a }) =>
    control(a, "POST /control/faults", {
      match: { endpoint: "server_metadata" },
      life: "always",
      answer: { status: 503 },
    }),
  control_clear_faults: ({ a }) => control(a, "DELETE /control/faults"),
  control_remove_fault: ({ a }) => control(a, "DELETE /control/faults/set"),
  control_move_clock: ({ a }) => control(a, "POST /control/clock", { advance_seconds: 3600 }),
  control_change_plan: ({ a }) => control(a, "PATCH /control/plan", { policy: { send_iss: false } }),
  control_clear_plan: ({ a }) => control(a, "DELETE /control/plan"),
  control_declare_users: {
    "another password": ({ a }) => control(a, "POST /control/users", { email: "ada@example.com", password: "y" }),
    "somebody new": ({ a }) => control(a, "POST /control/users", { email: "bob@example.com", password: "x" }),
  },
  control_remove_user: ({ a }) => control(a, "DELETE /control/users/ada@example.com"),
  control_add_clients: {
    "a new one": ({ a }) => control(a, "POST /control/clients", { ...renamed, client_id: "named" }),
    "in place of one": ({ a, clientId }) => control(a, "POST /control/clients", { ...renamed, client_id: clientId }),
    "several": ({ a, clientId }) =>
      control(a, "POST /control/clients", ["named", clientId].map((client_id) => ({ ...renamed, client_id }))),
  },
  control_remove_client: ({ a, clientId }) => control(a, `DELETE /control/clients/${clientId}`),
  control_mint_token: ({ a }) => control(a, "POST /control/tokens", { user: "ada@example.com" }),
  control_revoke_tokens: {
    "one": ({ a, token }) => control(a, "POST /control/tokens/revoke", { token }),
    "all": ({ a }) => control(a, "POST /control/tokens/revoke", { all: true }),
  },
  control_list_sessions: "reads",
  control_end_sessions: ({ a }) => control(a, "DELETE /control/sessions"),
  control_end_session: async ({ a, session }) => {
    const handle = hash("sha256", session["mcp-session-id"], "base64url");
    await control(a, `DELETE /control/sessions/${handle}`);
  },
  control_read_catalogue: "reads",
  control_set_catalogue: ({ a }) => control(a, "PUT /control/catalogue", { prompts: [] }),
  control_clear_catalogue: ({ a }) => control(a, "DELETE /control/catalogue"),
  // Streams are open in one process.
  control_list_streams: "reads",
  control_push_to_streams: "reads",
  control_rotate_keys: ({ a }) => control(a, "POST /control/keys/rotate", { keep_old_seconds: 0 }),
  control_break_keys: ({ a }) => control(a, "POST /control/keys/break", { how: "missing_key" }),
  // It has a URL of its own, which nobody can have asked before.
  control_define_scenarios: "reads",
  // A port is one of this process.
  control_open_origin: "reads",
  control_reset: ({ a }) => control(a, "POST /control/reset"),
};

const management: Readonly<Record<string, Change>> = {
  "PUT /oauth/register/:id": async (known) => {
    const body = { ...publicClient, client_id: known.clientId, redirect_uris: [newUri] };
    assert.equal((await manage(known, "PUT", body)).status, 200);
  },
  "DELETE /oauth/register/:id": async (known) => assert.equal((await manage(known, "DELETE")).status, 204),
};

/** All of them by name. */
function changes(): readonly (readonly [string, Change])[] {
  const listed = Object.entries(operations).flatMap(([name, change]): readonly (readonly [string, Change])[] => {
    if (change === "reads") return [];
    if (typeof change === "function") return [[name, change]];
    return Object.entries(change).map(([which, change]) => [`${name}, ${which}`, change]);
  });
  return [...listed, ...Object.entries(management)];
}

for (const [name, change] of changes()) {
  Deno.test(`${name}: what is answered is in force on every process that shares the database`, async () => {
    await openKnown(async (known) => {
      const see = (app: TestApp): Promise<Record<string, unknown>> => observe(app, known, name.includes("keys"));
      const before = await see(known.b);
      assert.deepEqual(await see(known.a), before, "both see the same to begin with");
      await change(known);
      const after = await see(known.b);
      assert.notDeepEqual(after, before, "the change shows");
      assert.deepEqual(after, await see(known.a));
    });
  });
}

Deno.test("a client that one process has removed gets no code from another, and an old redirect URI no answer", async () => {
  await openKnown(async (known) => {
    const { b, clientId } = known;
    const ask = (redirect_uri: string): Promise<Response> =>
      b.get(authorizeQuery(clientId, { redirect_uri, auto_approve: "true" }));
    assert.equal((await ask(oldUri)).status, 302);
    await management["PUT /oauth/register/:id"]?.(known);
    assert.deepEqual([(await ask(oldUri)).status, (await ask(newUri)).status], [400, 302]);
    await management["DELETE /oauth/register/:id"]?.(known);
    assert.deepEqual([(await ask(oldUri)).status, (await ask(newUri)).status], [400, 400]);
    assert.equal((await b.get(`${origin}/health`)).status, 418);
  });
});
