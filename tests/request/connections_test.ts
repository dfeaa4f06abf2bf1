/** Connections of a server that anyone can reach: who is let in, who has to go, and when; on a clock that stands still. */
import assert from "node:assert/strict";
import { type Connection, type ConnectionLimits, createConnections } from "../../lib/limits/connections.ts";
import { addressOf, peerOf } from "../../lib/limits/peer.ts";

const limits: ConnectionLimits = {
  inAll: 6,
  perAddress: 3,
  headersMs: 10,
  answerMs: 100,
  sendMs: 50,
  idleMs: 1000,
};

/** A table, its clock, and the names of the connections that it has closed. */
function setUp(): {
  readonly open: (name: string, address?: string) => Connection | undefined;
  readonly pass: (ms: number) => readonly string[];
  readonly closed: string[];
  readonly table: ReturnType<typeof createConnections>;
} {
  let nowMs = 0;
  const closed: string[] = [];
  const table = createConnections(limits, () => nowMs);
  return {
    table,
    closed,
    open: (name, address) => {
      nowMs++;
      return table.admit(address, () => void closed.push(name));
    },
    pass: (ms) => {
      nowMs += ms;
      table.sweep();
      return closed;
    },
  };
}

Deno.test("a connection is closed that has not sent the headers of a request in time", () => {
  const { open, pass } = setUp();
  open("never a byte", "a");
  const dripping = open("dripping", "a");
  pass(5);
  dripping?.heard();
  assert.deepEqual(pass(4), ["never a byte"]);
  assert.deepEqual(pass(1), ["never a byte", "dripping"]);
});

Deno.test("a connection may rest between requests, but not over the headers of the next one", () => {
  const { open, pass, closed } = setUp();
  const [resting, dripping] = [open("resting", "a"), open("dripping", "b")];
  for (const connection of [resting, dripping]) {
    connection?.began();
    connection?.answered();
    connection?.ended();
  }
  pass(500);
  dripping?.heard();
  pass(9);
  dripping?.heard();
  assert.deepEqual(closed, []);
  assert.deepEqual(pass(1), ["dripping"]);
  assert.deepEqual(pass(489), ["dripping"]);
  assert.deepEqual(pass(1), ["dripping", "resting"]);
});

Deno.test("a ping that is answered between requests begins none, and prolongs no rest (RFC 9113 6.7)", () => {
  const { open, pass } = setUp();
  const [pinging, shaking] = [open("pinging", "a"), open("shaking", "b")];
  const ping = (connection: Connection | undefined): void => {
    connection?.heard();
    connection?.sending(true);
    connection?.sending(false);
  };
  // The handshake of TLS looks the same, but the time for the first request goes on.
  ping(shaking);
  pinging?.began();
  pinging?.answered();
  pinging?.ended();
  assert.deepEqual(pass(10), ["shaking"]);
  for (let passedMs = 10; passedMs < 910; passedMs += 90) {
    ping(pinging);
    assert.deepEqual(pass(90), ["shaking"]);
  }
  ping(pinging);
  assert.deepEqual(pass(89), ["shaking"]);
  assert.deepEqual(pass(1), ["shaking", "pinging"]);
});

Deno.test("a request whose body does not arrive is given up, and a stream that was answered stays open as long as it likes", () => {
  const { open, pass } = setUp();
  const [waiting, streaming] = [open("waiting", "a"), open("streaming", "b")];
  waiting?.began();
  streaming?.began();
  streaming?.answered();
  assert.deepEqual(pass(99), []);
  waiting?.heard();
  assert.deepEqual(pass(1), ["waiting"]);
  assert.deepEqual(pass(1_000_000), ["waiting"]);
  // Of several requests at the same time (HTTP/2), the first answer is not that of all.
  streaming?.began();
  streaming?.began();
  streaming?.answered();
  assert.deepEqual(pass(100), ["waiting", "streaming"]);
});

Deno.test("a client that does not take what is sent to it is given up", () => {
  const { open, pass } = setUp();
  const connection = open("deaf", "a");
  connection?.began();
  connection?.answered();
  connection?.sending(true);
  connection?.sending(false);
  assert.deepEqual(pass(50), []);
  connection?.sending(true);
  assert.deepEqual(pass(49), []);
  assert.deepEqual(pass(1), ["deaf"]);
});

Deno.test("an address that has all it may have loses its quietest connection to a new one, and is refused where all are busy", () => {
  const { open, closed } = setUp();
  const own = [open("1", "a"), open("2", "a"), open("3", "a")];
  open("of another", "b");
  open("4", "a");
  assert.deepEqual(closed, ["1"]);
  own[1]?.began();
  own[2]?.began();
  open("5", "a")?.began();
  assert.deepEqual(closed, ["1", "4"]);
  assert.equal(open("6", "a"), undefined);
  own[1]?.remove();
  assert(open("7", "a"));
  assert.deepEqual(closed, ["1", "4"]);
});

Deno.test("where there is no room left, the address with the most connections makes room, whoever connects", () => {
  const { open, closed, table } = setUp();
  for (const name of ["a1", "a2", "a3"]) open(name, "a")?.began();
  for (const name of ["b1", "b2"]) open(name, "b")?.began();
  open("c1", "c");
  // Quiet ones go first, whoever's they are; then those of the greediest.
  open("d1", "d")?.began();
  open("e1", "e")?.began();
  open("f1", "f")?.began();
  assert.deepEqual(closed, ["c1", "a1", "a2"]);
  assert.equal(table.size(), 6);
});

Deno.test("a proxy of one's own may have as many connections as there are in all, and addresses are networks", () => {
  const { open, closed } = setUp();
  for (let count = 0; count < 6; count++) assert(open(`${count}`));
  assert.deepEqual(closed, []);
  for (const peer of ["127.0.0.1", "10.0.0.2", "::1"]) assert.equal(addressOf(peer), undefined);
  assert.equal(addressOf("93.184.215.14"), "93.184.215.14");
  assert.equal(addressOf("2606:4700::1:2:3"), addressOf("2606:4700:0:0:9::"));
});

Deno.test("an address is the same however it is spelled: mapped into IPv6, with a port, in brackets (RFC 4291 2.5.5.2)", () => {
  const ipv4 = "93.184.215.14";
  for (const peer of [ipv4, `::ffff:${ipv4}`, `::FFFF:${ipv4}`]) {
    assert.equal(addressOf(peer), ipv4);
    assert.equal(peerOf(peer, null), ipv4);
    assert.equal(peerOf(peer, "198.51.100.7"), ipv4, "a stranger is not a proxy");
  }
  for (const proxy of ["127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.2", undefined]) {
    for (const added of [ipv4, `${ipv4}:50123`, `::ffff:${ipv4}`]) assert.equal(peerOf(proxy, `a, ${added}`), ipv4);
    for (const added of ["2606:4700::1", "[2606:4700::2]", "[2606:4700:0:0:9::]:50123"]) {
      assert.equal(peerOf(proxy, added), "2606:4700:0:0");
    }
  }
});

Deno.test("where descriptors have run out, the quietest connections are closed", () => {
  const { open, closed, table } = setUp();
  open("1", "a")?.began();
  open("2", "a");
  open("3", "b");
  open("4", "b");
  table.release(2);
  assert.deepEqual(closed, ["2", "3"]);
  assert.equal(table.size(), 2);
});
