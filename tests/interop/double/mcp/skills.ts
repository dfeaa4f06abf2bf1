/** What the test client does with skills: it reads those that it is to load, and goes on if they are as they were listed. */
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import type { Setting } from "../options.ts";
import { type Document, textOf } from "../readings.ts";
import type { Mcp } from "./client.ts";

/** What it does wrong with them. */
export type SkillSlip = "reads skills ahead" | "loads skills unchecked";

/** The documents of a list. */
function documentsIn(value: unknown): readonly Document[] {
  return Array.isArray(value) ? value.map((item): Document => Object(item)) : [];
}

/** What the first lines of a `SKILL.md` say, in so much of YAML as the tests have. */
function frontmatterOf(text: string): Document {
  const [, yaml = ""] = text.split(/^---$/m);
  return Object.fromEntries(yaml.trim().split("\n").map((line) => line.split(/: (.*)/, 2)));
}

/** Whether a `SKILL.md` is what its entry says. */
function fits(text: string, { uri, frontmatter, resources }: Document): boolean {
  const listed = documentsIn(resources).find((file) => file.uri === uri);
  const isWhole = listed?.size === Buffer.byteLength(text) && listed.digest === `sha256:${hash("sha256", text)}`;
  const said = frontmatterOf(text);
  const names = new Set([...Object.keys(said), ...Object.keys(Object(frontmatter))]);
  return isWhole && [...names].every((name) => said[name] === Object(frontmatter)[name]);
}

/** What it does with skills. */
export interface Skills {
  readonly list: () => Promise<void>;
  readonly load: (uri: string) => Promise<void>;
}

/** Makes what remembers the skills that it was told of. */
export function createSkills({ call, read }: Pick<Mcp, "call" | "read">, { slip }: Setting): Skills {
  const entries = new Map<string, Document>();
  const readFile = async (uri: string): Promise<string> => {
    const answer = await read("resources/read", { uri });
    return textOf(documentsIn(answer?.result?.contents)[0] ?? {}, "text");
  };
  const readAll = async (entry: Document): Promise<void> => {
    const uris = documentsIn(entry.resources).map((file) => textOf(file, "uri"));
    for (const uri of uris.filter((uri) => uri !== entry.uri)) await readFile(uri);
  };
  return {
    list: async () => {
      const answer = await call("skills/list");
      for (const entry of documentsIn(answer?.result?.skills)) {
        entries.set(textOf(entry, "uri"), entry);
        if (slip !== "reads skills ahead") continue;
        await readFile(textOf(entry, "uri"));
        await readAll(entry);
      }
    },
    load: async (uri) => {
      const entry = entries.get(uri);
      if (!entry) return;
      const text = await readFile(uri);
      if (fits(text, entry) || slip === "loads skills unchecked") await readAll(entry);
    },
  };
}
