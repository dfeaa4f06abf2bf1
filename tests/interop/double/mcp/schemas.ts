/** What the test client makes of the schemas of tools, and of what these return: it checks both, unless it has a slip. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Mcp } from "./client.ts";
import { type Answer, objectIn } from "./inbox.ts";

/** What it does wrong with them. */
export type SchemaSlip =
  | "calls tools in capitals"
  | "calls tools by names of its own"
  | "sends arguments of any type"
  | "calls the tools of another server"
  | "does not check results"
  | "takes objects alone"
  | "fails at unknown content"
  | "fails at content of no revision"
  | "changes linked URIs"
  | "hides tool errors"
  | "drops schema keywords"
  | "calls tools of any dialect"
  | "fetches references"
  | "takes unresolved schemas"
  | "chokes on heavy schemas";

/** The tool that takes what became of a call, and the one that takes a schema as the client has it. */
const REPORT = "report_outcome";
const ECHO = "json_schema_echo";
const FOCUS = "json_schema_2020_12_tool";

function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All references in a schema. */
function refsIn(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = isDocument(schema) && typeof schema.$ref === "string" ? [schema.$ref] : [];
  return [...own, ...Object.values(schema).flatMap(refsIn)];
}

/** Whether it calls a tool at all: not one whose schema it cannot read. */
export function canRead(schema: unknown, { slip }: Setting): boolean {
  if (!isDocument(schema)) return true;
  const { $schema = "https://json-schema.org/draft/2020-12/schema" } = schema;
  const isKnown = /^https?:\/\/json-schema\.org\//.test(String($schema));
  if (!isKnown && slip !== "calls tools of any dialect") return false;
  // What it does not send, it need not know.
  const { properties, required, $defs: _, ...rest } = schema;
  const names = Array.isArray(required) ? required.map(String) : [];
  const sent = isDocument(properties) ? names.map((name) => properties[name]) : [];
  return refsIn([rest, ...sent]).every((ref) => ref.startsWith("#")) || slip === "takes unresolved schemas";
}

/** Does what it does with schemas as soon as it has them. */
export async function readSchemas({ link }: Pick<Mcp, "link">, { slip, options, wait }: Setting): Promise<void> {
  if (slip === "chokes on heavy schemas") await wait(61_000);
  if (slip !== "fetches references") return;
  for (const { inputSchema } of link.listed.values()) {
    for (const url of refsIn(inputSchema).filter((ref) => ref.startsWith("http"))) {
      await (await options.send(new Request(url, { headers: { "user-agent": "double/1" } }))).body?.cancel();
    }
  }
}

/** Whether a value is what a schema says, as far as types go. */
function fits(value: unknown, schema: unknown): boolean {
  if (!isDocument(schema)) return true;
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  if (schema.type !== undefined && schema.type !== type) return false;
  if (!isDocument(value)) return true;
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const properties = isDocument(schema.properties) ? schema.properties : {};
  return required.every((name) => name in value) &&
    Object.entries(value).every(([name, member]) => fits(member, properties[name]));
}

/** What it takes an answer for. */
function outcomeOf(name: string, { result, error }: Answer, { link }: Pick<Mcp, "link">, { slip }: Setting): string {
  if (error || !result) return "error";
  if (result.isError === true) return slip === "hides tool errors" ? "result" : "error";
  const { structuredContent: data } = result;
  const content: readonly unknown[] = Array.isArray(result.content) ? result.content : [];
  const types = content.map((part) => String(objectIn({ part }, "part")?.type));
  if (slip === "fails at unknown content" && types.some((type) => !["text", "image"].includes(type))) return "error";
  const known = ["text", "image", "audio", "resource", "resource_link"];
  if (slip === "fails at content of no revision" && types.some((type) => !known.includes(type))) return "error";
  if (slip === "takes objects alone" && data !== undefined && !isDocument(data)) return "error";
  if (slip === "does not check results" || !("structuredContent" in result)) return "result";
  return fits(data, link.listed.get(name)?.outputSchema) ? "result" : "error";
}

/** Reports what it took the answer to a call for, if it can. */
export async function reportOutcome(
  mcp: Mcp,
  setting: Setting,
  name: string,
  answer: Answer | undefined,
): Promise<void> {
  const { link, call } = mcp;
  if (!answer || name === REPORT || !link.listed.has(REPORT)) return;
  const args = { tool: name, outcome: outcomeOf(name, answer, mcp, setting) };
  await call("tools/call", { name: REPORT, arguments: args });
}

/** Reads what an answer links to. */
export async function readLinks({ link, call }: Mcp, { slip }: Setting, answer: Answer | undefined): Promise<void> {
  const content: readonly unknown[] = Array.isArray(answer?.result?.content) ? answer.result.content : [];
  for (const part of content) {
    const { type, uri } = objectIn({ part }, "part") ?? {};
    if (type !== "resource_link" || (link.capabilities && !("resources" in link.capabilities))) continue;
    await call("resources/read", { uri: slip === "changes linked URIs" ? `${String(uri)}/` : String(uri) });
  }
}

/** Hands back a schema as it has it. */
export async function handBack({ link, call }: Mcp, { slip }: Setting, tool: string): Promise<void> {
  const whole = objectIn(link.listed.get(tool) ?? {}, "inputSchema") ?? {};
  const { if: _, allOf: _all, ...rest } = whole;
  const schema = slip === "drops schema keywords" ? rest : whole;
  if (link.listed.has(ECHO)) await call("tools/call", { name: ECHO, arguments: { tool, schema } });
}

/** Uses tools wrongly where it has a slip. */
export async function tryTools(mcp: Mcp, setting: Setting): Promise<void> {
  const { link, call } = mcp;
  const { slip, options } = setting;
  const use = (name: string, args: Document): Promise<Answer | undefined> =>
    call("tools/call", { name, arguments: args });
  if (!options.driver) await handBack(mcp, setting, FOCUS);
  const [name = ""] = [...link.listed.keys()].filter((one) => one !== one.toUpperCase());
  if (slip === "calls tools in capitals") await use(name.toUpperCase(), { message: "m" });
  if (slip === "calls tools by names of its own") await use("of_my_own", {});
  if (slip === "sends arguments of any type") await use("mock_echo", { message: 5 });
  if (slip === "calls the tools of another server") await use("greet", {});
}
