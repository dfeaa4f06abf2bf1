// The prompts and resources that the official conformance suite asks for by name.
import {
  type GetPromptResult,
  inputRequired,
  inputResponse,
  type PromptMessage,
  type ReadResourceResult,
} from "@modelcontextprotocol/server";
import type { Features, PromptRow, ResourceRow } from "../feature_rows.ts";
import { clientOf } from "../tools/tool.ts";
import { askForm } from "./conformance_questions.ts";
import { redSquarePng } from "./media.ts";

/** What completion offers; the values mean nothing. */
const WORDS = Object.freeze(["paris", "park", "party", "test1", "test2"]);

function startingWith(typed: string): readonly string[] {
  return WORDS.filter((word) => word.startsWith(typed));
}

function userMessages(...contents: readonly PromptMessage["content"][]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: "user", content })) };
}

function text(content: string): PromptMessage["content"] {
  return { type: "text", text: content };
}

const prompts: readonly PromptRow[] = [
  {
    listing: { name: "test_simple_prompt", title: "Text", description: "A prompt of one text." },
    get: () => userMessages(text("This is a simple prompt for testing.")),
  },
  {
    listing: {
      name: "test_prompt_with_arguments",
      title: "Arguments",
      description: "A prompt with two arguments, which can be completed.",
      arguments: [
        { name: "arg1", description: "First argument", required: true },
        { name: "arg2", description: "Second argument", required: true },
      ],
    },
    complete: new Map([["arg1", startingWith], ["arg2", startingWith]]),
    get: ({ arg1, arg2 }) => userMessages(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  },
  {
    listing: {
      name: "test_prompt_with_embedded_resource",
      title: "Embedded resource",
      description: "A prompt with a resource.",
      arguments: [{ name: "resourceUri", description: "URI that the resource is given", required: true }],
    },
    get: ({ resourceUri = "" }) => {
      const resource = { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." };
      return userMessages({ type: "resource", resource }, text("Please process the embedded resource above."));
    },
  },
  {
    listing: { name: "test_prompt_with_image", title: "Image", description: "A prompt with an image." },
    get: () =>
      userMessages(
        { type: "image", data: redSquarePng, mimeType: "image/png" },
        text("Please analyze the image above."),
      ),
  },
  {
    listing: {
      name: "test_input_required_result_prompt",
      title: "Ask first",
      description: "A prompt that asks a person for its context first.",
    },
    get: (_, call) => {
      const answer = inputResponse(clientOf(call).responses, "user_context");
      if (answer.kind !== "elicit") {
        return inputRequired({ inputRequests: { user_context: inputRequired.elicit(askForm("context")) } });
      }
      return userMessages(text(`Context: ${String(answer.content?.context ?? answer.action)}`));
    },
  },
];

const resources: readonly ResourceRow[] = [
  {
    listing: {
      uri: "test://static-text",
      name: "static-text",
      title: "Text",
      description: "A text.",
      mimeType: "text/plain",
    },
    read: () => ({
      contents: [{
        uri: "test://static-text",
        mimeType: "text/plain",
        text: "This is the content of the static text resource.",
      }],
    }),
  },
  {
    listing: {
      uri: "test://static-binary",
      name: "static-binary",
      title: "Image",
      description: "A PNG image.",
      mimeType: "image/png",
    },
    read: () => ({ contents: [{ uri: "test://static-binary", mimeType: "image/png", blob: redSquarePng }] }),
  },
  {
    listing: {
      uri: "test://watched-resource",
      name: "watched-resource",
      title: "Watched",
      description: "A text to subscribe to; test_trigger_resource_update says that it changed.",
      mimeType: "text/plain",
    },
    read: () => ({ contents: [{ uri: "test://watched-resource", mimeType: "text/plain", text: "Watch me." }] }),
  },
];

/** What `/conformance` has besides tools. */
export const conformanceFeatures: Features = Object.freeze({
  prompts,
  resources,
  templates: [{
    listing: {
      uriTemplate: "test://template/{id}/data",
      name: "template",
      title: "Template",
      description: "Gives the id of its URI back.",
      mimeType: "application/json",
    },
    complete: new Map([["id", startingWith]]),
    read: readTemplate,
  }],
});

function readTemplate(uri: string): ReadResourceResult | undefined {
  const encoded = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (encoded === undefined) return undefined;
  const id = decode(encoded);
  const data = { id, templateTest: true, data: `Data for ID: ${id}` };
  return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify(data) }] };
}

/** Text that is not valid percent-encoding is taken literally. */
function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
