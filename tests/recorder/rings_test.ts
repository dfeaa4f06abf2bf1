/** What waits in memory to be looked at: budgets in bytes, and who gives way. */
import assert from "node:assert/strict";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { type Seen, SeenExchange } from "../../lib/recorder/seen_exchange.ts";
import { createHeaderReader } from "../../lib/recorder/sent_headers.ts";
import { createSpares } from "../../lib/recorder/spares.ts";
import { createPseudonyms } from "../../lib/recorder/redact/pseudonyms.ts";
import type { HeldExchange } from "../../lib/recorder/tape/ring.ts";
import { createRings, type Rings } from "../../lib/recorder/tape/rings.ts";
import { exchangeBytes } from "../../lib/recorder/sizes.ts";

const pseudonyms = createPseudonyms(new Uint8Array(32));

function entry(sequence: number, bytes = 100, realBytes = bytes): HeldExchange {
  let known = bytes;
  return {
    sequence,
    get bytes() {
      return known;
    },
    measure: () => known = realBytes,
    likeness: () => undefined,
    hold: () => {},
    exchange: () => assert.fail("nobody looks"),
  };
}

function isWhole(rings: Rings, sandboxId: string): boolean {
  const { isIntact, forgotten } = rings.of(sandboxId);
  return isIntact && forgotten === 0;
}

function kept(rings: Rings, ...sandboxIds: readonly string[]): readonly number[] {
  return sandboxIds.map((id) => rings.of(id).entries.length);
}

function seen(headers: Record<string, string>, text = ""): SeenExchange {
  return new SeenExchange(sight(headers, text));
}

function sight(headers: Record<string, string>, text = ""): Seen {
  return {
    url: "http://localhost/oauth",
    startedAtMs: 0,
    remoteAddress: "",
    sequence: 1,
    receivedAtMs: 0,
    method: "POST",
    sentHeaders: new Headers({ "content-type": "text/plain", ...headers }),
    sent: { text, isComplete: true },
    status: 200,
    response: { headers: new Headers() },
    answered: undefined,
    departure: { durationMs: 1 },
    isOpen: false,
    stream: undefined,
  };
}

Deno.test("all sandboxes together have a budget in bytes, and the oldest exchanges of the largest give way", () => {
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
  assert.deepEqual([rings.of("greedy").entries[0]?.sequence, rings.of("greedy").entries.at(-1)?.sequence], [19, 80]);
  assert.deepEqual([isWhole(rings, "modest"), isWhole(rings, "greedy")], [true, false]);
  assert.deepEqual([rings.of("modest").forgotten, rings.of("greedy").forgotten], [0, 18]);
  rings.take("greedy", 62);
  for (let sequence = 2; sequence <= 50; sequence++) rings.put("modest", entry(sequence));
  assert.deepEqual(kept(rings, "modest", "greedy"), [50, 0], "what was taken out makes room");
});

Deno.test("a sandbox has a budget in bytes, however much room there is in all", () => {
  const rings = createRings({ maxSandboxBytes: 1000 });
  for (let sequence = 1; sequence <= 15; sequence++) rings.put("one", entry(sequence));
  rings.put("other", entry(1));
  assert.deepEqual(kept(rings, "one", "other"), [10, 1]);
});

Deno.test("an exchange larger than the budget is not kept, and costs no other sandbox anything", () => {
  const rings = createRings({ maxSandboxBytes: 1000, maxBytes: 2000 });
  rings.put("other", entry(1));
  rings.put("one", entry(1, 5000));
  assert.deepEqual(kept(rings, "one", "other"), [0, 1]);
});

Deno.test("samples find headers that are larger than guessed, and then all are measured", () => {
  const rings = createRings({ maxSandboxBytes: 1_000_000, seed: 12345 });
  for (let sequence = 1; sequence <= 2000; sequence++) rings.put("one", entry(sequence, 500, 14_000));
  assert(rings.of("one").entries.length <= 1_000_000 / 14_000 + 1, `${rings.of("one").entries.length} are kept`);
  const scattered = createRings({ maxBytes: 1_000_000, seed: 12345 });
  for (let sandbox = 1; sandbox <= 2000; sandbox++) scattered.put(`${sandbox}`, entry(1, 500, 14_000));
  const count = Array.from({ length: 2000 }, (_, index) => scattered.of(`${index + 1}`).entries.length)
    .reduce((sum, length) => sum + length);
  assert(count <= 1_000_000 / 14_000 + 1, `${count} are kept, one in each sandbox`);
  const modest = createRings({ maxSandboxBytes: 1_000_000, seed: 12345 });
  for (let sequence = 1; sequence <= 1900; sequence++) modest.put("one", entry(sequence, 500, 520));
  assert.equal(modest.of("one").entries.length, 1900);
});

Deno.test("an exchange takes what its URL, headers and bodies take, two bytes a character beyond Latin-1", () => {
  const plain = seen({}).measure();
  assert.equal(seen({ "x-pad": "h".repeat(10_000) }).measure() - plain, 10_000 + 5 + 2 * 24);
  assert.equal(seen({}, "é".repeat(1000)).bytes - seen({}).bytes, 1000);
  assert.equal(seen({}, "漢".repeat(1000)).bytes - seen({}).bytes, 2000);
});

Deno.test("an exchange that was read keeps what is shown, and nothing else of what was seen", () => {
  const one = seen({ authorization: "Bearer not-to-be-kept-any-longer" }, "x".repeat(100_000));
  assert(one.bytes > 100_000);
  const exchange: Exchange = one.exchange(pseudonyms);
  assert.equal(one.bytes, exchangeBytes(exchange));
  assert(one.bytes < 20_000, `${one.bytes} bytes`);
  assert.equal(one.measure(), one.bytes);
  assert.equal(one.exchange(pseudonyms), exchange);
  const rings = createRings({ maxSandboxBytes: 110_000 });
  const other = seen({}, "y".repeat(100_000));
  rings.put("one", other);
  other.exchange(pseudonyms);
  rings.weigh("one");
  for (let sequence = 2; sequence <= 10; sequence++) rings.put("one", entry(sequence, 9000));
  assert.equal(rings.of("one").entries.length, 10, "what redaction has freed is room for others");
});

Deno.test("an exchange that is forgotten is filled with another one, unless somebody may read it", () => {
  const spares = createSpares();
  const one = spares.fill(sight({ "x-one": "1" }, "first"));
  const held = spares.fill(sight({}, "held"));
  held.hold();
  one.measure();
  spares.takeBack([one, held, entry(3)]);
  const other = spares.fill({ ...sight({ "x-two": "2" }, "second, and longer"), sequence: 7, status: 404 });
  assert.equal(other, one, "the same object");
  assert.equal(other.measure(), seen({ "x-two": "2" }, "second, and longer").measure());
  const fresh = new SeenExchange({ ...sight({ "x-two": "2" }, "second, and longer"), sequence: 7, status: 404 });
  assert.deepEqual(other.exchange(pseudonyms), fresh.exchange(pseudonyms));
  assert.notEqual(spares.fill(sight({})), held);
  assert.equal(held.exchange(pseudonyms).request.body, "held");
  spares.takeBack([other]);
  assert.notEqual(spares.fill(sight({})), other, "it was read, and what is shown is kept");
});

Deno.test("equal headers of requests are kept once, and are as they were sent", () => {
  const read = createHeaderReader();
  const sent = { accept: "*/*", authorization: "Bearer a", "content-length": "" };
  const kept = read(new Headers(sent));
  assert.equal(read(new Headers(sent)), kept);
  for (const [name, value] of [["authorization", "Bearer b"], ["x-other", "1"], ["accept", "a/b"]] as const) {
    const other = read(new Headers({ ...sent, [name]: value }));
    assert.notEqual(other, kept);
    assert.equal(other.get(name), value);
  }
  const pairs: string[] = [];
  kept.forEach((value, name) => void pairs.push(`${name}: ${value}`));
  assert.deepEqual(pairs, ["accept: */*", "authorization: Bearer a", "content-length: "]);
  assert.equal(kept.get("x-other"), null);
  const large = { "x-pad": "x".repeat(10_000) };
  assert.notEqual(read(new Headers(large)), read(new Headers(large)), "large ones are not remembered");
});

Deno.test("headers of requests are kept sorted and joined, as the Fetch standard hands them out", () => {
  const read = createHeaderReader();
  const twice = [["x-a", "1"], ["x-a", "2"]] as const;
  assert.equal(read(new Headers(twice.map(([...pair]) => pair))).get("x-a"), "1, 2");
  assert.equal(read(new Headers({ "x-a": "2" })).get("x-a"), "2");
  const mixed = new Headers({ "X-B": "1", "x-a": "2" });
  const names: string[] = [];
  read(mixed).forEach((_, name) => void names.push(name));
  assert.deepEqual(names, ["x-a", "x-b"]);
});

Deno.test("a sandbox's version changes with its record, and is never repeated", () => {
  const rings = createRings();
  const versions = new Set([rings.of("one").version]);
  const look = (): void => {
    assert(!versions.has(rings.of("one").version));
    versions.add(rings.of("one").version);
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
