/** What waits in memory to be looked at: budgets in bytes, and who gives way. */
import assert from "node:assert/strict";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { SeenEntry } from "../../lib/recorder/seen_exchange.ts";
import { createNames } from "../../lib/recorder/redact/pseudonyms.ts";
import { createRings, type Entry, type Rings } from "../../lib/recorder/tape/rings.ts";
import { exchangeBytes } from "../../lib/recorder/sizes.ts";

const names = createNames(new Uint8Array(32));

function entry(sequence: number, bytes = 100, realBytes = bytes): Entry {
  let known = bytes;
  return {
    sequence,
    get bytes() {
      return known;
    },
    measure: () => known = realBytes,
    likeness: () => undefined,
    exchange: () => assert.fail("nobody looks"),
  };
}

function kept(rings: Rings, ...sandboxIds: readonly string[]): readonly number[] {
  return sandboxIds.map((id) => rings.entries(id).length);
}

function seen(headers: Record<string, string>, text = ""): SeenEntry {
  return new SeenEntry({
    sandboxId: "main",
    url: "http://localhost/oauth",
    startedAtMs: 0,
    remoteAddress: "",
    sequence: 1,
    receivedAtMs: 0,
    method: "POST",
    sentHeaders: new Headers({ "content-type": "text/plain", ...headers }),
    sent: { text, isComplete: true },
    status: 200,
    answeredHeaders: new Headers(),
    answered: undefined,
    departure: { durationMs: 1 },
    isOpen: false,
  });
}

Deno.test("all sandboxes together keep so many bytes, and the oldest of the largest give way", () => {
  const rings = createRings({ maxBytes: 6400 });
  for (let sequence = 1; sequence <= 40; sequence++) {
    rings.number("greedy");
    rings.put("greedy", entry(sequence));
  }
  rings.put("modest", entry(1));
  for (let sequence = 41; sequence <= 80; sequence++) {
    rings.number("greedy");
    rings.put("greedy", entry(sequence));
  }
  assert.deepEqual(kept(rings, "modest", "greedy"), [1, 62], "the one that was there first has lost nothing");
  assert.deepEqual([rings.entries("greedy")[0]?.sequence, rings.entries("greedy").at(-1)?.sequence], [19, 80]);
  assert.deepEqual([rings.isWhole("modest"), rings.isWhole("greedy")], [true, false]);
  assert.deepEqual([rings.forgotten("modest"), rings.forgotten("greedy")], [0, 18]);
  rings.take("greedy", 62);
  for (let sequence = 2; sequence <= 50; sequence++) rings.put("modest", entry(sequence));
  assert.deepEqual(kept(rings, "modest", "greedy"), [50, 0], "what was taken out makes room");
});

Deno.test("a sandbox keeps so many bytes, however many there is room for in all", () => {
  const rings = createRings({ maxSandboxBytes: 1000 });
  for (let sequence = 1; sequence <= 15; sequence++) rings.put("one", entry(sequence));
  rings.put("other", entry(1));
  assert.deepEqual(kept(rings, "one", "other"), [10, 1]);
});

Deno.test("one that is larger than all there is room for is not kept, and costs no other sandbox", () => {
  const rings = createRings({ maxSandboxBytes: 1000, maxBytes: 2000 });
  rings.put("other", entry(1));
  rings.put("one", entry(1, 5000));
  assert.deepEqual(kept(rings, "one", "other"), [0, 1]);
});

Deno.test("headers that take more than was guessed are found out by samples, and then all are measured", () => {
  const rings = createRings({ maxSandboxBytes: 1_000_000, seed: 12345 });
  for (let sequence = 1; sequence <= 2000; sequence++) rings.put("one", entry(sequence, 500, 14_000));
  assert(rings.entries("one").length <= 1_000_000 / 14_000 + 1, `${rings.entries("one").length} are kept`);
  const scattered = createRings({ maxBytes: 1_000_000, seed: 12345 });
  for (let sandbox = 1; sandbox <= 2000; sandbox++) scattered.put(`${sandbox}`, entry(1, 500, 14_000));
  const count = Array.from({ length: 2000 }, (_, index) => scattered.entries(`${index + 1}`).length)
    .reduce((sum, length) => sum + length);
  assert(count <= 1_000_000 / 14_000 + 1, `${count} are kept, one in each sandbox`);
  const modest = createRings({ maxSandboxBytes: 1_000_000, seed: 12345 });
  for (let sequence = 1; sequence <= 1900; sequence++) modest.put("one", entry(sequence, 500, 520));
  assert.equal(modest.entries("one").length, 1900);
});

Deno.test("an entry takes what its URL, headers and bodies take, two bytes a character beyond Latin-1", () => {
  const plain = seen({}).measure();
  assert.equal(seen({ "x-pad": "h".repeat(10_000) }).measure() - plain, 10_000 + 5 + 2 * 24);
  assert.equal(seen({}, "é".repeat(1000)).bytes - seen({}).bytes, 1000);
  assert.equal(seen({}, "漢".repeat(1000)).bytes - seen({}).bytes, 2000);
});

Deno.test("an entry that was looked at keeps what is shown, and no more of what was seen", () => {
  const one = seen({ authorization: "Bearer not-to-be-kept-any-longer" }, "x".repeat(100_000));
  assert(one.bytes > 100_000);
  const exchange: Exchange = one.exchange(names);
  assert.equal(one.bytes, exchangeBytes(exchange));
  assert(one.bytes < 20_000, `${one.bytes} bytes`);
  assert.equal(one.measure(), one.bytes);
  assert.equal(one.exchange(names), exchange);
  const rings = createRings({ maxSandboxBytes: 110_000 });
  const other = seen({}, "y".repeat(100_000));
  rings.put("one", other);
  other.exchange(names);
  rings.weigh("one");
  for (let sequence = 2; sequence <= 10; sequence++) rings.put("one", entry(sequence, 9000));
  assert.equal(rings.entries("one").length, 10, "what redaction has freed is room for others");
});

Deno.test("a sandbox's version changes with its record, and never comes again", () => {
  const rings = createRings();
  const versions = new Set([rings.version("one")]);
  const look = (): void => {
    assert(!versions.has(rings.version("one")));
    versions.add(rings.version("one"));
  };
  rings.put("one", entry(rings.number("one")));
  look();
  rings.clear("one");
  look();
  rings.drop("one");
  rings.put("one", entry(rings.number("one")));
  look();
  rings.put("one", entry(1));
  look();
});
