/** Judges on broken doubles: each finds what it is there to find, and finds nothing in a server that does well. */
import assert from "node:assert/strict";
import type { Case, Step } from "./case.ts";
import { inProcess } from "./in_process.ts";
import { judge, type JudgeName, judgeNames } from "./judges.ts";
import type { Message } from "./message.ts";
import { play } from "./play.ts";
import type { Observation, Story } from "./story.ts";

const get: Message = { name: "userinfo", method: "GET", path: "/x", query: [], headers: [], gives: [] };
const read: Step = { kind: "send", message: get, mutations: [] };
const quiet: Case = {
  plot: "double",
  mode: "local",
  scenario: "standard",
  isRoot: false,
  isRecordRead: true,
  steps: [read],
};

/** Plays a case on a server that always answers the same way. */
function told(respond: (request: Request) => Response, more: Partial<Case> = {}): Promise<Story> {
  const app = (request: Request): Promise<Response> => Promise.resolve(respond(request));
  return play(inProcess({ app }), { ...quiet, ...more });
}

/** A story in which everything is well but for what is said. */
async function seen(observation: Observation): Promise<Story> {
  const story = await told(() => Response.json({}));
  return { ...story, observations: [...story.observations, observation] };
}

async function printed(text: string): Promise<Story> {
  return { ...await told(() => Response.json({})), printed: text };
}

async function withAnswer(change: Partial<Story["seen"][number]["answer"]>): Promise<Story> {
  const story = await told(() => Response.json({}));
  return { ...story, seen: story.seen.map((one) => ({ ...one, answer: { ...one.answer, ...change } })) };
}

const html = (body: string, headers: Record<string, string> = {}): Response =>
  new Response(body, { headers: { "content-type": "text/html", ...headers } });
const answer = { status: 507, headers: [], body: "full", ms: 1, end: "whole" } as const;
const claims = btoa(JSON.stringify({ aud: 0 })).replaceAll("=", "");
const shown = (authorization: string): Partial<Case> => ({
  steps: [{ ...read, message: { ...get, headers: [["authorization", authorization]] } }],
});

/** At least one server that does wrong, for every judge. */
const broken: Readonly<Record<JudgeName, readonly (() => Promise<Story>)[]>> = {
  "no 5xx": [
    () => told(() => new Response("Internal Server Error", { status: 500 })),
    () => told(() => Response.json({ error: "odd" }, { status: 503 })),
    () =>
      told(() => Response.json({ error_description: "Something unexpected happened here" }, { status: 500 }), {
        scenario: "entra",
      }),
  ],
  "in time": [() => withAnswer({ ms: 4100 }), () => withAnswer({ status: undefined, end: "none", ms: 5000 })],
  "others served": [() => seen({ kind: "health", worstMs: 4100 })],
  "no insides": [
    () => told(() => new Response("Error: x\n    at f (file:///srv/lib/http.ts:12:3)")),
    () => printed("Uncaught Error\n    at f (file:///srv/lib/http.ts:12:3)\n"),
  ],
  "no surprise": [
    () => printed("something nobody expected\n"),
    () => printed('{"event":"error","message":"GET /x: TypeError: a is not a function"}\n'),
  ],
  "escaped": [() => told(() => html("<p><zqx</p>"))],
  "no foreign script": [
    () => told(() => html("<script>zqx</script>"), { mode: "public" }),
    () => told(() => new Response("", { headers: { "service-worker-allowed": "/" } }), { mode: "public" }),
  ],
  "no injection": [() => told(() => new Response("", { headers: { "x-zqx-injected": "1" } }))],
  "no secret": [
    () => told(() => Response.json("zqxsecretCookie")),
    () => printed("zqxsecretPath\n"),
    () => seen({ kind: "kept", marker: "zqxsecretForm" }),
  ],
  "no growth": [
    () => seen({ kind: "memory", beforeMiB: 60, afterMiB: 400, peakMiB: 900 }),
    () => seen({ kind: "memory", beforeMiB: 60, afterMiB: 400, peakMiB: 900, againMiB: 520 }),
    () => seen({ kind: "memory", beforeMiB: 60, afterMiB: 80, peakMiB: 1200 }),
    () => seen({ kind: "descriptors", before: 20, after: 60 }),
  ],
  "alive": [() => seen({ kind: "dead" })],
  "ends": [
    () => seen({ kind: "stopped", how: { ms: 5000, code: 0, signal: null } }),
    () => seen({ kind: "stopped", how: { ms: 10, code: 1, signal: null } }),
  ],
  "single use": [() => told(() => Response.json({}), { steps: [{ ...read, kind: "race", times: 3 }] })],
  "complete": [() => told(() => Response.json({ exchanges: [] }))],
  "in force": [() => seen({ kind: "disagreement", step: 0, what: "authorize: 302 / 400" })],
  "unasked": [() => {
    let asked = 0;
    return told(() => Response.json({ faults: asked++ }), { steps: [{ ...read, kind: "foreign" }] });
  }],
  "kept apart": [() => told(() => Response.json({}), { steps: [{ ...read, isBorrowed: true }] })],
  "own events": [() => seen({ kind: "overheard", step: 0, text: "notifications/tools/list_changed" })],
  "newcomers": [() => seen({ kind: "newcomer", step: 0, answer })],
  "tokens as issued": [
    () => told(() => Response.json({}), shown("Bearer a.b.c==")),
    () => told(() => Response.json({}), shown(`Bearer a.${claims}.c`)),
  ],
  "plain redirects": [
    () => told(() => new Response(null, { status: 302, headers: { location: "http://localhost:99999/cb?code=1" } })),
    () => told(() => Response.json({ redirect_uris: ["https:evil.example/cb"] }, { status: 201 })),
    () => told(() => Response.json({ redirect_uris: ["http://127.0.0.1\\@evil/cb"] }, { status: 201 })),
  ],
  "no oracle": [() => seen({ kind: "called", origin: "http://evil.example" })],
};

for (const name of judgeNames) {
  Deno.test(`the fuzzer's judge of "${name}" finds what is wrong in a broken double`, async () => {
    for (const [index, make] of broken[name].entries()) {
      const found = judge(await make()).filter((finding) => finding.judge === name);
      assert.notDeepEqual(found, [], `broken double ${index}`);
    }
  });
}

Deno.test("the fuzzer's judges find nothing wrong in a double that does well", async () => {
  const good = (request: Request): Response =>
    request.url.includes("/control/exchanges") ? Response.json({ exchanges: [{}] }) : Response.json({});
  assert.deepEqual(judge(await told(good)), []);
  const stopped = await seen({ kind: "stopped", how: { ms: 90, code: 0, signal: null } });
  assert.deepEqual(
    judge({ ...await told(good), observations: stopped.observations.filter(({ kind }) => kind === "stopped") }),
    [],
  );
});
