/** A process killed in the middle of its work: whatever it has acknowledged is there when the next one opens the file. */
import assert from "node:assert/strict";
import { json } from "../helpers.ts";
import {
  type Client,
  fetchCode,
  jsonOf,
  makeFolder,
  redeemCode,
  registerClient,
  type Server,
  signInStatus,
  startServer,
} from "./program.ts";

/** After how many acknowledgements each process is killed: while it makes its keys, and further and further in. */
const KILLS = [1, 25, 90, 150, 220] as const;
const WORKERS = 16;

interface SignIn {
  readonly clientId: string;
  readonly email: string;
  readonly password: string;
}

/** What a server has said to be done. */
interface Acknowledged {
  readonly clientIds: string[];
  readonly users: SignIn[];
  readonly redeemed: { readonly clientId: string; readonly code: string }[];
}

/** Does one kind of work after another and notes what is acknowledged, for as long as the server answers. */
async function work(
  client: Client,
  { name, number }: { readonly name: string; readonly number: number },
  done: Acknowledged,
  onAcknowledged: () => void,
): Promise<void> {
  // Not all of them begin with a password.
  for (let count = number;; count++) {
    const clientId = await registerClient(client);
    done.clientIds.push(clientId);
    onAcknowledged();
    // A password costs the server fifty milliseconds on purpose, so it is only every fourth time that one is made.
    const user = { clientId, email: `${name}-${count}@example.com`, password: `password of ${name}-${count}` };
    if (count % 4 === 0) {
      assert.equal(await signInStatus(client, clientId, user), 302);
      done.users.push(user);
      onAcknowledged();
    }
    const code = await fetchCode(client, clientId);
    await jsonOf(await redeemCode(client, clientId, code), 200);
    done.redeemed.push({ clientId, code });
    onAcknowledged();
  }
}

/** Has a server worked with and kills it after so many acknowledgements; gives these, and those that were on their way. */
async function killAfter(server: Server, acknowledgements: number): Promise<Acknowledged> {
  const done: Acknowledged = { clientIds: [], users: [], redeemed: [] };
  let left = acknowledgements;
  const onAcknowledged = (): void => {
    if (--left === 0) server.kill("SIGKILL");
  };
  const workers = Array.from(
    { length: WORKERS },
    (_, number) => work(server.client, { name: `${acknowledgements}-${number}`, number }, done, onAcknowledged),
  );
  const ends = await Promise.allSettled(workers);
  const { signal, stderr } = await server.ended;
  assert.deepEqual([signal, stderr], ["SIGKILL", ""]);
  // A worker ends with its connection; whatever else it ended with was the server's answer, and wrong.
  for (const end of ends) {
    assert(end.status === "rejected" && end.reason instanceof TypeError, String("reason" in end && end.reason));
  }
  return done;
}

/** Insists that everything acknowledged holds, eight checks at a time. */
async function assertKept(client: Client, { clientIds, users, redeemed }: Acknowledged): Promise<void> {
  const checks = [
    ...clientIds.map((clientId) => () => fetchCode(client, clientId)),
    ...users.map((user) => async () => {
      assert.equal(await signInStatus(client, user.clientId, user), 302, user.email);
    }),
    ...users.map((user) => async () => {
      assert.equal(await signInStatus(client, user.clientId, { ...user, password: "wrong" }), 401, user.email);
    }),
    ...redeemed.map(({ clientId, code }) => async () => {
      const response = await redeemCode(client, clientId, code);
      const body = await json(response);
      assert.deepEqual([response.status, body.error], [400, "invalid_grant"]);
      assert.match(String(body.error_description), /already used/);
    }),
  ];
  const queue = checks.values();
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (const check of queue) await check();
  }));
}

Deno.test("kill -9 at any moment loses nothing that was acknowledged (README)", async (t) => {
  await using folder = await makeFolder();
  const args = ["--quiet", "--db", `${folder.path}/kv.sqlite3`, "--public-url", "http://mock.test"];
  const all: Acknowledged = { clientIds: [], users: [], redeemed: [] };
  for (const acknowledgements of KILLS) {
    await t.step(`after ${acknowledgements} acknowledgements`, async () => {
      await using server = await startServer(args);
      const done = await killAfter(server, acknowledgements);
      const count = done.clientIds.length + done.users.length + done.redeemed.length;
      assert(count >= acknowledgements, `only ${count} acknowledgements`);
      assert(done.users.length > 0 || acknowledgements < 90, "nobody has a password");
      await using next = await startServer(args);
      await assertKept(next.client, done);
      await next.stop();
      all.clientIds.push(...done.clientIds);
      all.redeemed.push(...done.redeemed);
    });
  }
  await t.step("all of it after all of them", async () => {
    await using server = await startServer(args);
    await assertKept(server.client, all);
    await server.stop();
  });
});
