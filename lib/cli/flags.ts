// The flags of a command line. Node reads flags, too, but loading its `node:util` takes longer than all that a start does.
import { closest } from "../http/did_you_mean.ts";
import { ConfigError } from "./config_values.ts";

/** The flags that a command has. */
export interface KnownFlags<Text extends string, Switch extends string> {
  /** Those that have a value. */
  readonly texts: readonly Text[];
  /** Those that have none. */
  readonly switches: readonly Switch[];
  /** Those with a value that may be given more than once. */
  readonly repeated: readonly Text[];
  /** What lists them, in messages. */
  readonly help: string;
}

/** The flags that were given. */
export interface Flags<Text extends string, Switch extends string> {
  readonly text: (name: Text) => string | undefined;
  /** All values of one that may be given more than once. */
  readonly texts: (name: Text) => readonly string[] | undefined;
  readonly isOn: (name: Switch) => boolean;
  /** What is not a flag. */
  readonly others: readonly string[];
}

/** The flags that every command has, by their short names. */
const shortNames: ReadonlyMap<string, string> = new Map([["-h", "--help"], ["-V", "--version"]]);

/**
 * Reads a command line: `--port 1` or `--port=1`, and whatever follows `--` is no flag.
 *
 * @throws ConfigError for a flag that there is not, one without its value or with one that it does not have, and one that
 * is given twice where one of the two would be ignored.
 */
export function readFlags<Text extends string, Switch extends string>(
  args: readonly string[],
  known: KnownFlags<Text, Switch>,
): Flags<Text, Switch> {
  const texts = new Map<string, string[]>(known.texts.map((name) => [`--${name}`, []]));
  const switches = new Map<string, boolean>(known.switches.map((name) => [`--${name}`, false]));
  const repeated = new Set<string>(known.repeated.map((name) => `--${name}`));
  const others: string[] = [];
  const fail = (reason: string, hint = ""): never => {
    throw new ConfigError(`${reason}; ${known.help} lists the flags${hint}`);
  };

  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (arg === "--") {
      others.push(...left.splice(0));
    } else if (!isFlag(arg)) {
      others.push(arg);
    } else {
      const [, written = arg, value] = /^(--[^=]+)=(.*)$/s.exec(arg) ?? [];
      const name = shortNames.get(written) ?? written;
      const values = texts.get(name);
      if (values) {
        if (values.length > 0 && !repeated.has(name)) fail(`${name} is given twice`);
        values.push(value ?? valueFrom(left, name, fail));
      } else if (switches.has(name)) {
        if (value !== undefined) fail(`${name} has no value, but was given '${value}'`);
        if (switches.get(name)) fail(`${name} is given twice`);
        switches.set(name, true);
      } else {
        const meant = closest(name.replace(/^-+/, ""), [...known.texts, ...known.switches]);
        fail(`Unknown option '${written}'`, meant && `; did you mean --${meant}?`);
      }
    }
  }
  const valuesOf = (name: Text): readonly string[] => texts.get(`--${name}`) ?? [];
  return {
    text: (name) => valuesOf(name)[0],
    texts: (name) => valuesOf(name).length > 0 ? valuesOf(name) : undefined,
    isOn: (name) => switches.get(`--${name}`) ?? false,
    others,
  };
}

/** A dash alone is the name of standard input. */
function isFlag(arg: string): boolean {
  return arg.length > 1 && arg.startsWith("-");
}

/** Takes the value of a flag from what follows it. */
function valueFrom(left: string[], name: string, fail: (reason: string) => never): string {
  const value = left.shift();
  if (value === undefined) return fail(`${name} has no value`);
  if (isFlag(value)) return fail(`${name} has no value; one that begins with a dash is written ${name}=${value}`);
  return value;
}
