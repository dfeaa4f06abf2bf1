/** A listener that lasts: what it does when no connection can be accepted, on fake servers and a fake clock. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { answerBroken, type HttpServer, keepListening, type Listener } from "../../lib/cli/listener.ts";
import { PlannedBreak } from "../../lib/faults/broken_body.ts";

/** A server that fails when it is told to. */
interface FakeServer extends HttpServer {
  readonly port: number;
  readonly fail: () => void;
  isShutDown: boolean;
}

function fakeServer(port: number): FakeServer {
  const { promise, reject } = Promise.withResolvers<void>();
  promise.catch(() => {});
  const server: FakeServer = {
    port,
    addr: { hostname: "127.0.0.1", port: port || 4711 },
    finished: promise,
    fail: () => reject(new Error("Too many open files (os error 24)")),
    isShutDown: false,
    shutdown: () => {
      server.isShutDown = true;
      return Promise.resolve();
    },
  };
  return server;
}

/** A listener, all that it has opened, slept and said, and how often descriptors are still missing. */
interface Bench {
  readonly listener: Listener;
  readonly servers: FakeServer[];
  readonly pauses: number[];
  readonly reports: string[];
  readonly clock: { nowMs: number; missing: number };
}

function listen(): Bench {
  const servers: FakeServer[] = [];
  const pauses: number[] = [];
  const reports: string[] = [];
  const clock = { nowMs: 0, missing: 0 };
  const listener = keepListening(0, {
    open: (port) => {
      const server = fakeServer(port);
      servers.push(server);
      return server;
    },
    probe: () => {
      if (clock.missing-- > 0) throw new Error("Too many open files");
    },
    sleep: (ms) => {
      pauses.push(ms);
      clock.nowMs += ms;
      return Promise.resolve();
    },
    monotonicMs: () => clock.nowMs,
    report: (message) => void reports.push(message),
  });
  return { listener, servers, pauses, reports, clock };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

Deno.test("A listener that cannot accept closes what is quiet, and opens again on the same port", async () => {
  const { listener, servers, pauses, reports } = listen();
  servers[0]?.fail();
  await turn();
  assert.deepEqual(servers.map(({ port, isShutDown }) => [port, isShutDown]), [[0, true], [4711, false]]);
  assert.equal(listener.addr.port, 4711);
  assert.deepEqual(pauses, [50]);
  assert.deepEqual(reports, [
    "No connection can be accepted (Too many open files (os error 24)); idle ones are closed to continue",
  ]);
  await listener.close();
  assert(servers.every(({ isShutDown }) => isShutDown));
});

Deno.test("A listener does not open before there are descriptors, waits longer each time, and says so once", async () => {
  const { listener, servers, pauses, reports, clock } = listen();
  clock.missing = 7;
  servers[0]?.fail();
  await turn();
  assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1600, 2000, 2000]);
  servers[1]?.fail();
  await turn();
  assert.deepEqual([pauses.at(-1), servers.length, reports.length], [2000, 3, 1]);
  // Later, it is an outage of its own.
  clock.nowMs += 30_001;
  servers[2]?.fail();
  await turn();
  assert.deepEqual([pauses.at(-1), servers.length, reports.length], [50, 4, 2]);
  await listener.close();
});

Deno.test("A listener that is closed opens no more", async () => {
  const { listener, servers } = listen();
  await listener.close();
  servers[0]?.fail();
  await turn();
  assert.equal(servers.length, 1);
});

Deno.test("A body that breaks off as planned is not worth a line, and any other is worth one", () => {
  const reports: string[] = [];
  const answer = answerBroken((message) => void reports.push(message));
  assert.equal(answer(new PlannedBreak("on request")).status, 500);
  assert.deepEqual(reports, []);
  assert.equal(answer(new TypeError("broken")).status, 500);
  assert.deepEqual(reports, ["A response broke off: TypeError: broken"]);
});
