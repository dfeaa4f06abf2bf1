/** The catalogue of scenarios as a page and as data, in process; and what a sandbox's pages say of its scenario. */
import assert from "node:assert/strict";
import { z } from "zod";
import { buildScenarioLink } from "../../lib/scenarios/schema/scenario_link.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { driverOf } from "../../lib/scenarios/driver.ts";
import { describeScenario } from "../../lib/scenarios/schema/scenario_schema.ts";
import { scenarioGroups } from "../../lib/scenarios/scenario.ts";
import { json, origin, type TestApp, testApp, text } from "../helpers.ts";
import { custom, plain, rich } from "../scenarios/scenario_samples.ts";
import { resultsShape } from "../../lib/scenarios/schema/results_schema.ts";
import { drivenClients } from "../matrix/clients.ts";
import { hintsFor } from "../../views/scenarios/search.js";

const html = { accept: "text/html" };
const attack = `"><script>alert('x')</script><img src=x onerror=alert(1)>&`;

const listed = z.object({
  groups: z.array(z.string()),
  scenarios: z.array(
    z.looseObject({ name: z.string(), url: z.string(), control_url: z.string(), has_own_origin: z.boolean() }),
  ),
});

const all = [...catalogue, plain, rich];
/** The groups that have scenarios, in order. */
const groups = scenarioGroups.filter((name) => all.some(({ group }) => group === name));
const names = groups.flatMap((name) => all.filter(({ group }) => group === name)).map(({ name }) => name);

Deno.test("GET /scenarios lists every scenario by group, folded, with the anchor of its name (issue 6)", async () => {
  await using test = await testApp({ scenarios: [plain, rich] });
  const page = await pageOf(test);
  const headings = [...page.matchAll(/<h2 id="group:[^"]+">([^<]+)<\/h2>/g)].map(([, name]) => name);
  assert.deepEqual(headings, [...groups.map((name) => name.toLowerCase()), "the rules"]);
  assert.deepEqual(namesOf(page), names);
  assert.doesNotMatch(page, /<details[^>]* open/);
  for (const name of namesOf(page)) assert.equal(page.split(` id="${name}"`).length, 2, name);
});

Deno.test("GET /scenarios has everything that a scenario says (issue 6)", async () => {
  await using test = await testApp({ scenarios: [rich] });
  const entry = entryOf(await pageOf(test), "rich-sample");
  const read = textOf(entry);
  for (
    const phrase of [
      "rich-sample The server names an issuer that it is not",
      "A correct client stops before it sends anybody to log in.",
      "rules it tests C5, C25",
      "official suite auth/sample",
      "revisions of MCP 2025-11-25, 2026-07-28",
      "about RFC 8414 3.3, sample#1342",
      "client_id sample-client",
      "client_secret sample-secret",
      "authenticates by private_key_jwt",
      "grants client_credentials, authorization_code",
      "redirect uris http://localhost:3000/callback",
      `"d": "private-part"`,
    ]
  ) assert.ok(read.includes(phrase), `${phrase} in ${read}`);
  assert.ok(entry.includes('<a href="https://www.rfc-editor.org/rfc/rfc8414#section-3.3">RFC 8414 3.3</a>'));
});

Deno.test("GET /scenarios gives every visit addresses of its own, with a label that nobody guesses (issue 6)", async () => {
  await using test = await testApp({ scenarios: [plain] });
  const labels = await Promise.all([1, 2].map(async () => {
    const [, label = ""] = /\/s\/plain-sample~([^/]+)\/oauth/.exec(await pageOf(test)) ?? [];
    return label;
  }));
  for (const label of labels) assert.match(label, /^[a-z0-9]{16,}$/);
  assert.notEqual(labels[0], labels[1]);
});

Deno.test("GET /scenarios draws its labels from the app's chance", async () => {
  await using test = await testApp({ scenarios: [plain], randomBytes: (length) => new Uint8Array(length).fill(10) });
  assert.ok((await pageOf(test)).includes(`${origin}/s/plain-sample~aaaaaaaaaaaaaaaa/oauth`));
});

Deno.test("every address of the catalogue is that of a sandbox of the scenario (issue 6)", async (t) => {
  await using test = await testApp({ scenarios: [plain, rich] });
  const { scenarios } = listed.parse(await json(await test.get("/scenarios")));
  assert.equal(scenarios.length, all.length);
  for (const { name, url } of scenarios.filter(({ name }) => name !== "standard")) {
    await t.step(name, async () => {
      assert.match(url, /\/oauth$/);
      const guide = await test.get(url.replace(/oauth$/, "guide"), html);
      assert.ok(textOf(await guide.text()).includes(`, scenario ${name}.`));
    });
  }
});

Deno.test("an address of the catalogue is an MCP server with metadata of its own (RFC 9728 3)", async (t) => {
  await using test = await testApp({ scenarios: [plain, rich] });
  const { scenarios } = listed.parse(await json(await test.get("/scenarios?q=-sample")));
  assert.deepEqual(scenarios.map(({ name }) => name), [plain.name, rich.name]);
  for (const { name, url } of scenarios) {
    await t.step(name, async () => {
      const refusal = await test.fetch(url, { method: "POST" });
      await refusal.body?.cancel();
      assert.equal(refusal.status, 401);
      const [, metadata = ""] = /resource_metadata="([^"]+)"/.exec(refusal.headers.get("www-authenticate") ?? "") ?? [];
      assert.equal(text(await json(await test.get(metadata)), "resource"), url);
    });
  }
});

Deno.test("a scenario that needs an origin gets one where the server is on this machine, else is said to lack it", async (t) => {
  await t.step("localhost", async () => {
    await using test = await testApp({ scenarios: [rich] });
    const page = await pageOf(test);
    assert.match(page, /data-copy="http:\/\/rich-sample--[a-z0-9]{16}\.localhost:8789\/oauth"/);
    assert.doesNotMatch(page, /--scenario/);
  });
  await t.step("a public host", async () => {
    await using test = await testApp({ scenarios: [rich], publicUrl: "https://mock.example.com" });
    const page = await pageOf(test);
    assert.match(page, /data-copy="https:\/\/mock\.example\.com\/s\/rich-sample~[a-z0-9]{16}\/oauth"/);
    assert.match(textOf(page), /start a server with --scenario rich-sample/);
  });
});

Deno.test("GET /scenarios?q= shows what was searched for without a script (issue 6)", async (t) => {
  await using test = await testApp({ scenarios: [plain, rich] });
  const searches: Readonly<Record<string, readonly string[]>> = {
    "": names,
    "plain-sample": ["plain-sample"],
    "TOKEN refresh Plain-": ["plain-sample"],
    "auth/sample": ["rich-sample"],
    "sample#1342": ["rich-sample"],
    "rich- c25": ["rich-sample"],
    "rich- c24": [],
    "rich- 2026-07-28": ["rich-sample"],
    "-sample": ["rich-sample", "plain-sample"].toSorted((a, b) => names.indexOf(a) - names.indexOf(b)),
    [attack]: [],
  };
  for (const [query, found] of Object.entries(searches)) {
    await t.step(query || "nothing", async () => {
      const page = await pageOf(test, `/scenarios?${new URLSearchParams({ q: query })}`);
      const shown = [...page.matchAll(/<li class="scenario"( hidden)?><details><summary><code>([^<]+)/g)]
        .flatMap(([, hidden, name = ""]) => hidden === undefined ? [name] : []);
      assert.deepEqual(shown, found);
      const count = found.length === names.length
        ? `${names.length} scenarios`
        : `${found.length} of ${names.length} scen`;
      assert.ok(textOf(page).includes(found.length === 0 ? "nothing found" : count), count);
      assert.doesNotMatch(page, /<img/);
      const document = await json(await test.get(`/scenarios?${new URLSearchParams({ q: query })}`));
      assert.deepEqual(listed.parse(document).scenarios.map(({ name }) => name).sort(), [...found].sort());
    });
  }
});

Deno.test("GET /scenarios is the catalogue as data for programs (issue 6)", async () => {
  await using test = await testApp({ scenarios: [rich] });
  const response = await test.get("/scenarios", { accept: "application/json" });
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const body = listed.parse(await json(response));
  assert.deepEqual(body.groups, scenarioGroups);
  const { url, control_url, has_own_origin, ...told } = body.scenarios.find(({ name }) => name === rich.name) ?? {};
  const { definition: _, driver, ...own } = Object(told);
  assert.deepEqual(driver, driverOf(rich));
  assert.deepEqual(own, JSON.parse(JSON.stringify(describeScenario(rich))));
  assert.match(String(url), /^http:\/\/rich-sample--[a-z0-9]{16}\.localhost:8789\/oauth$/);
  assert.equal(control_url, String(url).replace(/oauth$/, "control"));
  assert.equal(has_own_origin, true);
});

Deno.test("what a scenario of somebody else's says comes out as text (issue 4)", async () => {
  const hostile = {
    ...rich,
    name: "hostile",
    story: attack,
    client: attack,
    official: attack,
    clients: [{ client_id: attack, client_secret: attack, token_endpoint_auth_method: attack, grant_types: [attack] }],
    links: [{ label: attack, url: "javascript:alert(1)" }],
  };
  await using test = await testApp({ scenarios: [hostile] });
  for (const path of ["/scenarios", "/s/hostile/", "/s/hostile/guide"]) {
    const page = await pageOf(test, path);
    assert.ok(page.includes("&lt;script>"), path);
    assert.doesNotMatch(page, /<script(?! type="module" src="\/)|<img|href="javascript:/, path);
  }
});

Deno.test("home and guide of a sandbox say which scenario it plays and what is right in it (issue 6)", async (t) => {
  await using test = await testApp({ scenarios: [plain] });
  for (const path of ["/", "/guide"]) {
    await t.step(path, async () => {
      const page = await pageOf(test, `/s/plain-sample~my-label${path}`);
      assert.match(
        textOf(page),
        /You are in the sandbox plain-sample~my-label, scenario plain-sample\. what happens The refresh token is refused what a correct client does Sends the person to log in again, once/,
      );
      assert.ok(page.includes('href="/s/plain-sample~my-label/scenarios#plain-sample"'));
      assert.doesNotMatch(await pageOf(test, path), /class="notice banner"/, "main is as one expects it");
    });
  }
  await t.step("the process's own", async () => {
    await using own = await testApp({ scenario: plain });
    assert.match(textOf(await pageOf(own, "/")), /You are in the sandbox main, scenario plain-sample/);
  });
});

Deno.test("GET /scenarios?q= counts what it found in each group, and finds rules, too (issue 16)", async () => {
  await using test = await testApp({ scenarios: [plain, rich] });
  const page = await pageOf(test, "/scenarios?q=-sample");
  const [index = ""] = /<nav class="group-index".*?<\/nav>/s.exec(page) ?? [];
  const counts = [...index.matchAll(/<a href="#group:([^"]+)">[^<]+<\/a> <span class="quiet">([1-9]\d*)<\/span>/g)];
  assert.deepEqual(counts.map(([, group, count]) => [group, count]).toSorted(), [["official-suite", "1"], [
    "refresh",
    "1",
  ]]);
  assert.match(page, /<section class="group" aria-labelledby="group:rules" hidden>/);
  const byRule = await pageOf(test, "/scenarios?q=C25");
  assert.deepEqual([...byRule.matchAll(/<div id="(C\d+)" class="fact rule">/g)].map(([, id]) => id), ["C25"]);
  const { title = "" } = rules.find(({ id }) => id === "C25") ?? {};
  const { scenarios } = listed.parse(await json(await test.get(`/scenarios?${new URLSearchParams({ q: title })}`)));
  assert.ok(scenarios.some(({ name }) => name === "rich-sample"), "found by the title of a rule that it tests");
});

Deno.test("GET /scenarios?q= gives hints where nothing is found (issue 16)", async () => {
  await using test = await testApp({ scenarios: [plain, rich] });
  const hintsIn = (page: string): readonly string[] =>
    [...(/<div id="hints" class="notice">.*?<\/div>/s.exec(page)?.[0] ?? "").matchAll(/href="\?q=([^"]+)">/g)]
      .map(([, query = ""]) => decodeURIComponent(query));
  assert.deepEqual(hintsIn(await pageOf(test, "/scenarios?q=plain-sample+giraffe")), ["plain-sample"]);
  assert.ok(hintsIn(await pageOf(test, "/scenarios?q=refersh")).includes("refresh"), "letters in another order");
  const page = await pageOf(test, "/scenarios?q=xyzzyx");
  assert.match(page, /<div id="hints" class="notice"><p id="hints-others" hidden>/);
  assert.match(page, /break it by hand/);
  assert.match(await pageOf(test), /<div id="hints" class="notice" hidden>/);
});

Deno.test("hintsFor gives words one by one, beginnings and near words, those that find something alone", () => {
  const texts = ["it rotates keys", "the refresh token is revoked", "a token without expiry"];
  assert.deepEqual(hintsFor(texts, "rotation"), [{ query: "rotat", count: 1 }]);
  assert.deepEqual(hintsFor(texts, "revoke giraffe"), [{ query: "revoke", count: 1 }, { query: "revoked", count: 1 }]);
  assert.deepEqual(hintsFor(texts, "tokne"), [{ query: "token", count: 2 }]);
  assert.deepEqual(hintsFor(texts, "giraffe"), []);
  assert.deepEqual(hintsFor([], ""), []);
});

Deno.test("GET /scenarios weighs less than 2.1 kB a scenario, and less than 80 kB compressed as browsers get it (RFC 9110 12.5.3)", async () => {
  await using test = await testApp();
  const plain = await test.get("/scenarios", { accept: "text/html" });
  assert.equal(plain.headers.get("content-encoding"), null);
  const { length } = await plain.text();
  assert.ok(length < 2100 * all.length, `${length} for ${all.length} scenarios`);
  const sent = await test.get("/scenarios", { accept: "text/html", "accept-encoding": "gzip, deflate, br" });
  assert.equal(sent.headers.get("content-encoding"), "gzip");
  assert.match(sent.headers.get("vary") ?? "", /accept-encoding/);
  const { byteLength } = await sent.arrayBuffer();
  assert.ok(byteLength < 80_000, `${byteLength}`);
});

for (const [accepted, coding] of [["gzip;q=0, br", null], ["x-gzip", null], ["br, GZIP;q=0.5", "gzip"]] as const) {
  Deno.test(`GET /scenarios is sent as ${coding ?? "plain text"} to a browser that accepts ${accepted}`, async () => {
    await using test = await testApp();
    const response = await test.get("/scenarios", { accept: "text/html", "accept-encoding": accepted });
    assert.equal(response.headers.get("content-encoding"), coding);
    await response.body?.cancel();
  });
}

Deno.test("GET /scenarios explains every rule that a scenario tests, with the paragraph that asks for it (issue 6)", async () => {
  await using test = await testApp();
  const page = await pageOf(test);
  for (const { id, title, link, level } of rules) {
    assert.equal(page.split(` id="${id}"`).length, 2, id);
    assert.ok(page.includes(`<a href="${link}">${level}</a>`), id);
    assert.ok(textOf(page).includes(` ${id} ${title} ${level}`), id);
  }
  const ids = new Set(rules.map(({ id }) => id));
  assert.deepEqual(all.flatMap(({ expects }) => expects).filter((id) => !ids.has(id)), [], "rules that are none");
});

Deno.test("GET /scenarios?define= shows the scenario of a link, and how to make it in a shell (issue 6)", async () => {
  await using test = await testApp();
  const path = new URL(await buildScenarioLink(origin, custom) ?? "");
  const page = await pageOf(test, path.pathname + path.search);
  const read = textOf(page);
  assert.ok(page.includes("It's refused, and &lt;b>nobody&lt;/b> says why"), "as text");
  assert.ok(read.includes("a scenario from a link: custom-sample"));
  assert.ok(read.includes(`"name": "custom-sample"`));
  assert.ok(read.includes("It'\\''s refused"), "quoted for a shell (POSIX 2.2.2)");
  const [, url = "", body = ""] =
    /curl -i '(\S+)' \\ -H 'content-type: application\/json' \\ -d '(.*?})' /.exec(read) ?? [];
  assert.match(url, new RegExp(`^${origin}/s/standard~[a-z0-9]{16}/control/scenarios$`));
  const answer = await test.postJson(url.slice(origin.length), body.replaceAll("'\\''", "'").replaceAll("&lt;", "<"));
  assert.equal(answer.status, 200, await answer.clone().text());
  const made = z.object({ scenarios: z.array(z.object({ mcp_url: z.string(), link: z.string() })) });
  const [{ mcp_url, link } = { mcp_url: "", link: "" }] = made.parse(await answer.json()).scenarios;
  assert.equal(link, path.href, "the link is the same for the same scenario");
  assert.equal((await test.fetch(mcp_url, { method: "POST" })).status, 401);
  const document = await json(await test.get(path.pathname + path.search));
  assert.deepEqual(document.definition, custom);
});

Deno.test("GET /scenarios?define= can be made on a public host, by whoever has the page (issue 6)", async () => {
  await using test = await testApp({ publicUrl: "https://mock.example.com", control: { token: "secret" } });
  const { search } = new URL(await buildScenarioLink(origin, custom) ?? "");
  const [, path = ""] = / data-url="([^"]+)"/.exec(await pageOf(test, `/scenarios${search}`)) ?? [];
  assert.equal((await test.postJson("/control/scenarios", custom)).status, 401, "as anybody, at the server's own");
  assert.equal((await test.postJson(path, custom)).status, 200);
});

Deno.test("GET /scenarios?define= refuses a link that carries none, and shows an attack in it as text", async (t) => {
  await using test = await testApp();
  for (const text of ["", "x", attack, "A".repeat(5000)]) {
    await t.step(text.slice(0, 20) || "empty", async () => {
      const response = await test.get(`/scenarios?${new URLSearchParams({ define: text })}`, html);
      assert.equal(response.status, 400);
      assert.doesNotMatch(await response.text(), /<img|<script(?! type="module" src="\/)/);
    });
  }
});

async function pageOf({ get }: TestApp, path = "/scenarios"): Promise<string> {
  const response = await get(path, html);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  return await response.text();
}

function namesOf(page: string): readonly string[] {
  return [...page.matchAll(/<summary><code>([^<]+)<\/code>/g)].map(([, name = ""]) => name);
}

function entryOf(page: string, name: string): string {
  const entry = page.split('<li class="scenario"').find((part) => part.includes(` id="${name}"`));
  assert.ok(entry, name);
  return entry;
}

/** What a reader sees. */
function textOf(page: string): string {
  return page.replaceAll(/<button[^>]*class="copy".*?<\/button>/gs, " ").replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&quot;", '"').replaceAll("&amp;", "&").replaceAll(/\s+/g, " ").replaceAll(/ (?=[,.])/g, "");
}

Deno.test("GET /scenarios/clients shows how the clients of SDKs fared, of one client or with one verdict (issue 22)", async () => {
  await using test = await testApp();
  const fetched = async (query: string): Promise<string> =>
    await (await test.app(new Request(`${origin}/scenarios/clients${query}`, { headers: html }))).text();
  const data = await json(await test.app(new Request(`${origin}/scenarios/clients`)));
  const { clients } = z.object({ clients: z.array(resultsShape) }).parse(data);
  assert.deepEqual(
    clients.map(({ client, title, version }) => [client, title, version]),
    drivenClients.map(({ name, title, version }) => [name, title, version]),
    "deno task matrix --client all",
  );
  const all = await fetched("");
  assert(catalogue.every(({ name }) => all.includes(`/scenarios#${name}"`)));
  for (const { client, cells } of clients) {
    const failed = Object.entries(cells).find(([, { broken }]) => broken !== undefined);
    if (!failed) continue;
    const [name, { broken = [] }] = failed;
    const one = await fetched(`?client=${client}&verdict=fail&q=${name}`);
    assert(one.includes(`<li id="${name}" data-verdict="fail">`), client);
    for (const { rule } of broken) assert(one.includes(`>${rule}</a>`), `${client} ${rule}`);
  }
  assert.match(await fetched("?client=ruby"), /There is no client ruby; expected typescript-1, /);
  assert.match(await fetched("?verdict=passed"), /There is no verdict passed; expected pass, fail, incomplete\./);
  assert.doesNotMatch(
    await fetched(`?q=${encodeURIComponent(attack)}&client=${encodeURIComponent(attack)}`),
    /<script>alert/,
  );
});
