// The templates that the texts of a fault may hold, such as `{issuer}`: their names, and what each stands for.
import { closest } from "../http/did_you_mean.ts";

/** What is known of every request, by the name of its template. */
export const templates = {
  issuer: "issuer of the authorization server",
  second_issuer: "issuer of the second authorization server, where the scenario has one",
  origin: "origin of the server",
  other_origin: "another name of the same server where its host is a loopback one, else an origin that does not exist",
  canary_url:
    "where canaries are, URLs that nobody should fetch: `{canary_url}/icon.svg`, `/schema.json`, `/page` and so on",
  other_canary_url: "the same at another name of the server, where its host is a loopback one",
  host: "host and port of the server",
  prefix: "path that the sandbox's URLs begin with, such as `/s/standard~my-test`; nothing at the root",
  path: "path of the request",
  mcp_url: "URL of the MCP endpoint that requires a login",
  resource_metadata_url: "URL of the protected resource metadata",
  custom_resource_metadata_url: "URL of the same document, where a scenario hides it",
  authorize_url: "URL of the authorization endpoint",
  token_url: "URL of the token endpoint",
  register_url: "URL of the registration endpoint",
  jwks_url: "URL of the public keys",
  revoke_url: "URL of the revocation endpoint",
  introspect_url: "URL of the introspection endpoint",
  userinfo_url: "URL of the userinfo endpoint",
  par_url: "URL of the endpoint for pushed authorization requests",
  device_url: "URL of the device authorization endpoint",
  rpc_id: 'id of the JSON-RPC message as JSON, so `7` or `"a"`; `null` where there is none',
  rpc_id_text: "id of the JSON-RPC message as text, so `7` or `a`; nothing where there is none",
} as const;

/** The name of a template that every text of a fault may hold. */
export type TemplateName = keyof typeof templates;

/** Templates that name a part of a message, by what stands in front of its name. */
export const messageTemplates = {
  query: "parameter of the request's URL, such as `{query.state}`",
  body: "member of the JSON body that is edited, such as `{body.scope}`; only in an `edit`",
  location: "parameter of the URL that a redirect goes to, such as `{location.code}`; only in `edit.location`",
  message: "member of the JSON-RPC message by its path, such as `{message.params.name}`",
  event:
    "`{event.number}`: number of the event in its stream, from 1; `{event.time}`: how often one with `every_ms` has come; " +
    "only in `edit.stream`",
} as const;

/** Which part of a message a template names. */
export type MessagePart = keyof typeof messageTemplates;

/** A template, or what two braces keep from being one. */
const ANY = /\{\{([A-Za-z_][\w-]*(?:\.[\w.-]+)?)\}\}|\{([A-Za-z_][\w-]*(?:\.[\w.-]+)?)\}/g;

/**
 * Replaces the templates of a text. `{{name}}` stands for the text `{name}`.
 *
 * @param write What a template stands for; undefined leaves it as it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(replaceTemplates('{"a":{x}}{{x}}', (name) => name === "x" ? "1" : undefined), '{"a":1}{x}');
 * ```
 */
export function replaceTemplates(text: string, write: (name: string) => string | undefined): string {
  return text.replace(ANY, (whole, kept: string | undefined, name = "") => {
    return kept === undefined ? write(name) ?? whole : `{${kept}}`;
  });
}

/** The name of the template that a text consists of. */
export function soleTemplate(text: string): string | undefined {
  return /^\{([A-Za-z_][\w-]*(?:\.[\w.-]+)?)\}$/.exec(text)?.[1];
}

/** The names of all templates in the texts of a JSON value. */
export function templatesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(templatesIn);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(templatesIn);
  if (typeof value !== "string") return [];
  const names: string[] = [];
  replaceTemplates(value, (name) => void names.push(name));
  return names;
}

/**
 * What is wrong with the templates of a text or a JSON value.
 *
 * @param parts The parts of a message that are known where it stands.
 * @returns What is expected, naming the first unknown template and those there are; undefined where all are known.
 */
export function templateProblem(value: unknown, parts: readonly MessagePart[]): string | undefined {
  const known: readonly string[] = Object.keys(templates);
  const unknown = templatesIn(value).find((name) => !known.includes(name) && !parts.some((part) => isOf(part, name)));
  if (unknown === undefined) return undefined;
  const listed = [...known, ...parts.map((part) => `${part}.name`)];
  const meant = closest(unknown, listed);
  return `known templates, and {${unknown}} is not one${meant === undefined ? "" : ` (did you mean {${meant}}?)`}: ${
    listed.map((name) => `{${name}}`).join(", ")
  }; {{${unknown}}} stands for the text {${unknown}}`;
}

function isOf(part: MessagePart, name: string): boolean {
  return name.startsWith(`${part}.`);
}
