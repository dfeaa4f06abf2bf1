/** Limits on connections: of the process, which the table obeys that stands in front of it. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { connectionLimits, type Connections, createConnections } from "../../lib/limits/connections.ts";
import { derivationLimits, derivations } from "../../lib/oauth/users/derivations.ts";
import { MAX_BODY_BYTES } from "../../lib/http/request_body.ts";
import { MAX_OWN_ORIGINS } from "../../lib/sandbox/origins.ts";
import { bodyLimits } from "../../lib/limits/body_bytes.ts";
import { underWayLimits } from "../../lib/limits/under_way.ts";
import { assertOAuthError, authorizeQuery, register, type TestApp, testApp } from "../helpers.ts";
import { publicApp } from "../request/public_app.ts";
import { bytesText, type LimitRow } from "./row.ts";

const { inAll, perAddress, headersMs, answerMs, sendMs, idleMs } = connectionLimits;

/** Requests whose bodies do not come, until they are told to hang up. */
interface Hanging {
  /** Sends one with so many bytes to come; gives its status if it is refused at once. */
  readonly ask: (address: string, bytes?: number) => Promise<number | undefined>;
  readonly end: () => Promise<void>;
}

function hangingAt({ fetch }: TestApp): Hanging {
  const controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
  const answers: Promise<Response>[] = [];
  return {
    ask: async (address, bytes = 9) => {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void controllers.push(controller) });
      const headers = { "content-type": "application/json", "content-length": `${bytes}`, "x-forwarded-for": address };
      const answer = fetch("/oauth/register", { method: "POST", body, headers });
      answers.push(answer);
      return (await Promise.race([answer, turns()]))?.status;
    },
    end: async () => {
      for (const controller of controllers) controller.error(new Error("hung up"));
      for (const response of await Promise.all(answers)) await response.body?.cancel();
    },
  };
}

/** Longer than a refusal takes. */
async function turns(): Promise<undefined> {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  return undefined;
}

/** A table with the limits of the program, and a clock that stands still. */
function table(): { readonly connections: Connections; readonly clock: { nowMs: number } } {
  const clock = { nowMs: 0 };
  return { clock, connections: createConnections(connectionLimits, () => clock.nowMs) };
}

/** A row for a time that a connection may take. */
function time(what: string, limitMs: number, wait: (connection: ReturnType<Connections["admit"]>) => void): LimitRow {
  return {
    what,
    each: "connection",
    most: `${limitMs / 1000} s`,
    beyond: "closed",
    isPublicOnly: true,
    fill: () => {
      const { connections, clock } = table();
      wait(connections.admit("a", () => {}));
      clock.nowMs = limitMs - 1;
      connections.sweep();
      assert.equal(connections.size(), 1);
      clock.nowMs = limitMs;
      connections.sweep();
      assert.equal(connections.size(), 0);
      return Promise.resolve();
    },
  };
}

export const rows: readonly LimitRow[] = [
  {
    what: "ports of sandboxes",
    each: "process",
    most: `${MAX_OWN_ORIGINS}`,
    beyond: "507",
    fill: async () => {
      let port = 40_000;
      await using test = await testApp({
        openPort: () => ({ port: port++, protocol: "http", close: () => Promise.resolve() }),
      });
      const open = async (label: string): Promise<number> => {
        const response = await test.postJson("/control/origins", { scenario: "no-prm", label });
        await response.body?.cancel();
        return response.status;
      };
      for (let index = 0; index < MAX_OWN_ORIGINS; index++) assert.equal(await open(`l${index}`), 200);
      assert.equal(await open("more"), 507);
      // Who has one keeps it.
      assert.equal(await open("l0"), 200);
    },
  },
  {
    what: "passwords hashed for logins",
    each: "process",
    most: `${derivationLimits.atOnce} at once, ${derivationLimits.waiting} wait`,
    beyond: "503",
    fill: async () => {
      await using test = await testApp();
      const { clientId } = await register(test);
      const path = authorizeQuery(clientId, { auto_approve: undefined });
      const logIn = async (email: string): Promise<number> => {
        const response = await test.postForm(path, { action: "login", email, password: "x" });
        await response.body?.cancel();
        return response.status;
      };
      const { promise, resolve } = Promise.withResolvers<void>();
      const { atOnce, waiting } = derivationLimits;
      const held = Array.from({ length: atOnce + waiting - 1 }, () => derivations.run(() => promise));
      // One place is left for two.
      const logins = [logIn("one@b.example"), logIn("more@b.example")];
      assert.equal(await Promise.race(logins), 503);
      resolve();
      await Promise.all(held);
      assert.deepEqual((await Promise.all(logins)).toSorted(), [303, 503]);
    },
  },
  {
    what: "connections",
    each: "process",
    most: `${inAll}`,
    beyond: "a quiet one of the address that has the most is closed",
    isPublicOnly: true,
    fill: () => {
      const { connections } = table();
      const closed: number[] = [];
      for (let count = 0; count <= inAll; count++) {
        assert(connections.admit(`${count >> 1}`, () => void closed.push(count)));
      }
      assert.deepEqual(closed, [0]);
      return Promise.resolve();
    },
  },
  {
    what: "connections",
    each: "address",
    most: `${perAddress}`,
    beyond: "its quietest one is closed",
    isPublicOnly: true,
    fill: () => {
      const { connections } = table();
      const closed: number[] = [];
      for (let count = 0; count <= perAddress; count++) {
        assert(connections.admit("a", () => void closed.push(count)));
      }
      assert.deepEqual(closed, [0]);
      return Promise.resolve();
    },
  },
  {
    what: "requests under way, open streams included",
    each: "address",
    most: `${underWayLimits.perAddress}`,
    beyond: "429",
    isPublicOnly: true,
    fill: async () => {
      await using test = await testApp({ public: true });
      const hanging = hangingAt(test);
      for (let count = 0; count < underWayLimits.perAddress; count++) assert.equal(await hanging.ask("a"), undefined);
      assert.equal(await hanging.ask("a"), 429);
      assert.equal((await test.get("/health", { "x-forwarded-for": "b" })).status, 200);
      await hanging.end();
      assert.equal((await test.get("/health", { "x-forwarded-for": "a" })).status, 200);
    },
  },
  {
    what: "requests under way, open streams included",
    each: "process",
    most: `${underWayLimits.inAll}`,
    beyond: "503 to addresses that have their share of it",
    isPublicOnly: true,
    fill: async () => {
      await using test = await testApp({ public: true });
      const hanging = hangingAt(test);
      const perAddress = 50;
      const sent = Array.from(
        { length: underWayLimits.inAll },
        (_, count) => hanging.ask(`${count % (underWayLimits.inAll / perAddress)}`),
      );
      assert((await Promise.all(sent)).every((status) => status === undefined));
      assert.equal(await hanging.ask("0"), 503);
      assert.equal((await test.get("/health", { "x-forwarded-for": "newcomer" })).status, 200);
      await hanging.end();
      assert.equal((await test.get("/health", { "x-forwarded-for": "0" })).status, 200);
    },
  },
  {
    what: "bodies of requests whose answers are not sent yet",
    each: "address",
    most: bytesText(bodyLimits.perAddress),
    beyond: "429",
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      await test.get("/health");
      const hanging = hangingAt(test);
      for (let count = 0; count < bodyLimits.perAddress / MAX_BODY_BYTES; count++) {
        assert.equal(await hanging.ask("a", MAX_BODY_BYTES), undefined);
        test.durations.nowMs += 2000;
      }
      assert.equal(await hanging.ask("a", 1), 429);
      for (const body of ["{}", new Blob(["{}"]).stream()]) {
        const headers = { "content-type": "application/json", "x-forwarded-for": "a" };
        const refusal = await test.fetch("/no-auth", { method: "POST", body, headers });
        const words = /The bodies of requests from your address in progress are too large together; expected at most/;
        assert.match(await assertOAuthError(refusal, 429, "temporarily_unavailable"), words);
      }
      assert.equal(await hanging.ask("b", MAX_BODY_BYTES), undefined);
      await hanging.end();
      assert.equal(await hanging.ask("a", 1), undefined);
      await hanging.end();
    },
  },
  {
    what: "bodies of requests whose answers are not sent yet",
    each: "process",
    most: bytesText(bodyLimits.inAll),
    beyond: "503 to addresses that have their share of it",
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      await test.get("/health");
      const hanging = hangingAt(test);
      const addresses = bodyLimits.inAll / MAX_BODY_BYTES;
      for (let address = 0; address < addresses; address++) {
        assert.equal(await hanging.ask(`${address}`, MAX_BODY_BYTES), undefined);
      }
      assert.equal(await hanging.ask("0", 1), 503);
      assert.equal(await hanging.ask("newcomer", Math.floor(bodyLimits.inAll / (addresses + 1))), undefined);
      assert.equal(await hanging.ask("large newcomer", MAX_BODY_BYTES), 503);
      await hanging.end();
      assert.equal(await hanging.ask("0", 1), undefined);
      await hanging.end();
    },
  },
  time("headers of a request", headersMs, () => {}),
  time("answer to a request, its body included", answerMs, (connection) => connection?.began()),
  time("reading what is sent", sendMs, (connection) => {
    connection?.began();
    connection?.answered();
    connection?.sending(true);
  }),
  time("rest between requests", idleMs, (connection) => {
    connection?.began();
    connection?.answered();
    connection?.ended();
  }),
];
