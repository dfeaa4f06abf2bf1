/** A client in a page, recorded by the browser's own tools: it has to be judged as it was by what came here. */
import assert from "node:assert/strict";
import { z } from "zod";
import { lacking } from "../../lib/archive/lacking.ts";
import { createApp } from "../../main.ts";
import { startEverything } from "../host/everything_server.ts";

/** A browser whose tools record. */
export interface Recorder {
  /** Forgets what was recorded, opens a page, and waits until its address says what came of it. */
  readonly visit: (url: string) => Promise<void>;
  /** Each way to save what was recorded. */
  readonly ways: readonly Way[];
}

/** A way to save a recording. */
export interface Way {
  readonly name: string;
  readonly save: () => Promise<string>;
  /** Why some rules are not observed in it. */
  readonly unseen: readonly string[];
}

/** What the page is told to do, and the rules that it then breaks. */
const rows: readonly {
  readonly told: Readonly<Record<string, string>>;
  readonly failures: readonly string[];
}[] = [
  { told: {}, failures: [] },
  { told: { legacy: "" }, failures: [] },
  { told: { mistake: "its token is for no resource" }, failures: ["C14"] },
  { told: { mistake: "its token is in the address" }, failures: ["C23"] },
];

const reported = z.object({
  verdict: z.string(),
  record: z.object({ leftOut: z.number() }),
  clients: z.array(z.object({
    unseen: z.array(z.string()).optional(),
    failures: z.array(z.string()),
    findings: z.array(z.object({ rule: z.string(), status: z.string(), detail: z.string() })),
  })).length(1),
});

type Reported = z.infer<typeof reported>;

/** Has a page do right and wrong at our server, and right at another's, and asserts what comes of its recordings. */
export async function assertJudgedAlike(t: Deno.TestContext, { visit, ways }: Recorder): Promise<void> {
  await using server = serve(createApp({ control: "open" }));
  const script = await (bundle ??= bundled("tests/browser/page_client.ts"));
  await using pages = serve((request) => pageOf(request, script));
  const open = (told: Readonly<Record<string, string>>): Promise<void> =>
    visit(`${addressOf(pages)}/?${new URLSearchParams(told)}`);
  const judge = async ({ save }: Way): Promise<Reported> => {
    const body = await wholeOf(save);
    const answer = await fetch(`${addressOf(server)}/control/judge?whole=true`, { method: "POST", body });
    return reported.parse(await answer.json());
  };
  for (const [index, { told, failures }] of rows.entries()) {
    await t.step(`${told.mistake ?? "nothing is wrong"}${"legacy" in told ? ", in a session" : ""}`, async () => {
      const sandbox = `${addressOf(server)}/s/standard~${index}`;
      await open({ url: `${sandbox}/oauth`, ...told });
      const live = reported.parse(await (await fetch(`${sandbox}/control/report`)).json());
      assert.deepEqual(live.clients[0]?.failures, failures);
      for (const way of ways) requireSame(await judge(way), live, way);
    });
  }
  await t.step("at the server with everything", async () => {
    await using everything = await startEverything();
    await open({ url: everything.url, legacy: "" });
    for (const way of ways) {
      const { verdict, clients: [client] } = await judge(way);
      assert.deepEqual([verdict, client?.failures], ["pass", []], way.name);
    }
  });
}

const archive = z.object({ log: z.object({ entries: z.array(z.object({ request: z.object({ url: z.string() }) })) }) });

/** What is saved as soon as it has the last thing that the page asked for: tools are told little by little. */
async function wholeOf(save: Way["save"]): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const saved = await save();
    const { entries } = archive.parse(JSON.parse(saved)).log;
    if (entries.some(({ request }) => new URL(request.url).pathname === "/over")) return saved;
  }
  assert.fail("The page has not ended, for all that was recorded");
}

/** Insists that everything is the same but what the recording does not show. */
function requireSame(judged: Reported, live: Reported, { name, unseen }: Way): void {
  const findings = new Map(judged.clients.flatMap((client) => client.findings).map((one) => [one.rule, one]));
  const hidden = new Set<string>();
  // Browsers now and then forget that what a page asked for as it was left was answered, or with what.
  const hasGaps = judged.record.leftOut > 0 ||
    judged.clients.some((client) => client.unseen?.includes(lacking.metadata.reason));
  for (const { rule, status, detail } of live.clients.flatMap((client) => client.findings)) {
    const found = findings.get(rule);
    if (found?.status === status) continue;
    const isUnseen = found?.status === "not observed" && (hasGaps || unseen.includes(found.detail));
    assert(isUnseen, `${rule} is ${status}: ${detail}; ${name} ${JSON.stringify(found)}`);
    hidden.add(rule);
  }
  const isHidden = live.clients.every(({ failures }) => failures.length > 0 && failures.every((id) => hidden.has(id)));
  if (!hasGaps) assert.equal(judged.verdict, isHidden ? "pass" : live.verdict);
}

function serve(answer: (request: Request) => Response | Promise<Response>): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
}

function addressOf({ addr }: Deno.HttpServer<Deno.NetAddr>): string {
  return `http://127.0.0.1:${addr.port}`;
}

function pageOf(request: Request, script: string): Response {
  if (new URL(request.url).pathname === "/client.js") {
    return new Response(script, { headers: { "content-type": "text/javascript" } });
  }
  if (new URL(request.url).pathname === "/over") return new Response("over");
  const document = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/client.js"></script>';
  return new Response(document, { headers: { "content-type": "text/html" } });
}

let bundle: Promise<string> | undefined;

/** A program as one script for browsers. */
async function bundled(path: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--frozen", "--config", "tests/deno.json", "--platform", "browser", path],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
