/** The blocks of code of the README and the documents that it links to, and clients to put into the examples. */
import assert from "node:assert/strict";
import { documents } from "../documents/documents.ts";
import { root } from "./program.ts";

/** A fenced block. */
export interface Block {
  /** What stands behind the fence, such as `ts` or `js ignore`. */
  readonly info: string;
  readonly code: string;
  /** The comment before it, such as `run: node`. */
  readonly mark: string;
}

/** All fenced blocks of all documents, in order. */
export const blocks: readonly Block[] = documents.flatMap(({ text }) =>
  [...text.matchAll(/(?:<!-- ([^\n]*?) -->\n+)?```([^\n]*)\n(.*?)\n```/gs)]
    .map(([, mark = "", info = "", code = ""]) => ({ info, code, mark }))
);

/** The one block with a mark. */
export function blockOf(mark: string): string {
  const found = blocks.filter((block) => block.mark === mark);
  assert.equal(found.length, 1, `${found.length} blocks are marked ${mark}`);
  return found[0]?.code ?? "";
}

/** What starts a client that does everything right; the URL of the MCP endpoint comes after it. */
export const doubleCommand: readonly string[] = [
  Deno.execPath(),
  ...["run", "--quiet", "--frozen", "--no-prompt", "--no-check", "--allow-net=127.0.0.1", "--config"],
  ...["tests/deno.json", "tests/host/double_program.ts"].map((path) => root.pathname + path),
];

const words = JSON.stringify(doubleCommand);

/** A file with a client for the test in Deno: one that does everything right, but for what is said of it. */
export function denoClient(options: Readonly<Record<string, string>> = {}): string {
  return `import { runDouble } from ${JSON.stringify(new URL("tests/interop/double/double.ts", root).href)};
export const myClient = (url: string) =>
  runDouble({ base: url.replace(/\\/oauth$/, ""), send: (request) => fetch(request), ...${JSON.stringify(options)} });
`;
}

/** What stands in for the reader's own client, by the file that an example imports it from. */
export const clients = {
  right: {
    "my-client.mjs": `import { execFile } from "node:child_process";
import { promisify } from "node:util";
const [path, ...words] = ${words};
export const myClient = (url) => promisify(execFile)(path, [...words, url]);
`,
    "my_client.ts": denoClient(),
  },
  idle: {
    "my-client.mjs": "export const myClient = async () => {};\n",
    "my_client.ts": "export const myClient = async (_url: string) => {};\n",
  },
} as const;
