/**
 * The package of npm as its users have it: installed from the tarball into an empty folder, with nothing of the repository
 * beside it. Bun, vitest and, where the machine's is too old, Node come from npm as well; what cannot be had is ignored.
 */
import assert from "node:assert/strict";
import { arch, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { makeFolder } from "../host/program.ts";
import { testWithToolchain } from "../host/toolchains.ts";
import { logIn } from "./suite.ts";

const root = new URL("../../", import.meta.url);
const dist = new URL("dist/npm/", root);
const folder = new URL(`file://${await Deno.makeTempDir({ prefix: "mock-oauth-package-" })}/`);

/** What the same cases are run with; the oldest Node that is supported. */
const dependencies = { "jest": "30.5.2", "vitest": "4.1.12", "@types/node": "22.20.7", "typescript": "5.9.3" };
const optionalDependencies = { bun: "1.4.5", [`node-${platform}-${arch}`]: "22.23.3" };

interface Ran {
  readonly code: number;
  readonly text: string;
}

async function run(command: string, args: readonly string[], cwd: URL = folder, path = ""): Promise<Ran> {
  const env = { PATH: `${path}${Deno.env.get("PATH")}`, NO_COLOR: "1", CI: "true" };
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd, env, stdin: "null" })
    .output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

async function mustRun(...ran: Parameters<typeof run>): Promise<string> {
  const { code, text } = await run(...ran);
  assert.equal(code, 0, text);
  return text;
}

async function install(): Promise<string> {
  const tarball = (await mustRun("npm", ["pack", "--silent", "--pack-destination", folder.pathname], dist)).trim();
  const manifest = {
    type: "module",
    dependencies: { ...dependencies, "mock-oauth": `./${tarball}` },
    optionalDependencies,
  };
  await Deno.writeTextFile(new URL("package.json", folder), JSON.stringify(manifest));
  await mustRun("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"]);
  const suite = await Deno.readTextFile(new URL("suite.ts", import.meta.url));
  await Deno.writeTextFile(new URL("suite.ts", folder), suite.replaceAll("../../main.ts", "mock-oauth"));
  for (const [name, test] of [["node", "node:test"], ["vitest", "vitest"], ["bun", "bun:test"]]) {
    await Deno.writeTextFile(new URL(`${name}.test.ts`, folder), suiteWith(`import { test } from "${test}";`, "test"));
  }
  await Deno.writeTextFile(new URL("deno.test.ts", folder), suiteWith("", "Deno.test"));
  // Jest runs JavaScript, in a realm of its own, whose arrays have another prototype than those that come from outside.
  const strip =
    "process.stdout.write(require('node:module').stripTypeScriptTypes(fs.readFileSync('suite.ts', 'utf8')))";
  const node = await nodeFolder();
  if (node !== undefined) {
    const script = await mustRun(`${node}node`, ["--disable-warning=ExperimentalWarning", "--eval", strip]);
    await Deno.writeTextFile(new URL("suite.mjs", folder), script.replace("node:assert/strict", "node:assert"));
    const test = suiteWith("", "test").replace("./suite.ts", "./suite.mjs");
    await Deno.writeTextFile(new URL("jest.test.mjs", folder), test);
  }
  return tarball;
}

function suiteWith(header: string, test: string): string {
  return `${header}\nimport { cases } from "./suite.ts";\nfor (const [name, run] of Object.entries(cases)) ${test}(name, run);\n`;
}

/** The folder of a Node that is new enough: the machine's, or one from npm; undefined if there is none. */
async function nodeFolder(): Promise<string | undefined> {
  const { text } = await run("node", ["-p", "process.execPath + ' ' + process.versions.node"]);
  const [path = "", version = ""] = text.trim().split(" ");
  if (Number.parseInt(version) >= 22) return path.replace(/[^/\\]*$/, "");
  const own = new URL(`node_modules/node-${platform}-${arch}/bin/`, folder);
  return await Deno.stat(own).then(() => own.pathname, () => undefined);
}

// Three runtimes take a third of a gigabyte.
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const tarball = await install();
const node = await nodeFolder();
const bun = await run("node_modules/.bin/bun", ["--version"]).catch(() => undefined);
const count = 7;

/** The same cases with one runner; what it says of them has to tell that it ran them all. */
function runs(name: string, isThere: boolean, command: () => Promise<string>, all: RegExp): void {
  testWithToolchain({
    name: `the package does what it says in ${name}, from the tarball alone`,
    needs: name === "bun" ? "Bun" : "Node 22",
    isThere,
    fn: async () => assert.match(await command(), all),
  });
}

runs(
  "node:test",
  node !== undefined,
  () => mustRun(`${node}node`, ["--test", "node.test.ts"]),
  new RegExp(`pass ${count}\\b`),
);
runs(
  "vitest",
  node !== undefined,
  () => mustRun(`${node}node`, ["node_modules/vitest/vitest.mjs", "run", "--testTimeout=60000", "vitest.test.ts"]),
  new RegExp(`Tests +${count} passed`),
);
runs(
  "jest",
  node !== undefined,
  () =>
    mustRun(`${node}node`, [
      ...["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--testTimeout=60000"],
      ...["--testMatch=**/jest.test.mjs", "--rootDir=."],
    ]),
  new RegExp(`Tests: +${count} passed`),
);
runs(
  "bun",
  bun?.code === 0,
  () => mustRun("node_modules/.bin/bun", ["test", "--timeout=60000", "./bun.test.ts"]),
  new RegExp(`\\b${count} pass\\b`),
);
// It checks types, too: those of the package are all it has.
runs(
  "deno test",
  true,
  () => mustRun(Deno.execPath(), ["test", "--no-lock", "-A", "deno.test.ts"]),
  new RegExp(`\\b${count} passed`),
);

Deno.test("another project of Deno imports main.ts by its path, linked to the clone (README)", async () => {
  await using folder = await makeFolder();
  const project = new URL(`file://${folder.path}/`);
  const path = fileURLToPath(root);
  const compilerOptions = { jsx: "react-jsx", jsxImportSource: "preact" };
  await Deno.writeTextFile(new URL("deno.json", project), JSON.stringify({ links: [path], compilerOptions }));
  const suite = await Deno.readTextFile(new URL("suite.ts", import.meta.url));
  await Deno.writeTextFile(new URL("suite.ts", project), suite.replaceAll("../../main.ts", `${path}main.ts`));
  await Deno.writeTextFile(new URL("deno.test.ts", project), suiteWith("", "Deno.test"));
  await mustRun(Deno.execPath(), ["install"], project);
  const args = ["test", "--no-check", "--no-prompt", "--allow-net=127.0.0.1", "deno.test.ts"];
  assert.match(await mustRun(Deno.execPath(), args, project), new RegExp(`\\b${count} passed`));
});

testWithToolchain({
  name:
    "the package's types compile where those of packages are checked, without the SDK, the types of Node, or exports",
  needs: "Node 22",
  isThere: node !== undefined,
  fn: async () => {
    const text = `import { type MockFault, type MockServer, startMockServer } from "mock-oauth";
      export const started: Promise<MockServer> = startMockServer({ port: 0, scenario: { name: "mine" } });
      export const fault: MockFault = { match: { rpc_method: "tools/call" }, policy: { ends_session: "before" } };`;
    await Deno.writeTextFile(new URL("own.ts", folder), text);
    const checked = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
    const projects = [
      ["--types", "node", "--lib", "es2022", "--module", "commonjs", "--moduleResolution", "node10"],
      ["--typeRoots", "none", "--lib", "es2022,dom", "--module", "preserve", "--moduleResolution", "bundler"],
    ];
    const tsc = [`node_modules/typescript/bin/tsc`, "own.ts", "--target", "es2022", ...checked];
    for (const project of projects) await mustRun(`${node}node`, [...tsc, ...project]);
  },
});

/** Starts the command, logs a client in at the URL that it prints, presses Ctrl-C, and returns the exit code. */
async function logInAndStop(command: string, args: readonly string[]): Promise<number> {
  const child = new Deno.Command(command, {
    args: [...args, "--port", "0"],
    cwd: await Deno.makeTempDir(),
    // npm runs it in a shell. One that stays beside it, as dash does, tells of the interruption (128 + SIGINT) instead.
    env: { PATH: `${node}:${Deno.env.get("PATH")}`, npm_config_script_shell: "bash" },
    stdin: "null",
    stdout: "piped",
    // A group of its own, as a terminal gives to what it runs: Ctrl-C goes to all of it.
    detached: true,
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let said = "";
    while (!said.includes("data  ")) said += (await reader.read()).value ?? assert.fail(said);
    const mcpUrl = /\bhttp:\S+\/oauth\b/.exec(said)?.[0] ?? assert.fail(said);
    const authorize = async (target: string | URL): Promise<URL> => {
      const { headers, body } = await fetch(`${target}&auto_approve=true`, { redirect: "manual" });
      await body?.cancel();
      return new URL(headers.get("location") ?? "");
    };
    assert.match(await logIn({ url: mcpUrl.replace("/oauth", ""), mcpUrl, authorize }), /^ey/);
  } finally {
    await mustRun("sh", ["-c", `kill -s INT -- -${child.pid}`]);
  }
  await reader.cancel();
  return (await child.status).code;
}

Deno.test("npx starts the package in an empty folder, and Ctrl-C ends it", { ignore: node === undefined }, async () => {
  const npx = ["--yes", `--package=${folder.pathname}${tarball}`, "mock-oauth"];
  assert.equal(await logInAndStop("npx", npx), 0);
  assert.equal(await logInAndStop(`${node}node`, [`${folder.pathname}node_modules/.bin/mock-oauth`]), 0);
});

Deno.test("the types of the package say what the README says, and name no file of ours", async () => {
  const types = new URL("node_modules/mock-oauth/types/routes/fixture/fixture.d.ts", folder);
  const text = await Deno.readTextFile(types);
  assert.match(
    text,
    /\/\*\* The MCP endpoint behind the login: what a client is given\. \*\/\s*readonly mcpUrl: string;/,
  );
  assert.match(text, /from "mock-oauth";/);
  assert.doesNotMatch(text, /main\.ts/);
});

Deno.test("JSR would take the sources as they are, with no type left for it to work out", async () => {
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check", "--token", "none"];
  assert.match(await mustRun(Deno.execPath(), args, root), /Success Dry run complete/);
});
