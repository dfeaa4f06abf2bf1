/** Rules of the house that a machine can check. */
import assert from "node:assert/strict";
import { endpoints } from "../../lib/http/endpoints.ts";

const rooms = ["main.ts", "routes", "views", "lib"] as const;
const topLevel = new Set([
  ".ci",
  ".git",
  ".github",
  ".gitignore",
  "LICENSE",
  "README.md",
  "deno.json",
  "deno.lock",
  "lib",
  "main.ts",
  "routes",
  "tests",
  "views",
]);

interface Source {
  readonly path: string;
  readonly text: string;
  /** The text without comments and string contents, for rules about code. */
  readonly code: string;
}

interface Manifest {
  readonly imports: Readonly<Record<string, string>>;
  readonly compilerOptions: unknown;
  readonly unstable: unknown;
  readonly nodeModulesDir: unknown;
  readonly fmt: unknown;
  readonly lint: unknown;
}

const root = new URL("../../", import.meta.url);

async function* walk(path: string): AsyncGenerator<string> {
  if ((await Deno.stat(new URL(path, root))).isFile) return yield path;
  for await (const { name } of Deno.readDir(new URL(path, root))) yield* walk(`${path}/${name}`);
}

async function readSources(): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const room of rooms) {
    for await (const path of walk(room)) {
      if (!/\.tsx?$/.test(path)) continue;
      const text = await Deno.readTextFile(new URL(path, root));
      const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").replace(
        /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
        '""',
      );
      sources.push({ path, text, code });
    }
  }
  return sources;
}

const sources = await readSources();

/** What a file imports from the house, types and imports on demand included. */
function importsOf({ path, text }: Source): readonly { readonly target: string; readonly typesOnly: boolean }[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
  const still = /^(?:import|export)( type)?\b[^;]*? from "(\.[^"]+)"/gm;
  const onDemand = /()\bimport\("(\.[^"]+)"\)/g;
  return [...code.matchAll(still), ...code.matchAll(onDemand)].map(([, type, specifier = ""]) => ({
    target: new URL(specifier, new URL(path, root)).href.slice(root.href.length),
    typesOnly: type === " type",
  }));
}

/** The rooms of the house by floor, the lowest first: what a file imports lies in its own room or on a lower floor. */
const floors: readonly (readonly string[])[] = [
  ["lib/runtime"],
  ["lib/http"],
  ["lib/store"],
  ["lib/scenarios", "lib/outbound", "lib/recorder"],
  ["lib/sandbox", "lib/limits", "lib/judge"],
  ["lib/faults", "lib/oauth", "lib/archive"],
  ["lib/clone"],
  ["views"],
  ["lib/control", "lib/mcp", "lib/cli", "lib/node"],
  ["routes"],
  ["main.ts"],
];

function roomOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "lib" ? `${first}/${second}` : first;
}

/** Every match of a pattern, as `file: match`. */
function findings(pattern: RegExp, among: readonly Source[] = sources): readonly string[] {
  return among.flatMap(({ path, code }) => [...code.matchAll(pattern)].map(([match]) => `${path}: ${match.trim()}`));
}

function inside(...folders: readonly string[]): readonly Source[] {
  return sources.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
}

Deno.test("the top level is what the design draws, and nothing else", async () => {
  const { code, stdout } = await new Deno.Command("git", { args: ["ls-files"], cwd: root, stdout: "piped" }).output();
  assert.equal(code, 0);
  const tracked = new Set(
    new TextDecoder().decode(stdout).split("\n").filter(Boolean).map((path) => path.split("/")[0]),
  );
  assert.deepEqual([...tracked].filter((name) => name !== undefined && !topLevel.has(name)), []);
});

Deno.test("every test runs once in deno task test:app, test:host or test:browser, alone or in tests/together", async () => {
  const manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const commands = ["app", "host", "browser"].map((task): string => manifest.tasks[`test:${task}`].command);
  const run: string[] = [];
  for (const path of commands.join(" ").split(" ").filter((word) => /^tests\/.*\.ts$/.test(word))) {
    const text = await Deno.readTextFile(new URL(path, root));
    if (!path.startsWith("tests/together/")) run.push(path);
    else run.push(...[...text.matchAll(/^import "\.\.\/(.+)";$/gm)].map(([, file]) => `tests/${file}`));
  }
  // The tasks of these run all that is in them.
  const others = /^tests\/(?:bench|package|examples|contract)\//;
  const all: string[] = [];
  for await (const path of walk("tests")) if (/_test\.tsx?$/.test(path) && !others.test(path)) all.push(path);
  assert.deepEqual(all.filter((path) => !run.includes(path)), [], "no file in tests/together imports these");
  assert.deepEqual(run.toSorted(), all.toSorted());
});

Deno.test("imports go one way, types included: to the same room or to a lower floor (design, the house)", () => {
  const floorOf = new Map(floors.flatMap((floor, height) => floor.map((room): [string, number] => [room, height])));
  const wrong: string[] = [];
  for (const source of sources) {
    for (const { target, typesOnly } of importsOf(source)) {
      const [from, to] = [roomOf(source.path), roomOf(target)];
      // The version is the manifest's to say.
      if (from === to || target === "deno.json") continue;
      const isDown = (floorOf.get(from) ?? NaN) > (floorOf.get(to) ?? NaN);
      // A page is given what it shows; all that it knows of lib/ are types.
      if (!isDown || (from === "views" && !typesOnly)) wrong.push(`${source.path} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("lib/ holds rooms alone, and every room has a floor (design, the house)", () => {
  assert.deepEqual([...new Set(sources.map(({ path }) => roomOf(path)))].sort(), floors.flat().sort());
});

Deno.test("no file imports itself through others, types included", () => {
  const graph = new Map(sources.map((source) => [source.path, importsOf(source).map(({ target }) => target)]));
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    assert(!way.includes(path), `circle: ${[...way, path].join(" -> ")}`);
    if (done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
});

Deno.test("a start loads nothing of npm and nothing of Node, which would cost it a quarter of its time and more (design, the split)", () => {
  const loaded = new Map(sources.map(({ path, text }) => {
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
    const imports = [...code.matchAll(/^(?:import|export)\b(?! type)[^;]*? from "([^"]+)"/gm)];
    return [path, imports.map(([, specifier = ""]) => specifier)];
  }));
  const visited = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (visited.has(path)) return;
    visited.add(path);
    for (const specifier of loaded.get(path) ?? []) {
      assert(specifier.startsWith("."), [...way, path, specifier].join(" -> "));
      visit(new URL(specifier, new URL(path, root)).href.slice(root.href.length), [...way, path]);
    }
  };
  visit("main.ts", []);
  assert(visited.size > 100, `${visited.size} files were looked at`);
  // Each costs a start some 70 microseconds: what the first answer has no use for is imported on demand.
  assert(visited.size <= 220, `a start loads ${visited.size} files`);
});

Deno.test("operations know nothing of HTTP but the headers of who calls (design, control)", () => {
  assert.deepEqual(findings(/\b(?:Request|Response|Route|Context)\b/g, inside("lib/control")), []);
});

Deno.test("node:crypto is loaded with its first use, not with the program", () => {
  const eager = inside("main.ts", "routes", "lib", "views").filter(({ text }) => /^import .*"node:crypto"/m.test(text));
  const isType = /^import type .*"node:crypto"/m;
  assert.deepEqual(eager.filter(({ text }) => !isType.test(text)).map(({ path }) => path), []);
});

Deno.test("only main.ts and the command of Node touch the process", () => {
  const pattern = /Deno\.(env|args|openKv|serve|exit|addSignalListener|stdout|stderr|readTextFile\w*)\b/g;
  assert.deepEqual(findings(pattern, inside("routes", "lib", "views")), []);
  const processes = sources.filter(({ text }) => text.includes('"node:process"')).map(({ path }) => path);
  // The last asks for its version.
  assert.deepEqual(processes.sort(), [
    "main.ts",
    "routes/node/bin.ts",
    "routes/node/command.ts",
    "routes/node/oldest.ts",
  ]);
});

Deno.test("only Deno's program speaks of Deno, types included: the app and the fixture run in every runtime", () => {
  const files = new Set(findings(/\bDeno\./g).map((finding) => finding.split(":")[0]));
  assert.deepEqual([...files].sort(), ["lib/cli/front.ts", "lib/cli/permissions.ts", "main.ts"]);
  const importers = sources.filter((source) =>
    importsOf(source).some(({ target }) => target === "lib/cli/front.ts" || target === "lib/cli/permissions.ts")
  );
  assert.deepEqual(importers.map(({ path }) => path), ["main.ts"]);
});

Deno.test("JSON from outside comes in through lib/http/json.ts alone, where its depth is bounded", () => {
  // What these read was written here: sealed, signed, answered or recorded by this server, or a constant of it.
  const own = [
    "lib/mcp/sessions/events.ts",
    "lib/mcp/http_sse.ts",
    "lib/mcp/conformance/conformance_content.ts",
    "lib/mcp/tools/tool.ts",
  ];
  const kept = [
    "lib/oauth/keys/seal.ts",
    "lib/recorder/redact/redact_body.ts",
    "lib/judge/reading.ts",
    "lib/faults/edited.ts",
  ];
  const files = new Set(findings(/\bJSON\.parse\(/g).map((finding) => finding.split(":")[0]));
  assert.deepEqual([...files].sort(), ["lib/http/json.ts", ...own, ...kept, "lib/control/tokens.ts"].sort());
});

Deno.test("no regular expression is made of what comes from outside, which would run for ever (lib/judge/schema_fit.ts)", () => {
  // What these are made of are constants of this program; of a secret, every character stands for itself.
  const own = [
    "lib/judge/reading.ts",
    "lib/judge/rules/mcp/meta.ts",
    "lib/judge/rules/oauth/registration.ts",
    "lib/recorder/redact/fault_names.ts",
    "lib/recorder/redact/known_shapes.ts",
    "lib/recorder/redact/looks.ts",
    "lib/recorder/redact/secret_names.ts",
    "lib/recorder/redact/secrets.ts",
    "lib/scenarios/catalogue_templates.ts",
  ];
  const made = findings(/\bRegExp\(|\b(?:UriTemplate|URLPattern)\b/g);
  assert.deepEqual([...new Set(made.map((finding) => finding.split(":")[0]))].sort(), own);
});

Deno.test("a request's body is read in lib/http/request_body.ts alone, and never copied", () => {
  const pattern = /\.(?:clone|tee)\(\)|\brequest\.(?:text|json|formData|arrayBuffer|bytes|blob)\(\)/g;
  const files = new Set(findings(pattern, inside("routes", "lib")).map((finding) => finding.split(":")[0]));
  // The other one is a client.
  assert.deepEqual([...files].sort(), ["lib/http/request_body.ts", "routes/fixture/fixture_browser.ts"]);
});

Deno.test("time and chance come from options, and their defaults stand in five files", () => {
  const pattern =
    /Date\.now|new Date\(\)|Math\.random|randomUUID|performance\.now|getRandomValues|setTimeout|[^.\w]fetch\(/g;
  const files = new Set(findings(pattern, inside("routes", "lib", "views")).map((finding) => finding.split(":")[0]));
  assert.deepEqual([...files].sort(), [
    "lib/runtime/chance.ts",
    "lib/runtime/sleep.ts",
    "lib/store/retry.ts",
    "routes/assemble.ts",
    "routes/node/command.ts",
  ]);
});

Deno.test("no assertion, no any, no non-null: types are narrowed where values come in", () => {
  const lines = sources.flatMap(({ path, code }) =>
    code.replace(/`[^`]*`/g, "``").split("\n").filter((line) =>
      / as (?!const\b)/.test(line) && !/^\s*(import|export|[\w\s,{}]+\} from)/.test(line) && !/\* as /.test(line)
    ).map((line) => `${path}: ${line.trim()}`)
  );
  assert.deepEqual(lines, []);
  assert.deepEqual(findings(/: any\b|<any>|@ts-ignore|@ts-nocheck|deno-lint-ignore-file/g), []);
});

Deno.test("what this program wrote is taken on trust where it comes back, and nowhere else (lib/runtime/trusted.ts)", () => {
  const files = new Set(findings(/\btrusted(?:<.*>)?\(/g).map((finding) => finding.split(":")[0]));
  assert.deepEqual([...files].sort(), [
    "lib/oauth/keys/seal.ts",
    "lib/runtime/defined.ts",
    "lib/runtime/trusted.ts",
    "lib/store/kv.ts",
    "lib/store/memory_store.ts",
  ]);
  // A guard for any type checks nothing.
  assert.deepEqual(findings(/\): \w+ is [A-Z]\b(?!\w)/g), []);
});

Deno.test("a handler never asks for a scenario by name (design, one request)", () => {
  // Those that find, make, take in and tell of scenarios; whoever answers a client is not among them.
  const allowed =
    /^(main|lib\/(scenarios|sandbox|control|recorder|judge|clone|cli)|routes\/(app|clone|assemble|deps|options|request\/(serve|shape)|control|pages\/(banner|scenarios|control)|fixture)|views\/(scenarios|run))/;
  const lines = sources.flatMap(({ path, code }) =>
    allowed.test(path)
      ? []
      : code.replace(/`[^`]*`/g, "``").split("\n").filter((line) => /\bscenario\b/i.test(line)).map((line) =>
        `${path}: ${line.trim()}`
      )
  );
  assert.deepEqual(lines, []);
});

Deno.test("a path is written once, in the lists of endpoints in lib/http", () => {
  const lists = ["lib/http/endpoints.ts", "lib/http/control_places.ts"];
  const paths = new Set(endpoints.map(({ path }) => path).filter((path) => path !== "/"));
  const text = /^(?! *\/\/)[^*\n]*["'`](\/[^"'`?$\s]*)(?=["'`?$])/gm;
  const own = /^\/(?:oauth|no-auth|bearer|guide|health|assets|\.well-known)/;
  const lines = sources.filter(({ path }) => !lists.includes(path)).flatMap((source) =>
    [...source.text.matchAll(text)].filter(([, found = ""]) =>
      paths.has(found) || (own.test(found) && /^(routes|lib\/oauth)\//.test(source.path))
    ).map(([, found]) => `${source.path}: ${found}`)
  );
  assert.deepEqual(lines, []);
});

/** A function and how many lines it has. It ends where a line closes what its own began: the formatter sees to that. */
function functionsOf({ path, text }: Source): readonly { readonly name: string; readonly lines: number }[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    const [, indent, head = ""] = /^( *)(.*(?:\bfunction\b.*|=> [({])|(?:async )?#?\w+\(.*\).*\{)$/.exec(line) ?? [];
    if (indent === undefined || /^(?:\/?\*|\/\/|if|for|while|switch|\} )/.test(head)) return [];
    const length = lines.slice(at + 1).findIndex((end) =>
      end.startsWith(indent) && /^[})\]]+[;,)]*$/.test(end.slice(indent.length))
    );
    return [{ name: `${path}:${at + 1} ${head}`, lines: length + 2 }];
  });
}

Deno.test("no function is longer than 80 lines", async () => {
  const scripts: Source[] = [];
  for await (const path of walk("views")) {
    if (path.endsWith(".js")) scripts.push({ path, text: await Deno.readTextFile(new URL(path, root)), code: "" });
  }
  const functions = [...sources, ...scripts].flatMap(functionsOf);
  assert.ok(functions.length > 1000, `only ${functions.length} functions are seen`);
  assert.deepEqual(functions.filter(({ lines }) => lines > 80).map(({ name, lines }) => `${name}: ${lines}`), []);
});

Deno.test("files are short enough to read at one sitting", () => {
  const long = sources.map(({ path, text }) => ({ path, lines: text.split("\n").length }))
    .filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines}`);
  assert.deepEqual(long, []);
});

Deno.test("every exported function, type and constant says what it promises (style, documentation)", () => {
  const missing = sources.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    return lines.flatMap((line, at) => {
      const [start] = /^export (?:async )?(?:function\*?|interface|class|const|type) \w+/.exec(line) ?? [];
      const before = lines[at - 1] ?? "";
      // What is said of a function holds for its overloads.
      return start === undefined || before.endsWith("*/") || before.startsWith(start) ? [] : [`${path}: ${start}`];
    });
  });
  assert.deepEqual(missing, []);
});

Deno.test("every member of a type that a library user sees says what it is (routes/app_types.ts)", () => {
  const types = sources.find(({ path }) => path === "routes/app_types.ts")?.text ?? "";
  const files = [...types.matchAll(/ from "(\.[^"]+)"/g)].map(([, file = ""]) =>
    new URL(file, new URL("routes/", root)).href.slice(root.href.length)
  );
  assert(files.length > 10, "no types are exported");
  const missing = sources.filter(({ path }) => files.includes(path)).flatMap(({ path, text }) =>
    [...text.matchAll(/^export interface (\w+)[^{]*\{\n((?: {2}.*\n|\n)*)\}/gm)].flatMap(([, name, body = ""]) => {
      const lines = body.split("\n");
      return lines.filter((line, at) => /^ {2}(?:readonly )?\w+\??[:(]/.test(line) && !lines[at - 1]?.endsWith("*/"))
        .map((line) => `${path}: ${name}, ${line.trim()}`);
    })
  );
  assert.deepEqual(missing, []);
});

Deno.test("every dependency is an exact npm version, and what only tests need stays out of a start", async () => {
  const read = async (path: string): Promise<Manifest> => JSON.parse(await Deno.readTextFile(new URL(path, root)));
  const [manifest, forTests] = [await read("deno.json"), await read("tests/deno.json")];
  for (const [name, specifier] of Object.entries(forTests.imports)) {
    assert.match(specifier, new RegExp(`^npm:${name}@\\d+\\.\\d+\\.\\d+[\\w.-]*$`));
  }
  assert.deepEqual({ ...forTests.imports, ...manifest.imports }, forTests.imports);
  for (const section of ["compilerOptions", "unstable", "nodeModulesDir", "fmt", "lint"] as const) {
    assert.deepEqual(forTests[section], manifest[section], section);
  }
  for (const path of ["deno.lock", "tests/deno.lock"]) {
    assert.doesNotMatch(await Deno.readTextFile(new URL(path, root)), /"(jsr|https):/);
  }
});
