// The shapes of what MCP servers say: content of every type, and questions. Wrong ones are refused where they are written,
// so that what a client is sent is wrong only where somebody means it to be.
import type { ContentBlock, Icon } from "@modelcontextprotocol/server";
import { z } from "zod";
import { closedObject } from "../../http/json_body.ts";
import { fillPlaces } from "../catalogue_templates.ts";
import type { Questions } from "../mcp_catalogue.ts";

const text = z.string();
const object = z.record(z.string(), z.unknown());

/** Members that clients may ignore. */
export const metaField: z.ZodExactOptional<typeof object> = object.exactOptional();

/** Whom something is for, and how much it matters. */
export const annotationsField = z.looseObject({
  audience: z.array(z.enum(["user", "assistant"])).exactOptional(),
  priority: z.number().exactOptional(),
  lastModified: text.exactOptional(),
}).exactOptional();

/** Pictures of something, for people. */
export const iconsField: z.ZodExactOptional<z.ZodType<Icon[]>> = z.array(z.looseObject({
  src: text,
  mimeType: text.exactOptional(),
  sizes: z.array(text).exactOptional(),
  theme: z.enum(["light", "dark"]).exactOptional(),
})).exactOptional();

const common = { annotations: annotationsField, _meta: metaField };

/** What a resource says of itself in a list. */
export const resourceFields = {
  uri: text.min(1),
  name: text,
  title: text.exactOptional(),
  description: text.exactOptional(),
  mimeType: text.exactOptional(),
  size: z.number().min(0).exactOptional(),
  icons: iconsField,
  ...common,
};

const part = { mimeType: text.exactOptional(), _meta: metaField };

const embedded = z.union([
  closedObject({ uri: text, ...part, text }),
  closedObject({ uri: text, ...part, blob: text }),
], { error: "an object with uri, and text or blob" });

/** Part of what a resource holds. */
export const contentsSchema = z.union([
  closedObject({ uri: text.exactOptional(), ...part, text }),
  closedObject({ uri: text.exactOptional(), ...part, blob: text }),
], { error: "an object with text or blob, and if need be uri and mimeType" });

const contentTypes = ["text", "image", "audio", "resource_link", "resource"] as const;

/** One piece of content. */
export const contentSchema: z.ZodType<ContentBlock> = z.discriminatedUnion("type", [
  closedObject({ type: z.literal("text"), text, ...common }),
  closedObject({ type: z.literal("image"), data: text, mimeType: text, ...common }),
  closedObject({ type: z.literal("audio"), data: text, mimeType: text, ...common }),
  closedObject({ type: z.literal("resource_link"), ...resourceFields }),
  closedObject({ type: z.literal("resource"), resource: embedded, ...common }),
], { error: `an object whose type is one of ${contentTypes.join(", ")}` });

const form = z.looseObject({
  mode: z.literal("form").exactOptional(),
  message: text,
  requestedSchema: z.looseObject({
    type: z.literal("object"),
    properties: z.record(z.string(), object),
    required: z.array(text).exactOptional(),
  }),
});
/** Where canaries may be, for what only has to be right. */
const somewhere = { canary_url: "http://localhost/canary", other_canary_url: "http://127.0.0.1/canary" };

const page = z.looseObject({
  mode: z.literal("url"),
  message: text,
  url: text.refine((url) => URL.canParse(fillPlaces(url, somewhere)), { error: "a URL" }).exactOptional(),
  elicitationId: text.exactOptional(),
});
const sampling = z.looseObject({
  messages: z.array(z.looseObject({
    role: z.enum(["user", "assistant"]),
    content: z.union([object, z.array(object)], { error: "an object, or a list of objects" }),
  })),
  maxTokens: z.number().int().min(1),
});

const question = z.discriminatedUnion("method", [
  closedObject({ method: z.literal("elicitation/create"), params: z.union([form, page]) }),
  closedObject({ method: z.literal("sampling/createMessage"), params: sampling }),
  closedObject({ method: z.literal("roots/list"), params: object.exactOptional() }),
], { error: "an object whose method is one of elicitation/create, sampling/createMessage, roots/list" });

/** What a client is asked at once, by names that its answers have as well. */
export const questionsSchema: z.ZodType<Questions> = z.record(z.string(), question);
