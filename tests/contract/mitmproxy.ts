/** mitmproxy as a client's proxy, which writes all that went through it into a HAR when it ends. */
import assert from "node:assert/strict";
import { launch, makeFolder } from "../host/program.ts";
import { pathOf } from "./python.ts";

/** A proxy that listens. */
export interface Proxy extends AsyncDisposable {
  /** Sends a request through it. */
  readonly send: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** Ends it, and gives its HAR. */
  readonly end: () => Promise<string>;
}

/** Starts one. */
export async function startProxy(): Promise<Proxy> {
  const folder = await makeFolder();
  const har = `${folder.path}/session.har`;
  const options = [`hardump=${har}`, `confdir=${folder.path}`, "flow_detail=0"].flatMap((option) => ["--set", option]);
  const program = launch(["--listen-host", "127.0.0.1", "--listen-port", "0", ...options], {
    executable: { path: pathOf("mitmproxy", "mitmdump"), words: [], cwd: folder.path, clearEnv: false },
    patienceMs: 60_000,
  });
  const [, address] = await program.until("stdout", /listening at (127\.0\.0\.1:\d+)/);
  const client = Deno.createHttpClient({ proxy: { url: `http://${address}` } });
  return {
    send: (url, init = {}) => fetch(url, { ...init, client }),
    end: async () => {
      program.kill("SIGINT");
      const { code, stdout, stderr } = await program.ended;
      assert.equal(code, 0, stdout + stderr);
      return await Deno.readTextFile(har);
    },
    [Symbol.asyncDispose]: async () => {
      client.close();
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
