/** Work that many ask for: done once for each version of a record, in slices, and only as far as somebody reads. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { bodyOf, inChunks } from "../../lib/http/pieces.ts";
import { createJudgements } from "../../lib/judge/judgements.ts";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import type { RecordedSoFar } from "../../lib/recorder/recording.ts";
import { createSlices, type Sliced } from "../../lib/runtime/slices.ts";
import { createEventStreams } from "../../lib/http/event_stream.ts";
import { type RecordFeed, tellRecord } from "../../routes/control/report_events.ts";
import { startMs } from "../helpers.ts";

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn();
}

function example(sequence: number): Exchange {
  const message = { headers: [], truncated: false };
  return {
    sequence,
    receivedAtMs: startMs + sequence,
    startedAtMs: startMs,
    method: "GET",
    url: `http://localhost/${sequence}`,
    peer: "p",
    request: message,
    status: 200,
    response: message,
    durationMs: 1,
    shapedBy: [],
  };
}

const subject = { sandboxId: "main", sandbox: "main", hasOrigin: true, isLabelled: false, expects: [] };

/** A record of so many exchanges, which counts how often it is read. */
function fakeRecord(): {
  readonly recording: Parameters<typeof createJudgements>[0]["recording"];
  readonly facts: { count: number; gathered: number; reads: number };
} {
  const facts = { count: 1, gathered: 0, reads: 0 };
  const recordOf = (): RecordedSoFar => ({
    exchanges: Array.from({ length: facts.count }, (_, index) => example(index + 1)),
    isWhole: true,
    earlier: [],
    isComplete: true,
    dropped: 0,
    unjudged: 0,
    clearedAt: 0,
    leftOut: 0,
    underWay: 0,
    version: String(facts.count),
  });
  return {
    facts,
    recording: {
      gather: async () => {
        facts.gathered++;
        await turn();
      },
      readNew: async (_, version) => {
        await turn();
        const recorded = recordOf();
        if (recorded.version === version) return undefined;
        facts.reads++;
        return recorded;
      },
    },
  };
}

Deno.test("a judgement is worked out once for each version of a record, however many callers ask", async () => {
  const { recording, facts } = fakeRecord();
  const outcomeOf = createJudgements({ recording, slices: createSlices(() => 0) });
  const first = await outcomeOf(subject);
  assert.equal(await outcomeOf(subject), first);
  assert.deepEqual([facts.reads, facts.gathered], [1, 2]);
  facts.count = 2;
  const all = await Promise.all(Array.from({ length: 50 }, () => outcomeOf(subject)));
  assert.deepEqual(all.map(({ version }) => version), Array.from({ length: 50 }, () => "2"));
  assert.deepEqual([facts.reads, facts.gathered], [2, 4], "one for the first, one for all who asked while it ran");
  assert.equal((await outcomeOf({ ...subject, expects: ["C11"] })).report.expects[0], "C11");
});

Deno.test("a caller that asks during a judgement gets all that was answered before", async () => {
  const { recording, facts } = fakeRecord();
  const outcomeOf = createJudgements({ recording, slices: createSlices(() => 0) });
  const early = outcomeOf(subject);
  await turns(2);
  facts.count = 5;
  const late = outcomeOf(subject);
  assert.deepEqual([(await early).listed.length, (await late).listed.length], [1, 5]);
});

Deno.test("a judgement that fails fails for its callers, and is worked out again for the next", async () => {
  const { recording, facts } = fakeRecord();
  let isBroken = true;
  const outcomeOf = createJudgements({
    recording: {
      ...recording,
      readNew: (...given) => isBroken ? Promise.reject(new Error("the disk is gone")) : recording.readNew(...given),
    },
    slices: createSlices(() => 0),
  });
  const asked = await Promise.allSettled([outcomeOf(subject), outcomeOf(subject)]);
  assert.deepEqual(asked.map(({ status }) => status), ["rejected", "rejected"]);
  isBroken = false;
  assert.equal((await outcomeOf(subject)).listed.length, facts.count);
});

Deno.test("work in slices takes turns with other work and with the event loop, and ends with its signal", async () => {
  let nowMs = 0;
  const { run } = createSlices(() => nowMs);
  const seen: string[] = [];
  function* work(name: string, steps: number): Sliced<string> {
    for (let step = 0; step < steps; step++) {
      seen.push(name);
      nowMs += 3;
      yield;
    }
    return name;
  }
  const stop = new AbortController();
  const long = run(work("a", 100), stop.signal);
  const short = run(work("b", 4));
  const other = turn().then(() => void seen.push("other"));
  assert.equal(await short, "b");
  await other;
  assert(seen.indexOf("other") < 10, `the event loop had to wait: ${seen.join("")}`);
  assert(
    seen.filter((name) => name === "a").length < 20,
    `the short one had to wait for the long one: ${seen.join("")}`,
  );
  stop.abort(new Error("nobody waits"));
  await assert.rejects(long, /nobody waits/);
  const count = seen.length;
  await turns(5);
  assert.equal(seen.length, count, "what nobody waits for is not gone on with");
});

Deno.test("a body of pieces is made as it is read, and no further once its reader has left", async () => {
  let made = 0;
  let isClosed = false;
  function* pieces(): Generator<string, void> {
    try {
      for (; made < 1000; made++) yield "x".repeat(1000);
    } finally {
      isClosed = true;
    }
  }
  async function* chunks(): AsyncGenerator<string, void> {
    try {
      yield* inChunks(pieces(), createSlices(() => 0));
    } finally {
      isClosed = true;
    }
  }
  const reader = bodyOf(chunks()).getReader();
  await turns(3);
  assert.equal(made, 0, "nothing is made that nobody has asked for");
  assert(Number((await reader.read()).value?.byteLength) > 30_000);
  await turns(3);
  assert(made < 40, `${made} pieces for one read`);
  await reader.cancel();
  await turns(3);
  assert(made < 40 && isClosed);
});

Deno.test("a stream of events tells the past as it is read, and stops when its reader has left", async () => {
  const asked: number[] = [];
  let listeners = 0;
  const feed: RecordFeed = {
    name: "r",
    page: async (after, limit) => {
      asked.push(after);
      await turn();
      return Array.from({ length: Math.min(limit, 2000 - after) }, (_, index) => example(after + index + 1));
    },
    subscribe: () => {
      listeners++;
      return () => void listeners--;
    },
    judge: () => assert.fail("nothing is judged before something is told"),
  };
  const sleep = (_: number, signal?: AbortSignal): Promise<void> =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const streams = createEventStreams({ sleep, signal: undefined });
  const open = (): Response =>
    streams.open({ sandboxId: "main", address: undefined }, (stream) => {
      tellRecord(stream, { first: feed, after: 0, refresh: () => Promise.resolve(feed), monotonicMs: () => 0 });
    });
  const dropped = open();
  await turns(5);
  assert.deepEqual([asked, listeners], [[], 1], "who does not read costs nothing");
  await dropped.body?.cancel();
  assert.equal(listeners, 0);
  const reader = open().body?.getReader();
  assert(reader);
  const first = new TextDecoder().decode((await reader.read()).value);
  assert.match(first, /^id: r\.1\nevent: exchange\ndata: \{"sequence":1,/);
  await turns(5);
  assert.deepEqual(asked, [0], "and who reads a little costs a little");
  await reader.cancel();
  await turns(5);
  assert.deepEqual([asked, listeners], [[0], 0]);
});
