/**
 * The skills that a client was told of, the files of them that it read, and whether these were as they were listed.
 *
 * @module
 */
import { hash } from "../runtime/node_crypto.ts";
import { isObject, type JsonObject } from "../http/json.ts";
import { conversationIn, type Request } from "./conversation.ts";
import { textOf } from "./reading.ts";
import type { McpStep } from "./step.ts";
import { serverAt } from "./tools.ts";

/** A skill, as a client was told of it. */
export interface ListedSkill {
  readonly request: Request;
  readonly server: string;
  /** Of its `SKILL.md`. */
  readonly uri: string;
  readonly entry: JsonObject;
  /** All of its files, as far as they are listed. */
  readonly files: readonly JsonObject[];
}

/** A resource that a client read. */
export interface ResourceRead {
  readonly request: Request;
  readonly server: string;
  readonly uri: string;
}

/** In what the `SKILL.md` that was read is not what was listed. */
export type Misfit = "size" | "digest" | "frontmatter";

/** What is known of skills. */
export interface SkillTalk {
  readonly skills: readonly ListedSkill[];
  readonly reads: readonly ResourceRead[];
  /** Requests for skills whose answers are not on record, or not whole. */
  readonly unread: readonly Request[];
}

const known = new WeakMap<readonly McpStep[], SkillTalk>();

/** What was said of skills in requests to MCP servers; worked out once for the same list of them. */
export function skillTalkIn(steps: readonly McpStep[]): SkillTalk {
  const found = known.get(steps) ?? readTalk(steps);
  known.set(steps, found);
  return found;
}

function readTalk(steps: readonly McpStep[]): SkillTalk {
  const skills: ListedSkill[] = [];
  const reads: ResourceRead[] = [];
  const unread: Request[] = [];
  for (const request of conversationIn(steps).requests) {
    const { method, params, answer, step } = request;
    const server = serverAt(step);
    const result = isObject(answer?.message.result) ? answer.message.result : {};
    if (method === "skills/list" || method === "skills/get") {
      if (!answer) unread.push(request);
      for (const entry of [method === "skills/get" ? result.skill : result.skills].flat().filter(isObject)) {
        const uri = textOf(entry, "uri");
        const files = Array.isArray(entry.resources) ? entry.resources.filter(isObject) : [];
        if (uri !== undefined) skills.push({ request, server, uri, entry, files });
      }
    }
    const uri = method === "resources/read" ? textOf(params, "uri") : undefined;
    if (uri !== undefined) reads.push({ request, server, uri });
  }
  return { skills, reads, unread };
}

/**
 * What is wrong with the `SKILL.md` that was read, by the entry of its skill; undefined if it fits, or if nobody can tell.
 *
 * @param read A read of the skill's own `uri`.
 */
export function misfitOf({ request, uri }: ResourceRead, { entry, files }: ListedSkill): Misfit | undefined {
  const result = request.answer?.message.result;
  const listed = files.find((file) => file.uri === uri);
  const contents = isObject(result) && Array.isArray(result.contents) ? result.contents.filter(isObject) : [];
  const content = contents.find((one) => one.uri === uri);
  if (!listed || !content) return undefined;
  const bytes = bytesOf(content);
  // What is hidden on record, has other bytes there.
  if (!bytes || bytes.includes("…")) return undefined;
  if (typeof listed.size === "number" && listed.size !== bytes.length) return "size";
  const digest = textOf(listed, "digest") ?? "";
  if (!/^sha256:[\da-f]{64}$/.test(digest)) return undefined;
  if (digest !== `sha256:${hash("sha256", bytes, "hex")}`) return "digest";
  return isObject(entry.frontmatter) && differs(bytes.toString(), entry.frontmatter) ? "frontmatter" : undefined;
}

function bytesOf(content: JsonObject): Buffer | undefined {
  const [text, blob] = [textOf(content, "text"), textOf(content, "blob")];
  if (text !== undefined) return Buffer.from(text);
  return blob === undefined ? undefined : Buffer.from(blob, "base64");
}

/** A line of YAML that every parser reads as a text, and as the same. */
const plainLine = /^([a-z][\w-]*): ([a-z][\w ,;.-]*[\w.])$/i;

/** What YAML takes for something else than a text. */
const noText = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** Whether a `SKILL.md` says something else than its entry, as far as that can be told without all of YAML. */
function differs(text: string, frontmatter: JsonObject): boolean {
  const [, yaml = ""] = /^---\r?\n(.*?)\r?\n---(?:\r?\n|$)/s.exec(text) ?? [];
  const lines = yaml.split(/\r?\n/);
  return lines.some((line, index) => {
    const [, name = "", value = ""] = plainLine.exec(line) ?? [];
    const goesOn = /^\s/.test(lines[index + 1] ?? "");
    const said = Object.hasOwn(frontmatter, name) ? frontmatter[name] : undefined;
    return name !== "" && !goesOn && !noText.test(value) && typeof said === "string" && said !== value;
  });
}
