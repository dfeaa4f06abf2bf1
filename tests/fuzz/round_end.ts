/** The end of a process after all it was put through: what it has kept, and whether it ends in time. */
import { MAX_GROWTH_MIB } from "./evidence.ts";
import { pause } from "./connection.ts";
import { play } from "./play.ts";
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

/** Lets a target rest, and ends it while clients are in the middle of something. */
export async function endRound(stage: Stage): Promise<Story> {
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
  const memory = await rest(target);
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

async function rest({ servers, atStart }: Target): Promise<readonly Observation[]> {
  const [server] = servers;
  if (!server?.isAlive()) return [];
  const beforeMiB = atStart.memoryMiB;
  const peakMiB = server.memoryMiB();
  for (let waited = 0; waited < REST_MS && server.memoryMiB() > beforeMiB + MAX_GROWTH_MIB; waited += LOOK_MS) {
    await pause(LOOK_MS);
  }
  return [
    { kind: "memory", beforeMiB, afterMiB: server.memoryMiB(), peakMiB },
    { kind: "descriptors", before: atStart.descriptors, after: server.descriptors() },
  ];
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
