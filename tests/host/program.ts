/**
 * The program as its users have it: a process of its own, known by what it prints and answers. Every process is ended, by
 * its id, when the test that started it is over.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { z } from "zod";
import manifest from "../../deno.json" with { type: "json" };
import { authorizeQuery, codeFields, json, publicClient, redirectOf, text } from "../helpers.ts";

/** The project's root. */
export const root = new URL("../../", import.meta.url);

/** No test waits longer than this for a process, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Variables of the tester's own shell that must not reach a server under test; an empty one is an unset one. */
const NEUTRAL: Readonly<Record<string, string>> = {
  PORT: "",
  HOST: "",
  MOCK_DB: "",
  PUBLIC_URL: "",
  ALLOWED_ORIGINS: "",
  TLS_CERT: "",
  TLS_KEY: "",
  MOCK_ALG: "",
  MOCK_TOKEN_LIFETIME: "",
  MOCK_PUBLIC: "",
  MOCK_ALLOW_CLONE: "",
  MOCK_RECORD: "",
  MOCK_USERS: "",
  MOCK_CATALOGUE: "",
  NO_COLOR: "1",
};

/** What is run: an executable with the words that come before a test's own. */
export interface Executable {
  readonly path: string;
  readonly words: readonly string[];
  readonly cwd: string | URL;
  /** Whether it sees nothing of the tester's environment but what a test gives. */
  readonly clearEnv: boolean;
  /** Who runs it; the tester if not given. */
  readonly uid?: number;
}

/** The words of a task of deno.json, which a test runs as they stand: a permission that is missing there is missing here. */
export function taskWords(name: "start"): readonly string[] {
  const tasks = z.record(z.string(), z.looseObject({ command: z.string() })).parse(manifest.tasks);
  const words = tasks[name]?.command.split(" ") ?? [];
  assert.equal(words[0], "deno", `deno.json has no task ${name} that is one call of deno`);
  return words.slice(1);
}

/** `deno task start`, less the task runner, which does not pass signals on. */
export const startTask: Executable = {
  path: Deno.execPath(),
  words: taskWords("start"),
  cwd: root,
  clearEnv: false,
};

/** How a process ended, and all it printed. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under way. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** What it has printed so far. */
  readonly printed: { readonly stdout: string; readonly stderr: string };
  /** Waits for output; gives the match. */
  readonly until: (stream: "stdout" | "stderr", pattern: RegExp) => Promise<RegExpExecArray>;
  readonly kill: (signal: Deno.Signal) => void;
  /** Reads no more of what it prints, and closes the pipe. */
  readonly leave: () => Promise<void>;
  /** Reads no more of what it prints until it has ended, but keeps the pipes open. */
  readonly neglect: () => void;
  /** Resolves when it has ended and all its output is read. */
  readonly ended: Promise<Ended>;
}

/** What a test adds to an executable. */
export interface LaunchOptions {
  readonly executable?: Executable;
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may live, in milliseconds. */
  readonly patienceMs?: number;
}

/** Starts a process. */
export function launch(
  args: readonly string[],
  { executable = startTask, env = {}, patienceMs = PATIENCE_MS }: LaunchOptions = {},
): Program {
  const { path, words, cwd, clearEnv, uid } = executable;
  const child = new Deno.Command(path, {
    args: [...words, ...args],
    cwd,
    clearEnv,
    env: clearEnv ? { ...env } : { ...NEUTRAL, ...env },
    ...(uid === undefined ? {} : { uid, gid: uid }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  const wake = (): void => watchers.forEach((look) => look());

  const readers = {
    stdout: child.stdout.pipeThrough(new TextDecoderStream()).getReader(),
    stderr: child.stderr.pipeThrough(new TextDecoderStream()).getReader(),
  };
  let nextRead: Promise<unknown> = Promise.resolve();
  async function collect(stream: "stdout" | "stderr"): Promise<void> {
    for (;;) {
      await nextRead;
      const { done, value } = await readers[stream].read();
      if (done) return;
      printed[stream] += value;
      wake();
    }
  }

  let hasEnded = false;
  const ended = Promise.all([child.status, collect("stdout"), collect("stderr")]).then(([{ code, signal }]) => {
    hasEnded = true;
    wake();
    return { code, signal, ...printed };
  });
  // A process that hangs is killed, so that the test fails with what was printed instead of hanging too.
  const patience = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  void ended.finally(() => clearTimeout(patience));

  function until(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(printed[stream]);
        if (!match && !hasEnded) return;
        watchers.delete(look);
        if (match) resolve(match);
        else reject(new Error(`Ended without ${pattern} on ${stream}: ${JSON.stringify(printed)}`));
      };
      watchers.add(look);
      look();
    });
  }

  const kill = (signal: Deno.Signal): void => {
    if (!hasEnded) child.kill(signal);
  };
  return {
    pid: child.pid,
    printed,
    until,
    kill,
    leave: () => readers.stdout.cancel(),
    neglect: () => {
      nextRead = child.status;
    },
    ended,
    [Symbol.asyncDispose]: async () => {
      kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs a process to its end. */
export async function run(args: readonly string[], options: LaunchOptions = {}): Promise<Ended> {
  await using program = launch(args, options);
  return await program.ended;
}

const readyLine = z.strictObject({
  event: z.literal("ready"),
  url: z.url(),
  port: z.int().positive(),
  pid: z.int(),
  version: z.literal(manifest.version),
  db: z.string(),
});

/** A server that has said that it is ready. */
export interface Server extends Program {
  readonly ready: z.infer<typeof readyLine>;
  /** A client of it. */
  readonly client: Client;
  /** Asks it to stop and insists that it does so in good order. */
  readonly stop: () => Promise<Ended>;
}

/** Starts a server on a free port, with one line of JSON a request. */
export async function startServer(args: readonly string[], options: LaunchOptions = {}): Promise<Server> {
  const program = launch(["--port", "0", "--json", ...args], options);
  try {
    const [line] = await program.until("stdout", /^.*\n/);
    const ready = readyLine.parse(JSON.parse(line));
    return {
      ...program,
      ready,
      client: createClient(`http://127.0.0.1:${ready.port}`),
      stop: () => stop(program),
    };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

async function stop(program: Program): Promise<Ended> {
  program.kill("SIGTERM");
  const ended = await program.ended;
  assert.deepEqual([ended.code, ended.signal, ended.stderr], [0, null, ""]);
  return ended;
}

/** A folder that goes away with its test. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** Makes an empty folder. */
export async function makeFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "mock-oauth-test-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** A certificate for this machine, signed by itself, and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate, since neither a file in the repository nor an `openssl` on the machine can be relied on. */
export function createCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = der(0x30, der(0x31, der(0x30, der(0x06, [0x55, 4, 3]), der(0x0c, Buffer.from("mock.test")))));
  const algorithm = der(0x30, der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
  const validity = der(0x30, der(0x17, Buffer.from("250101000000Z")), der(0x17, Buffer.from("491231235959Z")));
  const alternativeNames = der(0x30, der(0x87, [127, 0, 0, 1]), der(0x82, Buffer.from("localhost")));
  const extension = der(0x30, der(0x06, [0x55, 0x1d, 17]), der(0x04, alternativeNames));
  const signed = der(
    0x30,
    der(0xa0, der(0x02, [2])),
    der(0x02, [1, ...randomBytes(8)]),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = sign("sha256", signed, privateKey);
  const cert = der(0x30, signed, algorithm, der(0x03, [0], signature)).toString("base64");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${cert.replaceAll(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** One value of ASN.1 in the Distinguished Encoding Rules (X.690 8.1, 10.1). */
function der(tag: number, ...parts: readonly (readonly number[] | Uint8Array)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** A client's requests to one server, over the network. */
export interface Client {
  readonly url: string;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly postForm: (path: string, fields: Record<string, string>) => Promise<Response>;
  readonly postJson: (path: string, body: unknown) => Promise<Response>;
}

/** Makes a client of whatever listens at a URL. */
export function createClient(url: string, http?: Deno.HttpClient): Client {
  const send = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, { redirect: "manual", ...init, ...(http && { client: http }) });
  return {
    url,
    fetch: send,
    postForm: (path, fields) => send(path, { method: "POST", body: new URLSearchParams(fields) }),
    postJson: (path, body) =>
      send(path, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
  };
}

/** The body of a response that must have a status. */
export async function jsonOf(response: Response, status: number): Promise<Record<string, unknown>> {
  const body = await json(response);
  assert.equal(response.status, status, JSON.stringify(body));
  return body;
}

/** Registers a public client; gives its id. */
export async function registerClient({ postJson }: Client): Promise<string> {
  return text(await jsonOf(await postJson("/oauth/register", publicClient), 201), "client_id");
}

/** Asks for a code; by default without a person. */
export async function fetchCode(
  client: Client,
  clientId: string,
  more: Record<string, string> = { auto_approve: "true" },
): Promise<string> {
  const response = await client.fetch(authorizeQuery(clientId, more));
  await response.body?.cancel();
  const code = redirectOf(response).searchParams.get("code");
  assert(code !== null, `no code in ${response.headers.get("location")}`);
  return code;
}

/** Redeems a code. */
export function redeemCode({ postForm }: Client, clientId: string, code: string): Promise<Response> {
  return postForm("/oauth/token", codeFields(clientId, code));
}

/** Redeems a refresh token. */
export function redeemRefreshToken({ postForm }: Client, clientId: string, token: string): Promise<Response> {
  return postForm("/oauth/token", { grant_type: "refresh_token", client_id: clientId, refresh_token: token });
}

/** The status of a sign-in by e-mail address and password: 302 is one that succeeded. */
export async function signInStatus(
  client: Client,
  clientId: string,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<number> {
  const response = await client.fetch(
    authorizeQuery(clientId, { auto_approve_email: email, auto_approve_password: password }),
  );
  await response.body?.cancel();
  return response.status;
}

/** The status of a call of `/oauth` with a token. */
export async function callStatus({ fetch }: Client, token: string): Promise<number> {
  const response = await fetch("/oauth", {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "0" } },
    }),
  });
  await response.text();
  return response.status;
}
