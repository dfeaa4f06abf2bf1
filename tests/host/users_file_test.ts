/** `--users` from the outside: read at the start, or refused in one line. */
import assert from "node:assert/strict";
import { claimsOf, text } from "../helpers.ts";
import { fetchCode, jsonOf, makeFolder, redeemCode, registerClient, run, startServer } from "./program.ts";

const memory = ["--db", ":memory:"] as const;

Deno.test("--users and MOCK_USERS declare who can log in (README, options)", async (t) => {
  await using folder = await makeFolder();
  const file = `${folder.path}/users.json`;
  const ada = { email: "ada@example.com", password: "pass-phrase", roles: ["admin"] };
  await Deno.writeTextFile(file, JSON.stringify([ada]));
  for (const [args, env] of [[["--users", file], {}], [[], { MOCK_USERS: file }]] as const) {
    await t.step(args.length > 0 ? "--users" : "MOCK_USERS", async () => {
      await using server = await startServer([...memory, ...args], { env });
      const clientId = await registerClient(server.client);
      const code = await fetchCode(server.client, clientId, {
        auto_approve_email: ada.email,
        auto_approve_password: ada.password,
      });
      const tokens = await jsonOf(await redeemCode(server.client, clientId, code), 200);
      assert.deepEqual(claimsOf(text(tokens, "access_token")).roles, ["admin"]);
      await server.stop();
    });
  }
});

Deno.test("a file of users that cannot be read ends the program with code 2 and one line (README, options)", async (t) => {
  await using folder = await makeFolder();
  const file = `${folder.path}/users.json`;
  await Deno.writeTextFile(file, '[{"email":"ada@example.com","password":"hunter2","claims":{"iss":"x"}}]');
  for (const [path, says] of [[file, /iss cannot be overridden/], [`${file}.not`, /No such file/i]] as const) {
    await t.step(path.endsWith("not") ? "missing" : "wrong", async () => {
      const { code, stdout, stderr } = await run(["--port", "0", ...memory, "--users", path]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^mock-oauth: The users of [^\n]+\n$/);
      assert.match(stderr, says);
      assert(!stderr.includes("hunter2"), stderr);
    });
  }
});
