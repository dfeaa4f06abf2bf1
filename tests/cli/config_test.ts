import assert from "node:assert/strict";
import { type Config, parseConfig, parseSettings, type Settings } from "../../lib/cli/config.ts";
import { ConfigError } from "../../lib/cli/config_values.ts";
import { helpText } from "../../lib/cli/help_text.ts";

const home = { HOME: "/home/ada" };

type Flat = Omit<Config, "settings"> & Settings;

/** Settings that say nothing but where home is, on Linux. */
const defaults: Flat = {
  port: 8789,
  host: "127.0.0.1",
  db: "/home/ada/.local/share/mock-oauth/kv.sqlite3",
  alg: "EdDSA",
  public: false,
  allowClone: false,
  json: false,
  quiet: false,
  verbose: false,
  exitWithParent: false,
  stdio: false,
  record: true,
};

function configOf(args: readonly string[], env: Record<string, string> = home, os = "linux"): Flat {
  const command = parseConfig(args, (name) => env[name], os);
  assert(command.kind === "serve", command.kind);
  const { settings, ...config } = command.config;
  return { ...config, ...settings };
}

function refusalOf(args: readonly string[], env: Record<string, string> = home, os = "linux"): string {
  try {
    parseConfig(args, (name) => env[name], os);
  } catch (error) {
    assert(error instanceof ConfigError, String(error));
    return error.message;
  }
  return assert.fail(`Accepted: ${JSON.stringify([args, env])}`);
}

Deno.test("parseConfig takes nothing but a home directory (README, run it)", () => {
  assert.deepEqual(configOf([]), defaults);
  assert.deepEqual(configOf(["start"]), defaults);
  assert.deepEqual(configOf(["start", "--"]), defaults);
  assert.deepEqual(configOf(["start", "--", "--port", "1"]), configOf(["--port", "1"]));
});

Deno.test("parseConfig takes --stdio for a server of its own: any free port, in memory, unless told otherwise (README, options)", () => {
  const own = { ...defaults, stdio: true, port: 0, db: ":memory:" };
  assert.deepEqual(configOf(["--stdio"]), own);
  assert.deepEqual(configOf(["--stdio"], {}), own, "it needs no home directory");
  assert.deepEqual(configOf(["--stdio", "--port", "1", "--db", "a.db"]), { ...own, port: 1, db: "a.db" });
  assert.deepEqual(configOf(["--stdio"], { ...home, PORT: "2", MOCK_DB: "b.db" }), { ...own, port: 2, db: "b.db" });
});

/** One row a setting that takes a value: flag, variable, two texts and what each comes to. */
const settings = [
  { flag: "port", variable: "PORT", texts: ["0", "65535"], parsed: [{ port: 0 }, { port: 65_535 }] },
  { flag: "host", variable: "HOST", texts: ["::1", "mock.test"], parsed: [{ host: "::1" }, { host: "mock.test" }] },
  { flag: "db", variable: "MOCK_DB", texts: [":memory:", "a b.db"], parsed: [{ db: ":memory:" }, { db: "a b.db" }] },
  {
    flag: "public-url",
    variable: "PUBLIC_URL",
    texts: ["https://MOCK.example:443/", "http://localhost:8080"],
    parsed: [{ publicUrl: "https://mock.example" }, { publicUrl: "http://localhost:8080" }],
  },
  {
    flag: "users",
    variable: "MOCK_USERS",
    texts: ["u.json", "a b"],
    parsed: [{ usersPath: "u.json" }, { usersPath: "a b" }],
  },
  {
    flag: "scenario",
    variable: "MOCK_SCENARIO",
    texts: ["iss-missing", "standard"],
    parsed: [{ scenario: "iss-missing" }, { scenario: "standard" }],
  },
  {
    flag: "scenarios",
    variable: "MOCK_SCENARIOS",
    texts: ["s.json", "a b"],
    parsed: [{ scenariosPath: "s.json" }, { scenariosPath: "a b" }],
  },
  {
    flag: "control-token",
    variable: "CONTROL_TOKEN",
    texts: ["s3cret", "o/t~h=r"],
    parsed: [{ controlToken: "s3cret" }, { controlToken: "o/t~h=r" }],
  },
  {
    flag: "token-lifetime",
    variable: "MOCK_TOKEN_LIFETIME",
    texts: ["3600", "1"],
    parsed: [{ tokenLifetimeSeconds: 3600 }, { tokenLifetimeSeconds: 1 }],
  },
  { flag: "alg", variable: "MOCK_ALG", texts: ["ES256", "RS256"], parsed: [{ alg: "ES256" }, { alg: "RS256" }] },
] as const;

Deno.test("parseConfig reads each setting from its flag and its variable, and the flag wins (README, options)", async (t) => {
  for (const { flag, variable, texts: [text, other], parsed: [value, otherValue] } of settings) {
    await t.step(`--${flag} ${variable}`, () => {
      assert.deepEqual(configOf([`--${flag}`, text]), { ...defaults, ...value });
      assert.deepEqual(configOf([`--${flag}=${text}`]), { ...defaults, ...value });
      assert.deepEqual(configOf(["start", `--${flag}`, other]), { ...defaults, ...otherValue });
      assert.deepEqual(configOf([], { ...home, [variable]: text }), { ...defaults, ...value });
      assert.deepEqual(configOf([`--${flag}`, other], { ...home, [variable]: text }), { ...defaults, ...otherValue });
      if (flag === "control-token") return;
      assert.deepEqual(configOf([], { ...home, [variable]: "" }), defaults, "an empty variable is an unset one");
    });
  }
});

Deno.test("parseConfig takes certificate and key together, from flags, variables or one of each (README, options)", () => {
  const tls = { certPath: "c.pem", keyPath: "k.pem" };
  const fromEnv = { ...home, TLS_CERT: "other.pem", TLS_KEY: "k.pem" };
  assert.deepEqual(configOf(["--tls-cert", "c.pem", "--tls-key", "k.pem"]), { ...defaults, tls });
  assert.deepEqual(configOf([], { ...home, TLS_CERT: "c.pem", TLS_KEY: "k.pem" }), { ...defaults, tls });
  assert.deepEqual(configOf(["--tls-cert", "c.pem"], fromEnv), { ...defaults, tls });
  assert.deepEqual(configOf([], { ...home, TLS_CERT: "", TLS_KEY: "" }), defaults);
});

Deno.test("parseConfig turns limits on by flag or variable (README, options)", () => {
  assert.deepEqual(configOf(["--public"]), { ...defaults, public: true });
  assert.deepEqual(configOf(["--allow-clone"]), { ...defaults, allowClone: true });
  assert.deepEqual(configOf([], { ...home, MOCK_ALLOW_CLONE: "true" }), { ...defaults, allowClone: true });
  for (const [text, isPublic] of [["true", true], ["1", true], ["false", false], ["0", false], ["", false]] as const) {
    assert.deepEqual(configOf([], { ...home, MOCK_PUBLIC: text }), { ...defaults, public: isPublic }, text);
  }
  assert.deepEqual(configOf(["--public"], { ...home, MOCK_PUBLIC: "false" }), { ...defaults, public: true });
});

Deno.test("parseConfig records unless a flag or the variable says otherwise (README, options)", () => {
  assert.deepEqual(configOf(["--no-record"]), { ...defaults, record: false });
  for (const [text, record] of [["true", true], ["1", true], ["false", false], ["0", false], ["", true]] as const) {
    assert.deepEqual(configOf([], { ...home, MOCK_RECORD: text }), { ...defaults, record }, text);
  }
  assert.deepEqual(configOf(["--no-record"], { ...home, MOCK_RECORD: "true" }), { ...defaults, record: false });
});

Deno.test("parseSettings needs no home and no command line, as `deno serve` has none (README, options)", () => {
  assert.deepEqual(parseSettings(() => undefined), { alg: "EdDSA", public: false, allowClone: false, record: true });
  const env: Record<string, string> = { MOCK_RECORD: "false", PUBLIC_URL: "https://mock.example/", PORT: "none" };
  assert.deepEqual(parseSettings((name) => env[name]), {
    publicUrl: "https://mock.example",
    alg: "EdDSA",
    public: false,
    allowClone: false,
    record: false,
  });
});

Deno.test("parseConfig turns output to JSON or off by flag alone (README, options)", () => {
  assert.deepEqual(configOf(["--json"]), { ...defaults, json: true });
  assert.deepEqual(configOf(["--quiet"]), { ...defaults, quiet: true });
  assert.deepEqual(configOf(["--quiet", "--json"]), { ...defaults, json: true, quiet: true });
  assert.deepEqual(configOf([], { ...home, JSON: "1", QUIET: "1" }), defaults);
});

Deno.test("parseConfig keeps data where the system keeps a user's data (XDG Base Directory)", () => {
  const dbOf = (env: Record<string, string>, os: string): string => configOf([], env, os).db;
  assert.equal(dbOf({ ...home, XDG_DATA_HOME: "/data" }, "linux"), "/data/mock-oauth/kv.sqlite3");
  assert.equal(dbOf({ ...home, XDG_DATA_HOME: "" }, "linux"), "/home/ada/.local/share/mock-oauth/kv.sqlite3");
  assert.equal(dbOf({ XDG_DATA_HOME: "/data" }, "freebsd"), "/data/mock-oauth/kv.sqlite3");
  assert.equal(
    dbOf({ HOME: "/Users/ada", XDG_DATA_HOME: "/data" }, "darwin"),
    "/Users/ada/Library/Application Support/mock-oauth/kv.sqlite3",
  );
  assert.equal(
    dbOf({ LOCALAPPDATA: "C:\\Users\\ada\\AppData\\Local" }, "windows"),
    "C:\\Users\\ada\\AppData\\Local\\mock-oauth\\kv.sqlite3",
  );
});

Deno.test("parseConfig needs no home directory when told where data is (README, options)", () => {
  assert.equal(configOf(["--db", ":memory:"], {}).db, ":memory:");
  assert.equal(configOf([], { MOCK_DB: "kv.db" }).db, "kv.db");
});

Deno.test("parseConfig answers help and version before it looks at settings (README, options)", () => {
  const kindOf = (...args: string[]): string => parseConfig(args, () => undefined, "linux").kind;
  for (const flag of ["--help", "-h"]) assert.equal(kindOf(flag, "--port", "none"), "help");
  for (const flag of ["--version", "-V"]) assert.equal(kindOf("start", flag, "--port", "none"), "version");
});

Deno.test("--help names every flag, every variable and every default (README, options)", () => {
  for (const { flag, variable } of settings) {
    assert.match(helpText("linux"), new RegExp(`^  --${flag} [A-Z]+ .* ${variable}( |$)`, "m"));
  }
  for (
    const text of [
      "--tls-cert",
      "TLS_CERT",
      "--tls-key",
      "TLS_KEY",
      "--json",
      "--quiet",
      "--no-record",
      "--help",
      "--version",
    ]
  ) {
    assert(helpText("linux").includes(text), text);
  }
  for (const text of ["8789", "127.0.0.1", "EdDSA, ES256, RS256"]) assert(helpText("linux").includes(text), text);
  assert(helpText("linux").split("\n").every((line) => line.length <= 120));
});

/** What is refused: the command line, the variables, and what the message must say. */
const refusals: readonly (readonly [args: readonly string[], env: Record<string, string>, says: readonly string[]])[] =
  [
    [["--nope"], home, ["'--nope'", "--help lists the flags"]],
    [["--nope=1"], home, ["'--nope'", "--help lists the flags"]],
    [["-p", "1"], home, ["'-p'", "--help lists the flags"]],
    [["serve"], home, ["'serve'", "--help lists the flags"]],
    [["start", "start"], home, ["'start'", "--help lists the flags"]],
    [["--", "x"], home, ["'x'", "--help lists the flags"]],
    [["--json=yes"], home, ["--json has no value, but was given 'yes'", "--help lists the flags"]],
    [["--port"], home, ["--port has no value", "--help lists the flags"]],
    [["--port", "--json"], home, ["--port has no value", "--port=--json", "--help lists the flags"]],
    [["--port", ""], home, ["''", "whole number from 0 to 65535"]],
    [["--port", "65536"], home, ["'65536'", "whole number from 0 to 65535"]],
    [["--port=-1"], home, ["'-1'", "whole number from 0 to 65535"]],
    [["--port", "1e3"], home, ["'1e3'", "whole number from 0 to 65535"]],
    [["--port", "80.5"], home, ["'80.5'", "whole number from 0 to 65535"]],
    [[], { ...home, PORT: "http" }, ["'http'", "whole number from 0 to 65535"]],
    [["--alg", "HS256"], home, ["'HS256'", "EdDSA, ES256, RS256"]],
    [[], { ...home, MOCK_ALG: "none" }, ["'none'", "EdDSA, ES256, RS256"]],
    ...["0", "-1", "1.5", "1e3", "soon", "3153600001"].map((text) =>
      [[`--token-lifetime=${text}`], home, [`'${text}'`, "whole seconds from 1 to 3153600000"]] as const
    ),
    [[], { ...home, MOCK_PUBLIC: "maybe" }, ["'maybe'", "true or false"]],
    [[], { ...home, MOCK_RECORD: "maybe" }, ["MOCK_RECORD is 'maybe'", "true or false"]],
    [["--public-url", "mock.example"], home, ["'mock.example'", "https://mock.example.com"]],
    [["--public-url", "ftp://mock.example"], home, ["'ftp://mock.example'", "an origin"]],
    [["--public-url", "https://mock.example/path"], home, ["'https://mock.example/path'", "an origin"]],
    [["--public-url", "https://mock.example/?a"], home, ["'https://mock.example/?a'", "an origin"]],
    [["--public-url", "https://mock.example/#a"], home, ["'https://mock.example/#a'", "an origin"]],
    [["--public-url", "https://ada@mock.example"], home, ["'https://ada@mock.example'", "an origin"]],
    [[], { ...home, PUBLIC_URL: "localhost:80" }, ["'localhost:80'", "an origin"]],
    [["--control-token", "two words"], home, ["control token", "printable ASCII without spaces"]],
    [["--token-lifetime", "-5"], home, ["--token-lifetime has no value", "--token-lifetime=-5"]],
    [["--token-lifetime=-5"], home, ["-5", "whole seconds"]],
    [["--control-token", ""], home, ["control token is empty", "omit --control-token and CONTROL_TOKEN"]],
    [["--control-token="], { ...home, CONTROL_TOKEN: "s3cret" }, ["control token is empty"]],
    [[], { ...home, CONTROL_TOKEN: "" }, ["control token is empty", "omit --control-token and CONTROL_TOKEN"]],
    ...["host", "db", "allow-origin", "tls-cert", "tls-key", "users", "scenario", "scenarios"].flatMap((name) =>
      ["", " "].map((text) => [[`--${name}`, text], home, [`--${name} is empty`, "omit it"]] as const)
    ),
    [["--allow-origin", "https://a.example", "--allow-origin="], home, ["--allow-origin is empty"]],
    ...["port", "public-url", "alg", "token-lifetime"].map((name) =>
      [[`--${name}=`], home, ["''", "must be"]] as const
    ),
    [["--tls-cert", "c.pem"], home, ["--tls-cert", "--tls-key"]],
    [["--tls-key", "k.pem"], home, ["--tls-cert", "--tls-key"]],
    [[], { ...home, TLS_CERT: "c.pem" }, ["--tls-cert", "--tls-key"]],
    [[], {}, ["home directory", "--db", ":memory:"]],
    [[], { HOME: "", USERPROFILE: "" }, ["home directory", "--db", ":memory:"]],
    [["--port", "1\n2"], home, ["whole number from 0 to 65535"]],
    [["--no\npe"], home, ["--help lists the flags"]],
    [["--port", "1", "--port", "1"], home, ["--port is given twice", "--help lists the flags"]],
    [["--db=a", "--json", "--db", "b"], home, ["--db is given twice"]],
    [["--json", "--json"], home, ["--json is given twice"]],
    [["--db", "ftp://x/y"], home, ["'ftp://x/y'", "a file, :memory:, or the http(s) URL of a KV server"]],
    [["--db", "https://"], home, ["'https://'", "a file, :memory:, or the http(s) URL of a KV server"]],
    [[], { ...home, MOCK_DB: "file:///tmp/x" }, ["'file:///tmp/x'", "a file, :memory:"]],
  ];

Deno.test("parseConfig refuses what it cannot use, in one line that says what came and what is accepted (README)", async (t) => {
  for (const [args, env, says] of refusals) {
    await t.step(JSON.stringify(args.length > 0 ? args : env), () => {
      const message = refusalOf(args, env);
      for (const text of says) assert(message.includes(text), message);
      // deno-lint-ignore no-control-regex -- control characters are what must not be there
      assert.doesNotMatch(message, /[\x00-\x1f\x7f]/);
      assert.doesNotMatch(message, /\.$/);
    });
  }
});
