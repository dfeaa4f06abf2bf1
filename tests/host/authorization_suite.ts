/** Runs the official conformance suite's `authorization` command, its browser played by one redirect. */
import assert from "node:assert/strict";
import { z } from "zod";
import { json, publicClient, text } from "../helpers.ts";
import { approve, type HostServer } from "./server.ts";
import { suiteCommand } from "./suite.ts";

/** All of a run may take this long; on a warm cache it takes half a second. */
const PATIENCE_MS = 60_000;

/** How a run of the suite ended. */
export interface Run {
  readonly code: number;
  /** All it printed. */
  readonly report: string;
  /** What the browser was sent back with. */
  readonly answer: URLSearchParams;
}

/** A port that nobody listens on, as far as one can know. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Registers a client that waits for its answer where the suite will. */
async function register({ origin }: HostServer, port: number): Promise<string> {
  const response = await fetch(`${origin}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...publicClient, redirect_uris: [`http://127.0.0.1:${port}/callback`] }),
  });
  assert.equal(response.status, 201);
  return text(await json(response), "client_id");
}

/** Runs both scenarios of the suite and agrees in the place of the person whom it sends to its URL. */
export async function runSuite(server: HostServer, more: readonly string[] = []): Promise<Run> {
  const port = freePort();
  const client = ["--client-id", await register(server, port), "-p", String(port)];
  await using child = new Deno.Command(Deno.execPath(), {
    args: [...suiteCommand, "authorization", "--url", server.origin, ...client, ...more],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const complaints = new Response(child.stderr).text();
  try {
    let report = "";
    let answer = new URLSearchParams();
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      report += chunk;
      if (answer.size === 0 && isWaiting(report)) answer = await agree(report);
    }
    const { code } = await child.status;
    return { code, report: report + await complaints, answer };
  } finally {
    clearTimeout(timer);
  }
}

/** The URL is printed before the port of the answer is open. */
function isWaiting(report: string): boolean {
  return report.includes("Callback server started") && /^http\S+\/authorize\?\S+\n/m.test(report);
}

/** Opens the printed URL and takes the answer to where it is sent. */
async function agree(report: string): Promise<URLSearchParams> {
  const [url] = z.tuple([z.string()]).parse(report.match(/^http\S+\/authorize\?\S+$/m));
  const callback = await approve(new URL(url));
  assert.equal(await (await fetch(callback)).text(), "OK. You can close this page.");
  return callback.searchParams;
}
