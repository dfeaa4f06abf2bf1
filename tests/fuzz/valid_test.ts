/** The fuzzer's requests: they are valid where nothing breaks them, and there is one for every route. */
import assert from "node:assert/strict";
import { paths } from "../../lib/http/urls.ts";
import { controlEndpoints } from "../../lib/http/endpoints.ts";
import { testApp } from "../helpers.ts";
import { createChance, seedOf } from "./chance.ts";
import { inProcess } from "./in_process.ts";
import { play } from "./play.ts";
import { drawCase, plotNames } from "./plots.ts";
import { messages, preludeOf } from "./valid.ts";

Deno.test("the fuzzer has a request for every path of the server", () => {
  const known = messages.map(({ path }) => path.replace("<<prefix>>", "").replace(/<<\w+>>/, ":x"));
  const shapes = [...Object.values(paths), ...controlEndpoints.map(({ path }) => path)];
  const missing = shapes.filter((path) =>
    path !== paths.assets && !known.some((one) => new RegExp(`^${path.replace(/:\w+/, "[^/]+")}$`).test(one))
  );
  assert.deepEqual(missing, []);
});

Deno.test("the fuzzer's requests are good where nothing breaks them", async () => {
  await using test = await testApp({
    now: Date.now,
    openPort: () => ({ port: 40_000, protocol: "http", close: () => Promise.resolve() }),
  });
  // In one sandbox, since every other would need keys of its own first.
  const steps = messages.flatMap((message) => [...preludeOf(message), message])
    .map((message) => ({ kind: "send", message, mutations: [] }) as const);
  const played = {
    plot: "valid",
    mode: "memory",
    scenario: "standard",
    isRoot: false,
    isRecordRead: true,
    steps,
  } as const;
  const { seen } = await play(inProcess(test), played);
  const unknown = /^(unknown|elicitation|kept_run|custom_protected_resource_metadata|\w+_messages)$/;
  const bad = seen.filter(({ message: { name }, answer: { status = 0 } }) => unknown.test(name) !== (status >= 400));
  assert.deepEqual(bad.map(({ wire, answer }) => `${wire.method} ${wire.target}: ${answer.status} ${answer.body}`), []);
});

Deno.test("one seed gives one sequence of cases", () => {
  const ground = { mode: "local", scenarios: ["standard", "entra"], openapi: {} } as const;
  const draw = (seed: number): string =>
    JSON.stringify(Array.from({ length: 50 }, (_, index) => drawCase(createChance(seedOf(seed, index)), ground)));
  assert.equal(draw(7), draw(7));
  assert.notEqual(draw(7), draw(8));
  for (const plot of plotNames) {
    const mode = plot === "pair" ? "pair" : plot === "crowd" ? "few" : "local";
    assert.equal(drawCase(createChance(1), { ...ground, mode }, [plot]).plot, plot);
  }
});
