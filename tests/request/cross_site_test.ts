/** What pages of other sites can have a browser send without asking anyone, and that it changes nothing. */
import assert from "node:assert/strict";
import { controlEndpoints } from "../../lib/http/endpoints.ts";
import type { OpenPort } from "../../lib/sandbox/origins.ts";
import { controlPaths, paths, wellKnown } from "../../lib/http/urls.ts";
import { control, send } from "../control/helpers.ts";
import {
  assertOAuthError,
  authorizeQuery,
  codeFields,
  getCode,
  getTokens,
  json,
  type KvTestApp,
  kvTestApp,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";
import { initialize } from "../mcp/helpers.ts";
import { custom } from "../scenarios/scenario_samples.ts";

type Headers = Readonly<Record<string, string>>;

const evil = "http://evil.example";
const cross = (mode: string, dest: string): Headers => ({
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": mode,
  "sec-fetch-dest": dest,
});

/** What a page can have sent with GET. */
const gets: Readonly<Record<string, Headers>> = {
  "an image": cross("no-cors", "image"),
  "a script": cross("no-cors", "script"),
  "a link": cross("navigate", "document"),
  "a frame": cross("navigate", "iframe"),
  "a fetch that may not read the answer": cross("no-cors", "empty"),
  "an image of a page of the same machine": { ...cross("no-cors", "image"), "sec-fetch-site": "same-site" },
  "an image of this server's own page, which is a client's logo": {
    ...cross("no-cors", "image"),
    "sec-fetch-site": "same-origin",
  },
  "a redirect back to this server": { ...cross("navigate", "document"), "sec-fetch-site": "same-origin" },
  "an image, in a browser without fetch metadata": { referer: `${evil}/page.html` },
};

/** What a page can have sent with POST: the media types of forms, in which JSON can stand, too. */
const posts: Readonly<Record<string, Headers>> = {
  "a form": { ...cross("navigate", "document"), origin: evil },
  "a form without a referrer": { ...cross("navigate", "document"), origin: "null" },
  "a form in a frame": { ...cross("navigate", "iframe"), origin: evil },
  "a form of a page of the same machine": {
    ...cross("navigate", "document"),
    "sec-fetch-site": "same-site",
    origin: "http://localhost:3000",
  },
  "a fetch that may not read the answer": { ...cross("no-cors", "empty"), origin: evil },
  "a form, in a browser without fetch metadata": { origin: evil },
};

const formTypes = ["application/x-www-form-urlencoded", "text/plain"] as const;

/** A request that changes something when a client sends it. */
interface Deed {
  readonly path: string;
  /** Absent for GET. */
  readonly body?: string;
  readonly type?: string;
}

/** An app, and how many ports it has opened. */
interface UsedApp extends KvTestApp {
  readonly clientId: string;
  readonly openedPorts: () => number;
}

/** Everything in the database, by key, with its version, the ports that are open, and what streams have said. */
async function snapshot({ kv, answered, get, openedPorts }: UsedApp): Promise<Readonly<Record<string, string>>> {
  await answered();
  const entries = await Array.fromAsync(kv.list({ prefix: [] }));
  return {
    ...Object.fromEntries(entries.map(({ key, versionstamp }) => [key.join(" "), versionstamp])),
    ports: `${openedPorts()}`,
    streams: await (await get(controlPaths.streams)).text(),
  };
}

/** An app of this machine in which every table has been used, so that nothing is made by first use. */
async function usedApp(): Promise<UsedApp> {
  let ports = 0;
  const openPort = (): OpenPort => ({ port: 40_000 + ++ports, protocol: "http", close: () => Promise.resolve() });
  const test = await kvTestApp({ loopbackOnly: true, openPort });
  const { clientId } = await register(test, {
    grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
  });
  await getTokens(test, clientId, { scope: "openid" });
  await (await test.get(paths.idpJwks)).body?.cancel();
  const begun = await test.fetch(paths.noAuth, {
    method: "POST",
    body: JSON.stringify(initialize()),
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
  });
  await begun.text();
  const stream = { accept: "text/event-stream", "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
  assert.equal((await test.get(paths.noAuth, stream)).status, 200);
  return { ...test, clientId, openedPorts: () => ports };
}

function perform(test: TestApp, { path, body, type = "application/json" }: Deed, headers: Headers): Promise<Response> {
  if (body === undefined) return test.get(path, headers);
  return test.fetch(path, { method: "POST", body, headers: { "content-type": type, ...headers } });
}

/** Changes that a page could have made, each with the request that makes it. */
const deeds: Readonly<Record<string, (test: UsedApp) => Promise<Deed> | Deed>> = {
  "?fault= at /oauth": () => ({ path: `${paths.oauth}?fault=token:503*2` }),
  "?fault= at /no-auth": () => ({ path: `${paths.noAuth}?fault=token:503*3` }),
  "?fault= at /bearer": () => ({ path: `${paths.bearer}?fault=token:503*4` }),
  "?fault= at the authorization endpoint": ({ clientId }) => ({
    path: `${authorizeQuery(clientId)}&fault=token:503*5`,
  }),
  "?fault= in a form for the authorization endpoint": ({ clientId }) => ({
    path: `${authorizeQuery(clientId)}&fault=token:503*6`,
    body: "action=auto",
    type: "application/x-www-form-urlencoded",
  }),
  "the consent page's form": ({ clientId }) => ({
    path: authorizeQuery(clientId),
    body: "action=login&email=eve%40example.com&password=x",
    type: "application/x-www-form-urlencoded",
  }),
  "the device page's form": async ({ clientId, postForm }) => {
    const device = await json(await postForm(paths.device, { client_id: clientId }));
    return {
      path: paths.deviceVerify,
      body: `action=auto&user_code=${text(device, "user_code")}`,
      type: "application/x-www-form-urlencoded",
    };
  },
  control_add_faults: () => ({ path: controlPaths.faults, body: `"token:503"` }),
  control_move_clock: () => ({ path: controlPaths.clock, body: `{"advance_seconds":60}` }),
  control_declare_users: () => ({ path: controlPaths.users, body: `{"email":"eve@example.com","password":"x"}` }),
  control_add_clients: () => ({ path: controlPaths.clients, body: `{"redirect_uris":["https://evil.example/"]}` }),
  control_mint_token: () => ({ path: controlPaths.tokens, body: "{}" }),
  control_revoke_tokens: () => ({ path: controlPaths.revokeTokens, body: `{"all":true}` }),
  control_push_to_streams: () => ({ path: controlPaths.streams, body: `{"message":{}}` }),
  control_rotate_keys: () => ({ path: controlPaths.rotateKeys, body: "" }),
  control_break_keys: () => ({ path: controlPaths.breakKeys, body: `{"how":"wrong_signature"}` }),
  control_define_scenarios: () => ({ path: controlPaths.scenarios, body: JSON.stringify(custom) }),
  control_open_origin: () => ({ path: controlPaths.origins, body: `{"scenario":"no-prm"}` }),
  control_reset: () => ({ path: controlPaths.reset, body: "" }),
};

Deno.test("no page changes a local server by what a browser sends unasked, and clients still do (Fetch Metadata 2)", async (t) => {
  await using test = await usedApp();
  for (const [name, prepare] of Object.entries(deeds)) {
    await t.step(name, async () => {
      const deed = await prepare(test);
      const before = await snapshot(test);
      for (const [kind, headers] of Object.entries(deed.body === undefined ? gets : posts)) {
        for (const type of deed.body === undefined ? [""] : formTypes) {
          const response = await perform(test, { ...deed, type }, headers);
          await response.body?.cancel();
          assert.deepEqual(await snapshot(test), before, `${kind} ${type}, ${response.status}`);
          // Whether it is the origin, the media type or the kind of request: a page is told nothing of use.
          assert([403, 415].includes(response.status), `${kind} ${type}: ${response.status}`);
        }
      }
      const response = await perform(test, deed, {});
      await response.body?.cancel();
      assert.notDeepEqual(await snapshot(test), before, `a client's own request: ${response.status}`);
    });
  }
});

Deno.test("every POST of the control API is among them", () => {
  const rows = controlEndpoints.filter(({ method }) => method === "POST").map(({ name }): string => name);
  assert.deepEqual(rows.filter((name) => !(name in deeds)), []);
});

/** What changes something though a page can have it sent, and why that is as it should be. */
const exceptions: Readonly<Record<string, string>> = {
  authorize:
    "clients send people here from their own pages, and auto_approve_email is how one without a person logs in",
  token: "clients in browsers call it (RFC 9700 2.1), and what it takes is a credential of its own",
  par: "clients in browsers call it, and it keeps nothing but the request, for ten minutes",
  device: "clients in browsers call it, and it keeps nothing but the request, for ten minutes",
  revoke: "clients in browsers call it, and it takes a token that nobody else has",
};

Deno.test("nothing at any other URL changes by what a browser sends unasked, and the exceptions are named (README)", async () => {
  await using test = await usedApp();
  const { clientId } = test;
  const names = Object.entries({ ...paths, ...wellKnown, ...controlPaths });
  const fields = new URLSearchParams({
    ...codeFields(clientId, await getCode(test, clientId)),
    action: "login",
    email: "eve@example.com",
    password: "x",
    response_type: "code",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    auto_approve_email: "mallory@example.com",
    auto_approve_password: "x",
    token: text(await getTokens(test, clientId), "refresh_token"),
  });
  const changed = new Set<string>();
  let before = JSON.stringify(await snapshot(test));
  const asked = async (name: string, path: string, init: RequestInit): Promise<void> => {
    const response = await test.fetch(path, init);
    await response.body?.cancel();
    const after = JSON.stringify(await snapshot(test));
    if (after !== before) changed.add(name);
    before = after;
  };
  for (const [name, path] of names) {
    const at = path.replace(/:\w+$/, "x");
    for (const headers of Object.values(gets)) await asked(name, `${at}?${fields}`, { headers });
    for (const headers of Object.values(posts)) {
      for (const type of formTypes) {
        await asked(name, at, { method: "POST", body: `${fields}`, headers: { ...headers, "content-type": type } });
      }
    }
  }
  assert.deepEqual([...changed].sort(), Object.keys(exceptions).sort());
});

Deno.test("a page ends no login at the end session endpoint without an id_token of it (RP-Initiated Logout 2, 6)", async (t) => {
  await using test = await usedApp();
  const idToken = text(await getTokens(test, test.clientId, { scope: "openid" }), "id_token");
  const asked = { client_id: test.clientId, logout_hint: "ada@example.com", action: "sign_out", sid: "session" };
  const requests = [
    ...Object.values(gets).map((headers) => ["GET", headers] as const),
    ...Object.values(posts).map((headers) => ["POST", headers] as const),
  ];
  for (
    const [hint, isEnded] of [[{}, false], [{ id_token_hint: "x" }, false], [{ id_token_hint: idToken }, true]] as const
  ) {
    await t.step(JSON.stringify(hint).slice(0, 30), async () => {
      const before = await snapshot(test);
      for (const [method, headers] of requests) {
        const fields = new URLSearchParams({ ...asked, ...hint });
        const response = method === "GET"
          ? await test.get(`${paths.logout}?${fields}`, headers)
          : await test.postForm(paths.logout, fields, headers);
        await response.body?.cancel();
      }
      assert.equal(JSON.stringify(await snapshot(test)) !== JSON.stringify(before), isEnded);
    });
  }
});

Deno.test("?fault= that a page has sent is refused in words that say how to set one (Fetch Metadata 2)", async () => {
  await using test = await testApp({ loopbackOnly: true });
  const response = await test.get(`${paths.oauth}?fault=token:503`, gets["an image"]);
  const description = await assertOAuthError(response, 403, "access_denied");
  assert.match(
    description,
    /^A page may not change a sandbox without being asked to; received '.* an image of a page'/,
  );
  assert.match(description, /a URL that you type; POST \/control\/faults sets faults, too/);
});

Deno.test("who asks for it sets faults: clients, what is typed, scripts of this machine and of the server itself (README)", async (t) => {
  const who: Readonly<Record<string, Headers>> = {
    "a client": {},
    "a person who types it": { ...cross("navigate", "document"), "sec-fetch-site": "none" },
    "a script of a page of this machine": {
      ...cross("cors", "empty"),
      "sec-fetch-site": "same-site",
      origin: "http://localhost:6274",
    },
    "a script of another name of this machine": { ...cross("cors", "empty"), origin: "http://127.0.0.1:6274" },
    "a script of the server's own page": { ...cross("cors", "empty"), "sec-fetch-site": "same-origin" },
    "a page of this machine, in a browser without fetch metadata": { referer: "http://localhost:3000/" },
  };
  for (const [name, headers] of Object.entries(who)) {
    await t.step(name, async () => {
      await using test = await testApp({ loopbackOnly: true });
      await (await test.get(`${paths.noAuth}?fault=token:503`, headers)).body?.cancel();
      const { faults } = await control(test, "GET /control/faults");
      assert.equal(JSON.stringify(faults).includes("token:503"), true);
    });
  }
});

Deno.test("a link to what the control API shows may lie on any page, for it changes nothing (README)", async () => {
  await using test = await testApp({ loopbackOnly: true });
  assert.equal((await test.get(controlPaths.clock, gets["a link"])).status, 200);
});

Deno.test("a secret label lets pages that know it set faults, wherever they are (README, host it)", async () => {
  await using test = await testApp({ publicUrl: "https://mock.example.com" });
  const at = "/s/standard~0123456789abcdef";
  await (await test.get(`${at}/oauth?fault=token:503`, gets["a link"])).body?.cancel();
  const answer = await json(await send({ fetch: (path, init) => test.fetch(at + path, init) }, "GET /control/faults"));
  assert.equal(JSON.stringify(answer).includes("token:503"), true);
});
