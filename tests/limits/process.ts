/** Limits on connections: of the process, which the table obeys that stands in front of it. */
import assert from "node:assert/strict";
import { connectionLimits, type Connections, createConnections } from "../../lib/public/connections.ts";
import type { LimitRow } from "./row.ts";

const { inAll, perAddress, headersMs, answerMs, sendMs, idleMs } = connectionLimits;

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
    what: "connections",
    each: "process",
    most: `${inAll}`,
    beyond: "a quiet one of the address with the most is closed",
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
