/** Probes of the scenarios of lists that come in pages, and of tools that are repeated in headers. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { envelope, rpc } from "../mcp/helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, logIn } from "./sweep_steps.ts";

/** Sends a request of 2026-07-28 with a token, without a session. */
export async function askModern(
  at: ProbeSandbox,
  access: string,
  { method, params = {}, headers = {} }: {
    readonly method: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Response> {
  return await at.fetch("/oauth", {
    method: "POST",
    headers: {
      authorization: `Bearer ${access}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...headers,
    },
    body: JSON.stringify(rpc(method, { ...params, _meta: envelope })),
  });
}

interface Page {
  readonly names: readonly string[];
  readonly next: string | undefined;
  readonly schemas: readonly unknown[];
}

async function pageAt(at: ProbeSandbox, access: string, cursor?: string): Promise<Page> {
  const response = await askModern(at, access, { method: "tools/list", params: { cursor } });
  assert.equal(response.status, 200);
  const { result } = await response.json();
  const names = result.tools.map(({ name }: { readonly name: string }) => name);
  const schemas = result.tools.map(({ inputSchema }: { readonly inputSchema: unknown }) => inputSchema);
  return { names, schemas, next: result.nextCursor };
}

/** Insists that a list comes in pages of these sizes, with these cursors, and that all of them are the whole list. */
function inPages(sizes: readonly number[], cursors: readonly (string | undefined)[]): Probe {
  return async (at) => {
    const { access } = await logIn(appOf(at));
    const pages: Page[] = [];
    do pages.push(await pageAt(at, access, pages.at(-1)?.next)); while (pages.at(-1)?.next !== undefined);
    const whole = await toolsOfMain(at);
    const listed = pages.flatMap(({ names }) => names);
    assert.deepEqual(listed, whole);
    assert.deepEqual(pages.map(({ names }) => names.length).slice(0, sizes.length), sizes);
    assert.deepEqual(pages.map(({ next }) => next).slice(0, cursors.length), cursors);
    assert(pages.length > 1);
  };
}

/** The names of all tools of a well-behaved server. */
async function toolsOfMain(at: ProbeSandbox): Promise<readonly string[]> {
  const { access } = await logIn(at.test);
  const main: ProbeSandbox = { ...at, fetch: at.test.fetch };
  return (await pageAt(main, access)).names;
}

const inBase64 = (text: string): string => `=?base64?${Buffer.from(text).toString("base64")}?=`;

/** The status of a call with these headers, and the code of its error. */
async function called(
  at: ProbeSandbox,
  access: string,
  name: string,
  { args = {}, headers = {} }: {
    readonly args?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<readonly [status: number, code: number | undefined]> {
  const response = await askModern(at, access, {
    method: "tools/call",
    params: { name, arguments: args },
    headers: { "mcp-name": name, ...headers },
  });
  const { error } = await response.json();
  return [response.status, error?.code];
}

const GOOD = [200, undefined] as const;
const MISMATCH = [400, -32020] as const;

/** Probes by the name of the scenario. */
export const pageProbes: Readonly<Record<string, Probe>> = {
  "pages": inPages([3, 1, 0, 7], ["page-2", "page-3", "page-4", "page-5", undefined]),
  "page-empty": inPages([4, 0], ["page-2", "page-3", undefined]),
  "pages-of-one": inPages([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], ["page-2"]),
  "cursor-for-ever": async (at) => {
    const { access } = await logIn(appOf(at));
    const first = await pageAt(at, access);
    assert.deepEqual([first.names.length, first.next], [6, "again"]);
    for (let round = 0; round < 3; round++) {
      const { names, next } = await pageAt(at, access, "again");
      assert.deepEqual([names.length, next], [4, "again"]);
    }
  },
  "cursor-odd-characters": inPages([4, 4], ["a+b/c=%20&d?#", " \"'<\\>\t ", undefined]),
  "cursor-json": inPages([4, 4], ['{"offset":8,"sort":["name"]}', "[null]", undefined]),
  "cursor-looks-empty": inPages([4, 4], ["0", "null", undefined]),
  "cursor-unicode": inPages([4, 4], ["Größe·次の🙂", "e\u0301≠é", undefined]),
  "cursor-long": inPages([4, 4], [`${"long/".repeat(819)}1`, `${"long/".repeat(819)}2`, undefined]),
  "cursor-empty": inPages([6], ["", undefined]),
  "tool-names-in-base64": async (at) => {
    const { access } = await logIn(appOf(at));
    const odd = (await pageAt(at, access)).names.slice(-4);
    assert.deepEqual(odd, ["räum-auf", "天気", " padded ", "=?base64?bG9vaw==?="]);
    for (const name of odd) {
      assert.deepEqual(await called(at, access, name, { headers: { "mcp-name": inBase64(name) } }), GOOD);
      assert.deepEqual(
        await called(at, access, name, { headers: { "mcp-name": encodeURIComponent(name) } }),
        MISMATCH,
      );
    }
  },
  "arguments-in-headers": async (at) => {
    const { access } = await logIn(appOf(at));
    const args = { region: "eu", limit: 7, dry: false, greeting: "世界", at: { zone: "b" }, tag: null };
    const headers = {
      "mcp-param-region": "eu",
      "mcp-param-limit": "7",
      "mcp-param-dry-run": "false",
      "mcp-param-greeting": inBase64("世界"),
      "mcp-param-zone": "b",
    };
    assert.deepEqual(await called(at, access, "query", { args, headers }), GOOD);
    for (const name of Object.keys(headers)) {
      const others = Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
      assert.deepEqual(await called(at, access, "query", { args, headers: others }), MISMATCH, name);
    }
  },
  "invalid-argument-headers": async (at) => {
    const { access } = await logIn(appOf(at));
    const { names, schemas } = await pageAt(at, access);
    assert.equal(names.filter((name) => name.startsWith("mark-")).length, 6);
    assert.equal(JSON.stringify(schemas).split("x-mcp-header").length, 8);
    const headers = { "mcp-param-region": "eu" };
    assert.deepEqual(await called(at, access, "mark-valid", { args: { region: "eu" }, headers }), GOOD);
  },
  "argument-header-changed": async (at) => {
    const { access } = await logIn(appOf(at));
    const isMarked = async (header: string): Promise<boolean> =>
      JSON.stringify((await pageAt(at, access)).schemas).includes(`"x-mcp-header":"${header}"`);
    const call = (header: string): Promise<readonly [number, number | undefined]> =>
      called(at, access, "query", { args: { region: "eu" }, headers: { [`mcp-param-${header}`]: "eu" } });
    assert.equal(await isMarked("Region"), true);
    assert.deepEqual(await call("region"), MISMATCH);
    assert.equal(await isMarked("Area"), true);
    assert.deepEqual(await call("area"), GOOD);
  },
};
