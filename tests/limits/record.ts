/** Limits on what is recorded, and on those who listen to it. */
import assert from "node:assert/strict";
import { MAX_WAITING_BYTES, MAX_WAITING_PIECES } from "../../lib/http/byte_queue.ts";
import { MAX_ALL_EVIDENCE_BYTES, MAX_EVIDENCE, MAX_EVIDENCE_BYTES } from "../../lib/recorder/tape/evidence.ts";
import { MAX_EXCHANGE_BYTES } from "../../lib/recorder/fit.ts";
import { MAX_ALL_BYTES, MAX_EXCHANGES, MAX_SANDBOX_BYTES } from "../../lib/recorder/tape/rings.ts";
import { MAX_RECORD_BYTES } from "../../lib/recorder/tape/spans_table.ts";
import { storedBytes } from "../../lib/store/stored_value.ts";
import { MAX_STREAMS, MAX_STREAMS_PER_ADDRESS, MAX_STREAMS_PER_SANDBOX } from "../../lib/http/event_stream.ts";
import { control, listOf } from "../control/helpers.ts";
import { below, origin, type TestApp, testApp } from "../helpers.ts";
import { bytesText, type LimitRow } from "./row.ts";

const HEADER = "h".repeat(200_000);
/** So many requests with it are more than fit into a sandbox. */
const TOO_MANY = Math.ceil(1.2 * MAX_SANDBOX_BYTES / HEADER.length);

async function ask({ app }: TestApp, count: number, headers: Record<string, string> = {}, prefix = ""): Promise<void> {
  // To read long headers takes longer than to record them.
  const request = new Request(`${origin}${prefix}/oauth/jwks`, { headers });
  for (let index = 0; index < count; index++) {
    await (await app(request)).body?.cancel();
  }
}

async function recorded(test: TestApp): Promise<number> {
  return listOf(await control(test, "GET /control/exchanges"), "exchanges").length;
}

function openEvents(test: TestApp, prefix: string, address = "192.0.2.1"): Promise<Response> {
  return test.app(
    new Request(`http://localhost:8789${prefix}/control/events`, { headers: { "x-forwarded-for": address } }),
  );
}

async function cancelAll(streams: readonly Response[]): Promise<void> {
  for (const { body } of streams) await body?.cancel();
}

/** Opens streams, no more than fit and one of which is too many; gives the status of that one. */
async function fillStreams(most: number, open: (index: number) => Promise<Response>): Promise<number> {
  const streams: Response[] = [];
  try {
    for (let index = 0; index < most; index++) {
      const stream = await open(index);
      assert.equal(stream.status, 200, `stream ${index + 1}`);
      streams.push(stream);
    }
    const { status, body } = await open(most);
    await body?.cancel();
    return status;
  } finally {
    await cancelAll(streams);
    await cancelAll([await open(0)]);
  }
}

/** Fills a stream that nobody reads with so many exchanges, each with a header; gives what it says when it is read after all. */
async function readLate(count: number, headers: Record<string, string>): Promise<string> {
  await using test = await testApp({ loopbackOnly: true });
  const reader = (await test.get("/control/events")).body?.getReader();
  assert(reader);
  const decoder = new TextDecoder();
  // Who reads once is told of what comes; 1 is the number of the stream itself.
  await ask(test, 1);
  let text = decoder.decode((await reader.read()).value);
  await test.answered();
  await ask(test, count, headers);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value);
    // It would go on for ever.
    if (text.includes('"sequence":3,') && !text.includes("cut_off")) {
      await reader.cancel();
      return text;
    }
  }
}

export const rows: readonly LimitRow[] = [
  {
    what: "exchanges on record",
    each: "sandbox",
    most: MAX_EXCHANGES.toLocaleString("en-US"),
    beyond: "the oldest are dropped; reports say how many, and still judge by them",
    fill: async () => {
      await using test = await testApp();
      await ask(test, MAX_EXCHANGES);
      assert.deepEqual(Object(await control(test, "GET /control/report")).record, {
        isWhole: true,
        cut: 0,
        leftOut: 0,
        dropped: 0,
        unjudged: 0,
      });
      await ask(test, 1);
      assert.equal(await recorded(test), MAX_EXCHANGES);
      const { isWhole, dropped, unjudged } = Object(await control(test, "GET /control/report")).record;
      assert.deepEqual([isWhole, dropped, unjudged], [false, 1, 0]);
    },
  },
  {
    what: "dropped exchanges kept to judge by",
    each: "sandbox",
    most: `${MAX_EVIDENCE.toLocaleString("en-US")}, ${bytesText(MAX_EVIDENCE_BYTES)} (${
      bytesText(MAX_ALL_EVIDENCE_BYTES)
    } in all)`,
    beyond: "the first stay; record.unjudged counts the others that a rule might need",
    fill: async () => {
      await using test = await testApp({ loopbackOnly: true });
      const fall = async (count: number): Promise<void> => {
        for (let number = 0; number < count; number++) {
          await (await test.get(`/oauth/authorize?response_type=code&state=${number}`)).body?.cancel();
        }
      };
      const unjudged = async (): Promise<unknown> => Object(await control(test, "GET /control/report")).record.unjudged;
      await fall(MAX_EXCHANGES + MAX_EVIDENCE);
      assert.equal(await unjudged(), 0);
      await fall(1);
      assert.equal(await unjudged(), 1);
    },
  },
  {
    what: "an exchange on record: URL, headers and bodies",
    each: "exchange",
    most: bytesText(MAX_EXCHANGE_BYTES),
    beyond: "its texts are cut; isCut and the report's record.cut say so",
    fill: async () => {
      for (const shared of [false, true]) {
        await using test = await testApp({ shared });
        const jwt = "eyJhbGciOiJub25lIn0.e30.c2ln";
        const large = Array.from({ length: 11 }, (_, index) => [`x-${index}`, `${"a".repeat(5400)} ${jwt}`]);
        await ask(test, 3);
        await ask(test, 1, Object.fromEntries(large));
        await ask(test, 1);
        const { exchanges, record } = Object(await control(test, "GET /control/exchanges"));
        assert.deepEqual([exchanges.length, record], [5, {
          isWhole: true,
          cut: 1,
          leftOut: 0,
          dropped: 0,
          unjudged: 0,
        }]);
        assert.deepEqual(exchanges.map(({ isCut }: { readonly isCut?: boolean }) => isCut ?? false), [
          ...[false, false, false],
          true,
          false,
        ]);
        for (const exchange of exchanges) assert(storedBytes(exchange) <= MAX_EXCHANGE_BYTES + 100);
      }
    },
  },
  {
    what: "exchanges in memory",
    each: "sandbox",
    most: bytesText(MAX_SANDBOX_BYTES),
    beyond: "its oldest are dropped",
    fill: async () => {
      await using test = await testApp();
      const fitting = Math.floor(MAX_SANDBOX_BYTES / (HEADER.length + 2500));
      await ask(test, TOO_MANY, { "x-pad": HEADER });
      const count = await recorded(test);
      assert(count >= fitting && count <= MAX_SANDBOX_BYTES / HEADER.length, `${count} of about ${fitting}`);
    },
  },
  {
    what: "exchanges in memory",
    each: "process",
    most: bytesText(MAX_ALL_BYTES),
    beyond: "the oldest of the largest sandboxes are dropped",
    fill: async () => {
      await using test = await testApp();
      const modest = "/s/standard~modest";
      await ask(test, 10, { "x-pad": HEADER }, modest);
      const greedy = ["one", "two", "three"].map((label) => `/s/standard~${label}`);
      for (const prefix of greedy) await ask(test, TOO_MANY, { "x-pad": HEADER }, prefix);
      const counts = await Promise.all(greedy.map((prefix) => recorded(below(test, prefix))));
      const kept = counts.reduce((sum, count) => sum + count * HEADER.length, 0);
      assert(kept > MAX_ALL_BYTES * 0.8 && kept <= MAX_ALL_BYTES, `${kept} bytes, ${counts.join(", ")}`);
      assert.equal(await recorded(below(test, modest)), 10);
    },
  },
  {
    what: "exchanges in the database",
    each: "sandbox",
    most: bytesText(MAX_RECORD_BYTES),
    beyond: "its oldest are dropped, fifty at a time",
    fill: async () => {
      await using test = await testApp({ shared: true });
      const header = "h".repeat(50_000);
      const half = Math.floor(MAX_RECORD_BYTES / 2 / header.length) - 10;
      for (
        const [count, least, most] of [[half, half, half], [half, 2 * half - 50, 2 * half], [
          60,
          2 * half - 50,
          2 * half,
        ]]
      ) {
        await ask(test, Number(count), { "x-pad": header });
        const kept = await recorded(test);
        assert(kept >= Number(least) && kept <= Number(most), `${kept} of at most ${most}`);
        assert(kept * header.length <= MAX_RECORD_BYTES);
      }
    },
  },
  {
    what: "unread events of /control/events",
    each: "stream",
    most: `${bytesText(MAX_WAITING_BYTES)}, ${MAX_WAITING_PIECES.toLocaleString("en-US")} events`,
    beyond: "the stream ends with an event cut_off",
    fill: async () => {
      const few = await readLate(5, { "x-pad": HEADER });
      assert.match(few, /"sequence":3,/);
      const large = await readLate(Math.ceil(MAX_WAITING_BYTES / 4096) + 2, { "x-pad": HEADER });
      assert.match(large, /event: cut_off\ndata: \{"reason":"[^"]+"\}\n\n$/);
      assert.doesNotMatch(large, /"sequence":3,/, "what waited is thrown away");
      assert.match(await readLate(MAX_WAITING_PIECES + 2, {}), /event: cut_off\n.*\n\n$/);
    },
  },
  {
    what: "open streams of /control/events",
    each: "sandbox",
    most: String(MAX_STREAMS_PER_SANDBOX),
    beyond: "429",
    fill: async () => {
      await using test = await testApp();
      assert.equal(await fillStreams(MAX_STREAMS_PER_SANDBOX, () => openEvents(test, "")), 429);
    },
  },
  {
    what: "open streams of /control/events",
    each: "address",
    most: String(MAX_STREAMS_PER_ADDRESS),
    beyond: "429",
    isPublicOnly: true,
    fill: async () => {
      await using test = await testApp({ public: true });
      const open = (index: number): Promise<Response> => openEvents(test, `/s/standard~own-secret-label-${index}`);
      assert.equal(await fillStreams(MAX_STREAMS_PER_ADDRESS, open), 429);
      assert.equal((await openEvents(test, "/s/standard~own-secret-label-x", "192.0.2.2")).status, 200);
    },
  },
  {
    what: "open streams of /control/events",
    each: "process",
    most: String(MAX_STREAMS),
    beyond: "503",
    fill: async () => {
      await using test = await testApp();
      const open = (index: number): Promise<Response> =>
        openEvents(test, `/s/standard~${Math.floor(index / MAX_STREAMS_PER_SANDBOX)}`);
      assert.equal(await fillStreams(MAX_STREAMS, open), 503);
    },
  },
];
