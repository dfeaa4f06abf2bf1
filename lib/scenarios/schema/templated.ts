// The shapes of what faults write: texts and JSON with templates, and times.
import { z } from "zod";
import { type MessagePart, templateProblem, templates } from "../templates.ts";
import { MAX_DELAY_MS } from "./fault_text.ts";

/** A time that a fault lets pass. */
export const milliseconds: z.ZodNumber = z.number().int().min(0).max(MAX_DELAY_MS);

/** Text or JSON that holds no templates but known ones. */
export function templated<T>(schema: z.ZodType<T>, parts: readonly MessagePart[]): z.ZodType<T> {
  return schema
    .refine((value) => templateProblem(value, parts) === undefined, {
      error: ({ input }) => templateProblem(input, parts),
    })
    .meta({
      description: `May hold templates: ${
        [...Object.keys(templates), ...parts.map((part) => `${part}.name`)].map((name) => `{${name}}`).join(", ")
      }; {{name}} stands for the text {name}`,
    });
}

/** The parts of a message that are known wherever a fault writes. */
export const ofRequest: readonly MessagePart[] = ["query", "message"];
/** Those known in an edit. */
export const ofResponse: readonly MessagePart[] = [...ofRequest, "body"];
/** Those known in the parameters of a redirect. */
export const ofRedirect: readonly MessagePart[] = [...ofResponse, "location"];
/** Those known in what is put on a stream. */
export const ofEvent: readonly MessagePart[] = [...ofRequest, "event"];
