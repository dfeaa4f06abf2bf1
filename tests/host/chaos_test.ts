/**
 * What happens around a process: another one dies, the disk fills up, the database is held, moved or removed, the clock
 * jumps. Answers stay honest, nothing acknowledged is lost, and it goes on once the cause is gone. Descriptors are in
 * `listener_test.ts` and `front_test.ts`, a process killed while it works alone in `crash_test.ts`.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { publicClient } from "../helpers.ts";
import { type Client, fetchCode, jsonOf, makeFolder, redeemCode, registerClient, startServer } from "./program.ts";

const issuer = ["--public-url", "http://mock.test"] as const;

/** The status of a registration, and how long a client is to wait before it tries again. */
async function tryToRegister(client: Client): Promise<readonly [status: number, retryAfter: string | null]> {
  const response = await client.postJson("/oauth/register", publicClient);
  await response.body?.cancel();
  return [response.status, response.headers.get("retry-after")];
}

/** Tries again until it says what is hoped for. */
async function eventually(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("not within 5 s");
}

/** Registers clients until the server is gone; gives those that were acknowledged. */
async function registerAll(client: Client, acknowledged: string[]): Promise<void> {
  for (;;) acknowledged.push(await registerClient(client));
}

Deno.test("of two processes on one file one is killed: the other knows all that was acknowledged, and goes on", async () => {
  await using folder = await makeFolder();
  const args = ["--quiet", "--db", `${folder.path}/kv.sqlite3`, ...issuer];
  await using killed = await startServer(args);
  await using other = await startServer(args);
  const acknowledged: string[] = [];
  const workers = Array.from({ length: 8 }, () => registerAll(killed.client, acknowledged));
  const own: string[] = [];
  while (acknowledged.length < 60) own.push(await registerClient(other.client));
  killed.kill("SIGKILL");
  await Promise.allSettled(workers);
  own.push(await registerClient(other.client));
  for (const clientId of [...acknowledged, ...own]) await fetchCode(other.client, clientId);
  await using restarted = await startServer(args);
  for (const clientId of [...acknowledged, ...own].slice(-20)) await fetchCode(restarted.client, clientId);
  await restarted.stop();
  await other.stop();
});

/** Mounts a small file system in a folder; false where that is not allowed. */
async function mount(path: string, size: string): Promise<boolean> {
  const command = new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path],
    stderr: "null",
  });
  return await command.output().then(({ success }) => success, () => false);
}

await using probeFolder = await makeFolder();
const canMount = await mount(probeFolder.path, "64k");
if (canMount) await unmount(probeFolder.path);

async function unmount(path: string): Promise<void> {
  await new Deno.Command("umount", { args: [path] }).output();
}

Deno.test({
  name: "a full disk is told as 507, and once there is room all goes on with nothing acknowledged lost (RFC 4918 11.5)",
  // Only root may mount the small disk that is filled.
  ignore: !canMount,
  fn: async () => {
    await using folder = await makeFolder();
    assert(await mount(folder.path, "1m"));
    await using cleanUp = new AsyncDisposableStack();
    cleanUp.defer(() => unmount(folder.path));
    const filler = `${folder.path}/filler`;
    await Deno.writeFile(filler, new Uint8Array(600_000));
    const args = ["--db", `${folder.path}/kv.sqlite3`, ...issuer];
    const acknowledged: string[] = [];
    {
      await using server = await startServer(args);
      const outcome = await Promise.allSettled([registerAll(server.client, acknowledged)]);
      assert.match(
        String(outcome[0]?.status === "rejected" && outcome[0].reason),
        /The disk that holds the database is full/,
      );
      // SQLite may find some more room in its log once a write has failed, but not for long.
      let told = await tryToRegister(server.client);
      for (let more = 0; told[0] === 201 && more < 500; more++) told = await tryToRegister(server.client);
      assert.deepEqual(told, [507, "5"]);
      await jsonOf(await server.client.fetch("/.well-known/oauth-authorization-server"), 200);
      await server.until(
        "stdout",
        /"event":"error","message":"POST \/oauth\/register: TypeError: database or disk is full"/,
      );
      await Deno.remove(filler);
      await eventually(async () => (await tryToRegister(server.client))[0] === 201);
      await server.stop();
    }
    await using server = await startServer(args);
    assert(acknowledged.length > 0);
    for (const clientId of acknowledged) await fetchCode(server.client, clientId);
    await server.stop();
  },
});

Deno.test("a database that is held for a second makes writers wait, and no longer than that", async () => {
  await using folder = await makeFolder();
  await using server = await startServer(["--db", `${folder.path}/kv.sqlite3`, ...issuer]);
  const clientId = await registerClient(server.client);
  await fetchCode(server.client, clientId);
  await jsonOf(await server.client.fetch("/oauth/jwks"), 200);
  using holder = new DatabaseSync(`${folder.path}/kv.sqlite3`);
  // What the server is just writing has to be finished first.
  holder.exec("PRAGMA busy_timeout = 2000");
  holder.exec("BEGIN IMMEDIATE");
  const startMs = performance.now();
  const written = Array.from({ length: 4 }, () => registerClient(server.client));
  // Reading does not wait.
  await jsonOf(await server.client.fetch("/oauth/jwks"), 200);
  assert(performance.now() - startMs < 900, "a reader waited");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  holder.exec("ROLLBACK");
  for (const id of await Promise.all(written)) await fetchCode(server.client, id);
  await server.stop();
});

Deno.test("a database file that is removed or replaced while it is open is told as 503, and used again once it is back", async () => {
  await using folder = await makeFolder();
  const [path, aside] = [`${folder.path}/kv.sqlite3`, `${folder.path}/aside`];
  await using server = await startServer(["--db", path, ...issuer]);
  const clientId = await registerClient(server.client);
  await Deno.rename(path, aside);
  await server.until("stdout", /"event":"error","message":"The database [^"]* was removed or replaced/);
  assert.deepEqual(await tryToRegister(server.client), [503, "5"]);
  await Deno.writeFile(path, new Uint8Array());
  assert.deepEqual(await tryToRegister(server.client), [503, "5"]);
  await Deno.rename(aside, path);
  await eventually(async () => (await tryToRegister(server.client))[0] === 201);
  await fetchCode(server.client, clientId);
  await server.stop();
});

Deno.test("clocks that jump forward and back under working clients end nothing but what expires", async () => {
  await using folder = await makeFolder();
  await using server = await startServer(["--db", `${folder.path}/kv.sqlite3`]);
  const { client } = server;
  const statuses = new Set<number>();
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      const clientId = await registerClient(client);
      const response = await redeemCode(client, clientId, await fetchCode(client, clientId));
      statuses.add(response.status);
      await response.body?.cancel();
    }
  };
  const workers = Array.from({ length: 4 }, work);
  const years = 10 * 365 * 24 * 60 * 60;
  for (const seconds of [years, -2 * years, years, 3600, -3600]) {
    await jsonOf(await client.postJson("/control/clock", { advance_seconds: seconds }), 200);
    await jsonOf(await client.fetch("/health"), 200);
  }
  isOver = true;
  await Promise.all(workers);
  // A code may have expired on its way; nothing else may go wrong.
  assert.deepEqual([...statuses].filter((status) => status !== 200 && status !== 400), []);
  const clientId = await registerClient(client);
  await jsonOf(await redeemCode(client, clientId, await fetchCode(client, clientId)), 200);
  await server.stop();
});
