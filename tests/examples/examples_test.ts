/**
 * The examples in Python, Go, Java and Rust, from the document's own text: each is run with a client of its language's SDK,
 * as the pinned projects beside this file have it, and starts the command of the package of npm. With a client that does
 * nothing, none of them passes.
 */
import assert from "node:assert/strict";
import { blockOf } from "../host/readme_blocks.ts";
import { type Command, testWithToolchain, works } from "../host/toolchains.ts";
import { installCommand } from "./command.ts";

const sources = new URL("./", import.meta.url);
const built = new URL("../../dist/examples/", import.meta.url);

/** What a first build may take on two cores that do other things, too. */
const PATIENCE_MS = 900_000;

interface Example {
  readonly language: "python" | "go" | "java" | "rust";
  readonly title: string;
  readonly needs: string;
  /** Commands that work where the toolchain is there and new enough. */
  readonly probes: readonly Command[];
  /** Where the document's text goes. */
  readonly file: string;
  /** The file of the client, and one that does nothing. */
  readonly client: string;
  readonly idle: string;
  /** What fetches its packages; where one of these fails, their registry cannot be reached. */
  readonly fetch: readonly Command[];
  readonly test: Command;
  /** What is printed if the test has passed. */
  readonly passed: RegExp;
}

const examples: readonly Example[] = [
  {
    language: "python",
    title: "Python (pytest)",
    needs: "Python 3.10",
    probes: [["python3", "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]],
    file: "my_client_test.py",
    client: "my_client.py",
    idle: "def my_client(url):\n    pass\n",
    fetch: [
      ["python3", "-m", "venv", "venv"],
      ["venv/bin/pip", "install", "-q", "--disable-pip-version-check", "-r", "requirements.txt"],
    ],
    test: ["venv/bin/pytest", "-q", "my_client_test.py"],
    passed: /^1 passed/m,
  },
  {
    language: "go",
    title: "Go",
    needs: "Go 1.26",
    probes: [["sh", "-c", "go version | grep -qE 'go1\\.(2[6-9]|[3-9][0-9])'"]],
    file: "my_client_test.go",
    client: "my_client.go",
    idle: "package client\n\nfunc myClient(string) error { return nil }\n",
    fetch: [["go", "mod", "download"]],
    test: ["go", "test", "-count=1", "-v", "."],
    passed: /^--- PASS: TestMyClient/m,
  },
  {
    language: "java",
    title: "Java (JUnit)",
    needs: "Java 17 and Maven",
    probes: [["java", "--source", "17", "--version"], ["mvn", "--version"]],
    file: "src/test/java/MyClientTest.java",
    client: "src/test/java/MyClient.java",
    idle: "final class MyClient {\n  static void call(String url) {}\n}\n",
    fetch: [["mvn", "--batch-mode", "-q", "test-compile"]],
    test: ["mvn", "--batch-mode", "test"],
    passed: /Tests run: 1, Failures: 0, Errors: 0, Skipped: 0/,
  },
  {
    language: "rust",
    title: "Rust (cargo test)",
    needs: "Rust 1.85",
    probes: [["sh", "-c", "cargo --version | grep -qE 'cargo 1\\.(8[5-9]|9[0-9]|[1-9][0-9]{2})'"]],
    file: "tests/client_test.rs",
    client: "src/lib.rs",
    idle: `pub async fn my_client(_url: &str) -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(())
}
`,
    fetch: [["cargo", "fetch", "--quiet", "--locked"]],
    test: ["cargo", "test", "--quiet", "--locked"],
    passed: /test result: ok\. 1 passed/,
  },
];

const folderOf = ({ language }: Example): URL => new URL(`${language}/`, built);

async function write(url: URL, text: string): Promise<void> {
  await Deno.mkdir(new URL("./", url), { recursive: true });
  await Deno.writeTextFile(url, text);
}

/** Copies a project to where it may be built; what has been built there before stays. */
async function copyProject(from: URL, to: URL): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyProject(new URL(`${name}/`, from), new URL(`${name}/`, to));
    else await write(new URL(name, to), await Deno.readTextFile(new URL(name, from)));
  }
}

async function runIn(cwd: URL, [path, ...args]: Command, command: string): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(
    path.startsWith("venv/") ? new URL(path, cwd).pathname : path,
    {
      args: [...args],
      cwd,
      env: { PATH: `${command}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
      stdin: "null",
      signal: AbortSignal.timeout(PATIENCE_MS),
    },
  ).output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** Whether its packages can be had; a machine may have a toolchain, and no way to a registry. */
async function hasPackages(example: Example, command: string): Promise<boolean> {
  const folder = folderOf(example);
  await copyProject(new URL(`${example.language}/`, sources), folder);
  await write(new URL(example.file, folder), `${blockOf(`run: ${example.language}`)}\n`);
  for (const step of example.fetch) {
    const { code, text } = await runIn(folder, step, command);
    if (code === 0) continue;
    await Deno.stderr.write(new TextEncoder().encode(`${step.join(" ")}: ${text}\n`));
    return false;
  }
  return true;
}

const isNeeded = examples.some(({ probes }) => probes.every(works));
const command = isNeeded ? await installCommand(built) : undefined;

for (const example of examples) {
  const { title, needs, probes, client, idle, test, passed } = example;
  testWithToolchain({
    name:
      `README: the example in ${title} passes with a client of the SDK, and not with one that does nothing (README)`,
    needs: `${needs} with a registry of packages`,
    isThere: command !== undefined && probes.every(works) && await hasPackages(example, command),
    fn: async () => {
      assert(command !== undefined);
      const folder = folderOf(example);
      const right = await runIn(folder, test, command);
      assert.equal(right.code, 0, right.text);
      assert.match(right.text, passed);
      await write(new URL(client, folder), idle);
      const wrong = await runIn(folder, test, command);
      assert.notEqual(wrong.code, 0, wrong.text);
      assert.match(wrong.text, /incomplete/);
    },
  });
}
