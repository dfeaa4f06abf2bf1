// What the conformance suite's tools ask: forms for a person, prompts for a model.
import type { CreateMessageRequestParams, ElicitRequestFormParams } from "@modelcontextprotocol/server";

type FormName = "user" | "confirm" | "color" | "context" | "defaults" | "enums";

/** A prompt for the client's model. */
export function askText(text: string, maxTokens: number): CreateMessageRequestParams {
  return { messages: [{ role: "user", content: { type: "text", text } }], maxTokens };
}

/** A form that asks for a name. */
export function askName(message: string): ElicitRequestFormParams {
  return {
    message,
    requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
  };
}

/** Forms that are asked as they stand. */
const forms: Readonly<Record<FormName, ElicitRequestFormParams>> = {
  user: {
    message: "Who are you?",
    requestedSchema: {
      type: "object",
      properties: {
        username: { type: "string", description: "Name of the user" },
        email: { type: "string", description: "E-mail address of the user" },
      },
      required: ["username", "email"],
    },
  },
  confirm: {
    message: "Please confirm",
    requestedSchema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
  },
  color: {
    message: "Step 2: What is your favorite color?",
    requestedSchema: { type: "object", properties: { color: { type: "string" } }, required: ["color"] },
  },
  context: {
    message: "What context should the prompt use?",
    requestedSchema: { type: "object", properties: { context: { type: "string" } }, required: ["context"] },
  },
  // A default in every field (SEP-1034).
  defaults: {
    message: "Please look the values over",
    requestedSchema: {
      type: "object",
      properties: {
        name: { type: "string", default: "John Doe" },
        age: { type: "integer", default: 30 },
        score: { type: "number", default: 95.5 },
        status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
        verified: { type: "boolean", default: true },
      },
      required: [],
    },
  },
  // Every kind of choice (SEP-1330).
  enums: {
    message: "Please choose",
    requestedSchema: {
      type: "object",
      properties: {
        untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
        titledSingle: {
          type: "string",
          oneOf: [
            { const: "value1", title: "First Option" },
            { const: "value2", title: "Second Option" },
            { const: "value3", title: "Third Option" },
          ],
        },
        legacyEnum: {
          type: "string",
          enum: ["opt1", "opt2", "opt3"],
          enumNames: ["Option One", "Option Two", "Option Three"],
        },
        untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
        titledMulti: {
          type: "array",
          items: {
            anyOf: [
              { const: "value1", title: "First Choice" },
              { const: "value2", title: "Second Choice" },
              { const: "value3", title: "Third Choice" },
            ],
          },
        },
      },
      required: [],
    },
  },
};

/** A form that is always the same. */
export function askForm(name: FormName): ElicitRequestFormParams {
  return forms[name];
}
