/** Nobody runs script on the origin that all sandboxes of a public server share. */
import assert from "node:assert/strict";
import { LOCKED_POLICY } from "../../lib/limits/harmless.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { paths } from "../../lib/http/urls.ts";
import { control, listOf } from "../control/helpers.ts";
import { below, json, redirectUri, register, type TestApp, testApp, verifier } from "../helpers.ts";
import { publicApp } from "./public_app.ts";
import { custom } from "../scenarios/scenario_samples.ts";

const own = "/s/standard~attacker-own-secret-label-1";
const script = "self.addEventListener('fetch', e => e.respondWith(new Response('PWNED')))";

/** What a browser shows or runs; `empty` is what a script fetches to read. */
const destinations = [
  "audioworklet",
  "document",
  "embed",
  "frame",
  "iframe",
  "image",
  "json",
  "manifest",
  "object",
  "paintworklet",
  "report",
  "script",
  "serviceworker",
  "sharedworker",
  "style",
  "worker",
  "xslt",
] as const;

/** Headers by which an answer would act on more than itself. */
const acting: Readonly<Record<string, string>> = {
  "service-worker-allowed": "/",
  "set-cookie": "a=b; path=/",
  "clear-site-data": '"*"',
  refresh: "0; url=https://evil.example/",
  link: "</evil.js>; rel=preload; as=script",
  "report-to": "{}",
  "reporting-endpoints": 'default="https://evil.example/"',
  nel: "{}",
  "strict-transport-security": "max-age=31536000",
  "alt-svc": 'h2="evil.example:443"',
  "public-key-pins": "max-age=1",
  "speculation-rules": '"/rules.json"',
  "use-as-dictionary": 'match="/*"',
  sourcemap: "/map",
  "origin-trial": "x",
};

const answer = (headers: Record<string, string>, body: unknown = "<script>1</script>"): object => ({
  name: "owned",
  match: { endpoint: "jwks" },
  life: "always",
  answer: { status: 200, headers, body },
});

/** Ways of an owner to write an answer, each for the endpoint of the key set. */
const ways: Readonly<Record<string, object>> = {
  "an answer of HTML": answer({ "content-type": "text/html" }),
  "an answer of script": answer({ "content-type": "text/javascript" }, script),
  "an answer of SVG": answer(
    { "content-type": "image/svg+xml" },
    "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
  ),
  "an answer with a policy of its own": answer({
    "content-type": "text/html",
    "content-security-policy": "script-src *",
  }),
  "an edited body": {
    ...answer({}),
    answer: undefined,
    edit: { body: "<script>1</script>", content_type: "text/html" },
  },
  "an edited type alone": { ...answer({}), answer: undefined, edit: { headers: { "content-type": "text/html" } } },
  "an echo of the query": answer({ "content-type": "text/html" }, "{query.x}"),
  "a redirect to a script URL": {
    ...answer({}),
    answer: { status: 302, headers: { location: "javascript:alert(1)" }, body: "<script>1</script>" },
  },
};

async function ownFault(fault: object): Promise<TestApp> {
  const test = await publicApp();
  const at = below(test, own);
  await control(at, "POST /control/faults", [JSON.parse(JSON.stringify(fault))]);
  return at;
}

Deno.test("public: what an owner writes is locked where a script reads it, and is not given where a browser shows or runs it (README, host it)", async (t) => {
  for (const [name, fault] of Object.entries(ways)) {
    await t.step(name, async () => {
      await using at = await ownFault(fault);
      const path = `${paths.jwks}?x=%3Cscript%3E`;
      for (const headers of [{}, { "sec-fetch-dest": "empty" }] as Record<string, string>[]) {
        const response = await at.get(path, headers);
        await response.body?.cancel();
        assert.notEqual(response.status, 403);
        assert.equal(response.headers.get("content-security-policy"), LOCKED_POLICY);
        assert.equal(response.headers.get("x-content-type-options"), "nosniff");
        assert.doesNotMatch(response.headers.get("location") ?? "", /^javascript/);
      }
      const shown: Record<string, string>[] = destinations.map((dest) => ({ "sec-fetch-dest": dest }));
      for (const headers of [...shown, { "service-worker": "script" }]) {
        const response = await at.get(path, { accept: "text/html", ...headers });
        assert.equal(response.status, 403, JSON.stringify(headers));
        const page = await response.text();
        assert.match(page, /A fault of this sandbox has written this answer/);
        assert.doesNotMatch(page, /<script>1/);
        assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'; script-src 'self'/);
      }
    });
  }
});

Deno.test("public: no header by which a response acts on more than itself leaves the server, wherever it was set (README, host it)", async () => {
  const edit = { name: "edited", match: { endpoint: "pages" }, life: "always", edit: { headers: acting } };
  await using at = await ownFault(answer(acting));
  await control(at, "POST /control/faults", [edit]);
  for (const path of [paths.jwks, paths.home, paths.health]) {
    const { headers, body } = await at.get(path);
    await body?.cancel();
    for (const name of Object.keys(acting)) assert.equal(headers.get(name), null, `${path} ${name}`);
  }
  await using plain = await testApp();
  await control(plain, "POST /control/faults", [answer(acting)]);
  const { headers, body } = await plain.get(paths.jwks);
  await body?.cancel();
  for (const [name, value] of Object.entries(acting)) assert.equal(headers.get(name), value, "without --public");
});

Deno.test("public: our own pages keep what guards them, whatever faults do to their headers (README, host it)", async () => {
  const guards = ["content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy"];
  const headers = Object.fromEntries(guards.map((name, index) => [name, index === 0 ? "script-src *" : null]));
  await using at = await ownFault({
    name: "bare",
    match: { endpoint: ["pages", "authorize"] },
    life: "always",
    edit: { headers: { ...headers, "x-seen": "yes" }, status: 200 },
  });
  const { clientId } = await register(at);
  const query = new URLSearchParams({ client_id: clientId, response_type: "code", redirect_uri: redirectUri });
  for (const path of [paths.guide, `${paths.authorize}?${query}`]) {
    const response = await at.get(path, { accept: "text/html", "sec-fetch-dest": "document" });
    await response.body?.cancel();
    assert.equal(response.status < 400, true, `${path} ${response.status}`);
    if (response.headers.has("location")) continue;
    assert.equal(response.headers.get("x-seen"), "yes");
    assert.match(response.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    assert.equal(response.headers.get("x-frame-options"), "DENY");
  }
});

Deno.test("public: a brought-along scenario is an owner's, and is not shown (README, bring your own)", async () => {
  await using test = await publicApp();
  const faults = [{ name: "page", match: { endpoint: "jwks" }, edit: { body: "<script>", content_type: "text/html" } }];
  const scenario = { ...custom, plan: { faults } };
  const made = await control(below(test, own), "POST /control/scenarios", scenario);
  const at = `/s/${listOf(made, "scenarios")[0]?.name}`;
  const shown = await test.get(at + paths.jwks, { "sec-fetch-dest": "document" });
  await shown.body?.cancel();
  const read = await test.get(at + paths.jwks);
  assert.deepEqual([shown.status, read.status], [403, 200]);
  assert.equal(await read.text(), "<script>");
  assert.equal(read.headers.get("content-security-policy"), LOCKED_POLICY);
});

Deno.test("public: answers that echo what was sent are locked, and nothing guesses what they are (README, host it)", async () => {
  await using test = await publicApp();
  const echo = encodeURIComponent("<script>1</script>");
  for (
    const path of [
      paths.health,
      `/nowhere${echo}`,
      `/s/none-${echo}/oauth`,
      `${paths.authorize}?client_id=${echo}`,
      `/client-metadata/${echo}?redirect_uri=http://localhost/${echo}`,
      `${own}/control/faults`,
      paths.robots,
      paths.style,
    ]
  ) {
    const response = await test.get(path);
    await response.body?.cancel();
    assert.equal(response.headers.get("content-security-policy"), LOCKED_POLICY, path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
  }
});

Deno.test("public: a form with a password is not sent on by a redirect that keeps it (RFC 9700 4.12)", async () => {
  await using at = await ownFault({
    name: "kept",
    match: { endpoint: "authorize" },
    life: "always",
    answer: { status: 307, headers: { location: "https://evil.example/" }, body: "moved" },
  });
  const headers = { "sec-fetch-dest": "document", "sec-fetch-site": "same-origin" };
  const posted = await at.postForm(paths.authorize, { action: "login", password: "x" }, headers);
  await posted.body?.cancel();
  assert.equal(posted.status, 403);
  const asked = await at.get(paths.authorize, { "sec-fetch-dest": "document" });
  assert.deepEqual([asked.status, asked.headers.get("location"), asked.body], [307, "https://evil.example/", null]);
});

Deno.test("public: what browsers get of every scenario at the authorization endpoint is what they get elsewhere (README)", async () => {
  const walk = async (test: TestApp): Promise<Readonly<Record<string, unknown>>> => {
    const seen: Record<string, unknown> = {};
    for (const { name, clients = [] } of catalogue) {
      const at = `/s/${name}`;
      const made = await (await test.postJson(`${at}${paths.register}`, {
        client_name: "x",
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: "none",
      })).text();
      const clientId = /"client_id":"([^"]+)"/.exec(made)?.[1] ?? clients[0]?.client_id ?? "none";
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: "code",
        state: "xyz",
        code_challenge: verifier,
        code_challenge_method: "S256",
        resource: `http://localhost:8789${at}/oauth`,
        auto_approve: "true",
      });
      const response = await test.get(`${at}${paths.authorize}?${query}`, {
        "sec-fetch-dest": "document",
        "sec-fetch-mode": "navigate",
        "sec-fetch-site": "cross-site",
      });
      const location = response.headers.get("location")?.replace(/code=[^&]+/, "code=");
      seen[name] = [response.status, location, location === undefined ? (await response.text()).length > 0 : false];
    }
    return seen;
  };
  await using test = await publicApp();
  await using plain = await testApp();
  // A minute goes by with every scenario, so that no rate gets in the way.
  const paced = {
    ...test,
    get: (...sent: Parameters<TestApp["get"]>) => ((test.durations.nowMs += 60_000), test.get(...sent)),
  };
  assert.deepEqual(await walk(paced), await walk(plain));
});

Deno.test("without --public faults write what they like, as a local server is only its owner's (design)", async () => {
  await using test = await testApp();
  await control(test, "POST /control/faults", [answer({ "content-type": "text/html", "set-cookie": "a=b" })]);
  const response = await test.get(paths.jwks, { "sec-fetch-dest": "document" });
  assert.deepEqual([response.status, response.headers.get("set-cookie")], [200, "a=b"]);
  assert.equal(await response.text(), "<script>1</script>");
  assert.equal(response.headers.get("content-security-policy"), null);
  assert.notEqual(await json(await test.get(paths.health)), undefined);
});
