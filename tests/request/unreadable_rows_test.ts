/** What a server does whose database holds rows that cannot be read: nobody else pays, and they can be removed. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { authorizeQuery, json, type KvTestApp, kvTestApp, publicClient, register, type TestApp } from "../helpers.ts";
import { unreadable } from "./unreadable.ts";

const HOUR_MS = 60 * 60 * 1000;

function hashed(text: string): string {
  return hash("sha256", text, "base64url");
}

/** The words of an honest error. */
async function assertTold(response: Response): Promise<void> {
  assert.equal(response.status, 500);
  const { error, error_description } = await json(response);
  assert.equal(error, "server_error");
  assert.match(String(error_description), /cannot be read.*POST \/control\/reset/);
}

async function withLog(): Promise<{ test: KvTestApp; lines: string[] }> {
  const lines: string[] = [];
  return {
    test: await kvTestApp({ log: (event) => void (event.event === "error" && lines.push(event.message)) }),
    lines,
  };
}

Deno.test("a sandbox whose state cannot be read says so, and is put right over HTTP (README, limits)", async (t) => {
  const repairs: readonly (readonly [string, (test: TestApp, prefix: string) => Promise<Response>])[] = [
    ["POST /control/reset", (test, prefix) => test.fetch(`${prefix}/control/reset`, { method: "POST" })],
    ["DELETE /control/plan", (test, prefix) => test.fetch(`${prefix}/control/plan`, { method: "DELETE" })],
  ];
  for (const [what, repair] of repairs) {
    for (const [name, prefix] of [["main", ""], ["standard~a", "/s/standard~a"]] as const) {
      for (const isKnown of [false, true]) {
        await t.step(`${what} of ${name}, ${isKnown ? "read before" : "not read before"}`, async () => {
          const { test, lines } = await withLog();
          await using _ = test;
          if (isKnown) assert.equal((await test.get(`${prefix}/health`)).status, 200);
          await test.kv.set(["#state", name], unreadable());
          if (!isKnown) { for (let turn = 0; turn < 3; turn++) await assertTold(await test.get(`${prefix}/health`)); }
          await assertTold(
            await test.fetch(`${prefix}/control/clock`, {
              method: "POST",
              body: '{"advance_seconds":1}',
              headers: { "content-type": "application/json" },
            }),
          );
          assert.equal((await test.get("/s/standard~b/health")).status, 200);
          assert.equal((await repair(test, prefix)).status, 200);
          assert.equal((await test.get(`${prefix}/health`)).status, 200);
          const registered = await test.postJson(`${prefix}/oauth/register`, publicClient);
          assert.equal(registered.status, 201);
          assert.equal(lines.length, 1, lines.join("\n"));
          assert.match(lines[0] ?? "", /^A stored row cannot be read: \["#state",/);
        });
      }
    }
  }
});

Deno.test("a client or a user that cannot be read is an error of who asks for it, and is removed by DELETE and reset", async (t) => {
  for (const removal of ["DELETE", "reset"]) {
    await t.step(removal, async () => {
      await using test = await kvTestApp();
      const { clientId } = await register(test);
      const bad = await register(test);
      await test.postJson("/control/users", [{ email: "a@b.co", password: "p" }, { email: "bad@b.co", password: "p" }]);
      await test.kv.set(["main", "client", hashed(bad.clientId)], unreadable());
      await test.kv.set(["main", "user", hashed("bad@b.co")], unreadable());
      await using other = await kvTestApp({ kv: test.kv });
      await assertTold(await other.get(authorizeQuery(bad.clientId)));
      assert.equal((await other.get(authorizeQuery(clientId))).status, 200);
      // The one that is well is listed, and clients go on registering.
      const { clients } = await json(await other.get("/control/clients"));
      const { users } = await json(await other.get("/control/users"));
      assert(Array.isArray(clients) && Array.isArray(users));
      assert.deepEqual(clients.map(({ client_id }) => client_id), [clientId]);
      assert.deepEqual(users.map(({ email }) => email), ["a@b.co"]);
      await register(other);
      if (removal === "reset") assert.equal((await other.fetch("/control/reset", { method: "POST" })).status, 200);
      else {
        for (const path of [`clients/${bad.clientId}`, "users/bad@b.co"]) {
          assert.equal((await other.fetch(`/control/${path}`, { method: "DELETE" })).status, 200);
          assert.equal((await other.fetch(`/control/${path}`, { method: "DELETE" })).status, 404);
        }
      }
      for (const table of ["client", "user"]) {
        // Throws if one is left that cannot be read.
        const rows = await Array.fromAsync(test.kv.list({ prefix: ["main", table] }));
        assert.equal(rows.length, removal === "reset" ? 0 : table === "client" ? 2 : 1);
      }
    });
  }
});

Deno.test("sandboxes besides one that cannot be read are not affected by it, however often it is requested", async () => {
  await using test = await kvTestApp({ shared: true, sleep: () => Promise.resolve() });
  await test.kv.set(["#state", "standard~bad"], unreadable());
  for (let round = 0; round < 10; round++) {
    const paths = Array.from({ length: 20 }, (_, index) => `/s/standard~${index % 2 ? "bad" : `good${index}`}/health`);
    const answers = await Promise.all(paths.map((path) => test.get(path)));
    assert.deepEqual(answers.map(({ status }) => status), paths.map((path) => path.includes("bad") ? 500 : 200));
  }
});

Deno.test("the sweep of idle sandboxes goes past what cannot be read, and takes it along", async () => {
  const { test, lines } = await withLog();
  await using _ = test;
  const names = ["bad", "one", "two", "three"];
  for (const label of names) {
    await register({
      ...test,
      postJson: (path, body) => test.postJson(`/s/standard~${label}${path}`, body),
    });
  }
  await test.kv.set(["#state", "standard~bad"], unreadable());
  await test.kv.set(["standard~bad", "client", "x"], unreadable());
  await test.kv.set(["standard~two", "client", "x"], unreadable());
  test.clock.nowMs += 26 * HOUR_MS;
  for (let step = 0; step < 3; step++) {
    test.clock.nowMs += HOUR_MS / 5;
    assert.equal((await test.get("/health")).status, 200);
  }
  for (const label of names) {
    for (const prefix of [["#state", `standard~${label}`], ["#sandbox", `standard~${label}`], [`standard~${label}`]]) {
      assert.deepEqual(await Array.fromAsync(test.kv.list({ prefix })), []);
      assert.equal((await test.kv.get(prefix)).versionstamp, null);
    }
  }
  assert.deepEqual(lines.filter((line) => !line.startsWith("A stored row cannot be read")), []);
});

Deno.test("the quota of registrations is counted past what cannot be read (--public)", async () => {
  await using test = await kvTestApp({ public: true });
  await test.kv.set(["main", "client", "bad"], unreadable());
  for (let count = 0; count < 3; count++) await register(test);
});
