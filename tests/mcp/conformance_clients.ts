/** The official clients as the official suite wants them: with answers to all that a server can ask. */
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
// @ts-types="@modelcontextprotocol/sdk/types"
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import assert from "node:assert/strict";
import type { Fetch } from "./helpers.ts";

/** Where the client is told that the server is. */
const mockUrl = new URL("http://mock.test/conformance");

/** What a person, a model and a program at the client say when they are asked. */
const answers: Readonly<Record<string, string | boolean>> = { name: "Ann", color: "blue", ok: true, context: "a test" };
const person = { username: "ann", email: "ann@example.com" };

/** A form is filled in with its defaults, and else with what is known. */
function fillIn(schema: unknown): Record<string, string | number | boolean | string[]> {
  const properties = schema !== null && typeof schema === "object" && "properties" in schema ? schema.properties : {};
  return Object.fromEntries(
    Object.entries(properties ?? {}).map((
      [key, { default: value }],
    ) => [key, value ?? { ...answers, ...person }[key] ?? ""]),
  );
}

const roots = { roots: [{ uri: "file:///work", name: "work" }] };

function modelSays(text: string): { role: "assistant"; model: string; content: { type: "text"; text: string } } {
  return { role: "assistant", model: "m", content: { type: "text", text } };
}

/** What the tests need of either client. */
export interface Asked extends AsyncDisposable {
  readonly call: (name: string, args?: Record<string, unknown>) => Promise<{ text: string; isError: boolean }>;
  readonly raw: OldClient | NewClient;
  readonly logged: unknown[];
}

function answerOf(result: Record<string, unknown>): { text: string; isError: boolean } {
  const { content, isError } = result;
  assert.ok(Array.isArray(content));
  return { text: content[0]?.text ?? content[0]?.type, isError: isError === true };
}

const capabilities = { sampling: {}, elicitation: { form: {} }, roots: {} };

export async function connectOld(fetch: Fetch, url: URL = mockUrl): Promise<Asked> {
  const client = new OldClient({ name: "old", version: "1" }, { capabilities });
  const logged: unknown[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
    action: "accept",
    content: fillIn("requestedSchema" in params ? params.requestedSchema : {}),
  }));
  client.setRequestHandler(CreateMessageRequestSchema, () => modelSays("Hello from the model"));
  client.setRequestHandler(ListRootsRequestSchema, () => roots);
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logged.push(params.data));
  await client.connect(new OldTransport(url, { fetch }));
  return {
    raw: client,
    logged,
    call: async (name, args = {}) => answerOf(await client.callTool({ name, arguments: args })),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function connectNew(fetch: Fetch, mode: "auto" | "legacy", url: URL = mockUrl): Promise<Asked> {
  const client = new NewClient({ name: "new", version: "1" }, { capabilities, versionNegotiation: { mode } });
  const logged: unknown[] = [];
  client.setRequestHandler("elicitation/create", ({ params }) => ({
    action: "accept",
    content: fillIn("requestedSchema" in params ? params.requestedSchema : {}),
  }));
  client.setRequestHandler("sampling/createMessage", () => modelSays("Hello from the model"));
  client.setRequestHandler("roots/list", () => roots);
  client.setNotificationHandler("notifications/message", ({ params }) => void logged.push(params.data));
  await client.connect(new NewTransport(url, { fetch }));
  return {
    raw: client,
    logged,
    call: async (name, args = {}) => answerOf(await client.callTool({ name, arguments: args })),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

export const clients = [
  { name: "v1 client, 2025-11-25", connect: connectOld },
  {
    name: "v2 client, 2025-11-25",
    connect: (fetch: Fetch, at?: URL): Promise<Asked> => connectNew(fetch, "legacy", at),
  },
  { name: "v2 client, 2026-07-28", connect: (fetch: Fetch, at?: URL): Promise<Asked> => connectNew(fetch, "auto", at) },
] as const;

export const texts: readonly [name: string, args: Record<string, unknown>, text: string | RegExp][] = [
  ["test_simple_text", {}, "This is a simple text response for testing."],
  ["test_image_content", {}, "image"],
  ["test_audio_content", {}, "audio"],
  ["test_embedded_resource", {}, "resource"],
  ["test_multiple_content_types", {}, "Multiple content types test:"],
  ["test_header_argument", { region: "größer" }, "Region: größer"],
  ["json_schema_2020_12_tool", { name: "A", email: "a@x" }, '{"name":"A","email":"a@x"}'],
  ["test_tool_with_progress", {}, "Reported progress three times"],
  ["test_reconnection", {}, /after the stream was closed/],
  ["test_trigger_tool_change", {}, "Announced a change of tools"],
  ["test_trigger_prompt_change", {}, "Announced a change of prompts"],
  ["test_trigger_resource_update", {}, "Announced a change of test://watched-resource"],
  ["test_sampling", { prompt: "p" }, "LLM response: Hello from the model"],
  ["test_elicitation", { message: "m" }, /^User response: action: accept, content: .*ann@example.com/],
  [
    "test_elicitation_sep1034_defaults",
    {},
    'Elicitation completed: action=accept, content={"name":"John Doe","age":30,"score":95.5,"status":"active","verified":true}',
  ],
  ["test_missing_capability", {}, "LLM response: Hello from the model"],
  ["test_streaming_elicitation", {}, "Hello, Ann!"],
  ["test_input_required_result_elicitation", {}, "Hello, Ann!"],
  ["test_input_required_result_sampling", {}, "Hello from the model"],
  ["test_input_required_result_list_roots", {}, "Roots: file:///work"],
  ["test_input_required_result_request_state", {}, "state-ok: the person chose to accept"],
  ["test_input_required_result_tampered_state", {}, "state-ok: the person chose to accept"],
  ["test_input_required_result_multiple_inputs", {}, "Hello from the model (to Ann, roots: file:///work)"],
  ["test_input_required_result_multi_round", {}, "Ann likes blue"],
  ["test_input_required_result_capabilities", {}, "Answered: elicitation, sampling, roots"],
  ["mock_echo", { message: "m" }, "Echo: m"],
];
