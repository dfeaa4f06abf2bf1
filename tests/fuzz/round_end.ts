/** The end of a process after all it was put through: what it has kept, and whether it ends in time. */
import { MAX_GROWTH_MIB } from "./evidence.ts";
import { pause } from "./connection.ts";
import { play } from "./play.ts";
import type { Server } from "./process.ts";
import type { Stage } from "./scene.ts";
import type { Observation, Story } from "./story.ts";
import type { Target } from "./target.ts";

/** How long a process may rest until it is looked at, in milliseconds. */
const REST_MS = 30_000;
const LOOK_MS = 500;

/** What clients may be in the middle of when a process is told to end: nothing, a head, a stream. */
const unfinished: readonly string[] = [
  "",
  "GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n",
  "GET /s/standard~fuzzer-own-label-end/control/events HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n",
];

/**
 * Lets a target rest, and ends it while clients are in the middle of something.
 *
 * @param repeat Puts it through the heaviest of what it has seen once more.
 */
export async function endRound(stage: Stage, repeat: () => Promise<void>): Promise<Story> {
  const { target } = stage;
  const story = await play(stage, {
    plot: "the whole round",
    mode: target.mode,
    scenario: "standard",
    isRoot: false,
    isRecordRead: false,
    steps: [],
  });
  const printed = target.printed().length;
  const memory = await lookAtMemory(target, repeat);
  const open = await beginUnfinished(target);
  const stopped = await target.stop();
  for (const connection of open) connection.close();
  const kept: readonly Observation[] = (await target.secretsKept()).map((marker) => ({ kind: "kept", marker }));
  await target.clear();
  const observations: readonly Observation[] = [
    ...kept,
    ...memory,
    ...stopped.map((how) => ({ kind: "stopped", how }) as const),
  ];
  return { ...story, printed: target.printed().slice(printed), observations };
}

/**
 * What a process has kept. Its allocator may hold more than it uses, by hundreds of MiB (seen: 320 MiB resident, 28 used);
 * that is told from a leak by the same load once more, which a leak grows by as much again.
 */
async function lookAtMemory(target: Target, repeat: () => Promise<void>): Promise<readonly Observation[]> {
  const { servers: [server], atStart } = target;
  if (!server?.isAlive()) return [];
  const beforeMiB = atStart.memoryMiB;
  const peakMiB = server.memoryMiB();
  const isOver = await rest(server, beforeMiB);
  const afterMiB = server.memoryMiB();
  const descriptors: Observation = { kind: "descriptors", before: atStart.descriptors, after: server.descriptors() };
  if (!isOver) return [{ kind: "memory", beforeMiB, afterMiB, peakMiB }, descriptors];
  await repeat();
  await rest(server, beforeMiB);
  return [{ kind: "memory", beforeMiB, afterMiB, peakMiB, againMiB: server.memoryMiB() }, descriptors];
}

/** Waits until memory has been given back, or long enough; whether it still holds too much. */
async function rest(server: Server, beforeMiB: number): Promise<boolean> {
  const isOver = (): boolean => server.memoryMiB() > beforeMiB + MAX_GROWTH_MIB;
  for (let waited = 0; waited < REST_MS && isOver(); waited += LOOK_MS) await pause(LOOK_MS);
  return isOver();
}

async function beginUnfinished({ connect }: Target): Promise<readonly Deno.TcpConn[]> {
  const open: Deno.TcpConn[] = [];
  for (const text of connect ? unfinished : []) {
    try {
      const connection = await connect?.(0);
      if (connection === undefined) continue;
      open.push(connection);
      await connection.write(new TextEncoder().encode(text));
    } catch {
      // The server refuses, which it may.
    }
  }
  await pause(100);
  return open;
}
