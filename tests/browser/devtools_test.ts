/** That a client in a page is judged by what DevTools export of it as it was by what came here. */
import assert from "node:assert/strict";
import { z } from "zod";
import { lacking } from "../../lib/archive/lacking.ts";
import { createApp } from "../../main.ts";
import { startEverything } from "../host/everything_server.ts";
import { chromiumPath, isMissing, isSkipped } from "./chromium.ts";
import { type DevTools, type Launched, launchWithDevTools } from "./devtools.ts";

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

/** What is not seen in either export, and why: Chromium forgets the bodies of a page that was left to log in. */
const unseen: readonly string[] = [lacking.login_answers.reason];

const reported = z.object({
  verdict: z.string(),
  clients: z.array(z.object({
    failures: z.array(z.string()),
    findings: z.array(z.object({ rule: z.string(), status: z.string(), detail: z.string() })),
  })).length(1),
});

type Reported = z.infer<typeof reported>;

// What outlives a test has to be started outside of it.
const browser: Launched | undefined = isMissing ? undefined : await launchWithDevTools();
Deno.test.afterAll(async () => await browser?.[Symbol.asyncDispose]());

const what = "a client in a page is judged by what DevTools export as it was here (HAR 1.2)";

Deno.test({
  name: isMissing || browser ? what : `${what}: ignored, since ${chromiumPath} brings no DevTools`,
  ignore: isSkipped || (!isMissing && !browser),
  fn: async (t) => {
    assert(browser, `there is no Chromium at ${chromiumPath}, and in CI no browser test may be skipped`);
    await using devTools = await browser.open();
    await using server = serve(createApp({ control: "open" }));
    const script = await bundled("tests/browser/page_client.ts");
    await using pages = serve((request) => pageOf(request, script));
    const judge = async (how: Parameters<DevTools["save"]>[0]): Promise<Reported> => {
      const body = await devTools.save(how);
      const answer = await fetch(`${addressOf(server)}/control/judge?whole=true`, { method: "POST", body });
      return reported.parse(await answer.json());
    };
    for (const [index, { told, failures }] of rows.entries()) {
      await t.step(`${told.mistake ?? "nothing is wrong"}${"legacy" in told ? ", in a session" : ""}`, async () => {
        const sandbox = `${addressOf(server)}/s/standard~${index}`;
        await visit(devTools, `${addressOf(pages)}/?${new URLSearchParams({ url: `${sandbox}/oauth`, ...told })}`);
        const live = reported.parse(await (await fetch(`${sandbox}/control/report`)).json());
        assert.deepEqual(live.clients[0]?.failures, failures);
        requireSame(await judge("with sensitive data"), live, unseen);
        requireSame(await judge("sanitized"), live, [...unseen, lacking.credentials.reason]);
      });
    }
    await t.step("at the server with everything", async () => {
      await using everything = await startEverything();
      const told = new URLSearchParams({ url: everything.url, legacy: "" });
      await visit(devTools, `${addressOf(pages)}/?${told}`);
      for (const how of ["with sensitive data", "sanitized"] as const) {
        const { verdict, clients: [client] } = await judge(how);
        assert.deepEqual([verdict, client?.failures], ["pass", []], how);
      }
    });
  },
});

/** Has the page do what its address says. */
async function visit({ page, clear }: DevTools, url: string): Promise<void> {
  await clear();
  await page.goto(url);
  await page.waitForURL(({ hash }) => hash !== "");
}

/** Insists that everything is the same but what the export does not show. */
function requireSame(judged: Reported, live: Reported, reasons: readonly string[]): void {
  const findings = new Map(judged.clients.flatMap((client) => client.findings).map((one) => [one.rule, one]));
  for (const { rule, status, detail } of live.clients.flatMap((client) => client.findings)) {
    const found = findings.get(rule);
    const isUnseen = found?.status === "not observed" && reasons.includes(found.detail);
    assert(isUnseen || found?.status === status, `${rule} is ${status}: ${detail}; exported ${JSON.stringify(found)}`);
  }
  assert.equal(judged.verdict, live.verdict);
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
  const document = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/client.js"></script>';
  return new Response(document, { headers: { "content-type": "text/html" } });
}

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
