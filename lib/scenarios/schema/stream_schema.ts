// The shape of what faults do to an answer as a stream of events.
import { z } from "zod";
import { closedObject, type Complete } from "../../http/json_body.ts";
import type { StreamCut, StreamEdit, StreamEvent } from "../edit.ts";
import { MAX_DELAY_MS } from "./fault_text.ts";
import { milliseconds, ofEvent, templated } from "./templated.ts";

const line = z.string().max(2048).regex(/^[^\0\r\n]*$/, "one line of text");
const text = z.string().max(65_536);
/** What comes again does so at an interval that leaves time for others. */
const interval = z.number().int().min(10).max(MAX_DELAY_MS);
const count = z.number().int().min(1).max(1_000_000);

const eventSchema: z.ZodType<StreamEvent> = closedObject(
  {
    wait_ms: milliseconds.exactOptional(),
    comment: templated(text, ofEvent).exactOptional(),
    event: line.exactOptional(),
    id: templated(line, ofEvent).exactOptional(),
    retry_ms: milliseconds.exactOptional(),
    message: templated(z.unknown(), ofEvent).exactOptional(),
    data: templated(text, ofEvent).exactOptional(),
    text: templated(text, ofEvent).exactOptional(),
    every_ms: interval.exactOptional(),
    times: count.exactOptional(),
  } satisfies Complete<StreamEvent>,
).refine(saysOneThing, { error: "one of message, data and text, or none of them" })
  .refine(({ every_ms, times }) => times === undefined || every_ms !== undefined, {
    error: "every_ms beside it",
    path: ["times"],
  });

function saysOneThing({ message, data, text, ...others }: StreamEvent): boolean {
  const said = [message, data, text].filter((one) => one !== undefined).length;
  const { comment, event, id, retry_ms } = others;
  const isPlain = [comment, event, id, retry_ms].every((one) => one === undefined);
  return said <= 1 && (text === undefined || isPlain);
}

const events = z.array(eventSchema).min(1).max(100);

/** An event, or several, that a test puts on a stream. */
export const pushedEvents: z.ZodType<StreamEvent> = eventSchema;

const endSchema: z.ZodType<StreamCut> = closedObject(
  {
    after_events: z.number().int().min(0).max(1_000_000).exactOptional(),
    after_ms: milliseconds.exactOptional(),
    how: z.enum(["close", "cut", "hold"]),
  } satisfies Complete<StreamCut>,
);

/** What is done to an answer as a stream. */
export const streamSchema: z.ZodType<StreamEdit> = closedObject(
  {
    form: z.enum(["events", "json"]).exactOptional(),
    before: events.exactOptional(),
    after: events.exactOptional(),
    fields: closedObject({
      event: line.nullable().exactOptional(),
      id: templated(line, ofEvent).nullable().exactOptional(),
      retry_ms: milliseconds.nullable().exactOptional(),
    }).exactOptional(),
    split: z.literal(true).exactOptional(),
    twice: z.literal(true).exactOptional(),
    on_get: events.exactOptional(),
    via: z.literal("get").exactOptional(),
    end: endSchema.exactOptional(),
  } satisfies Complete<StreamEdit>,
).refine((edit) => Object.keys(edit).length > 0, { error: "at least one change, such as form, before, or end" })
  .refine(({ form, ...rest }) => form !== "json" || Object.keys(rest).length === 0, {
    error: "nothing beside json, as an answer in JSON has no events",
    path: ["form"],
  });
