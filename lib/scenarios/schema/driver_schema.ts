// The shape of the steps that a client must be made to take.
import { z } from "zod";
import { closedObject, type Schema } from "../../http/json_body.ts";
import type { DriverStep } from "../driver_step.ts";

const object = z.record(z.string(), z.unknown());
const name = z.string().min(1).max(256);
const call = { tool: name, arguments: object.exactOptional() };
const alone = [
  "connect",
  "list_tools",
  "list_resources",
  "list_resource_templates",
  "list_prompts",
  "list_skills",
  "switch_user",
  "log_out",
  "end",
] as const;

/** At most thirty days. */
const milliseconds = z.number().int().min(0).max(30 * 24 * 60 * 60 * 1000);
/** The most steps that a script may have. */
const MAX_STEPS = 100;

const step = z.discriminatedUnion("do", [
  closedObject({ do: z.enum(alone) }),
  closedObject({ do: z.literal("listen"), notifications: object.exactOptional() }),
  closedObject({ do: z.literal("call"), ...call, progress: z.literal(true).exactOptional() }),
  closedObject({ do: z.literal("call_at_once"), calls: z.array(closedObject(call)).min(2).max(20) }),
  closedObject({ do: z.literal("cancel"), ...call, after_ms: milliseconds }),
  closedObject({ do: z.enum(["report", "hand_back_schema"]), tool: name }),
  closedObject({ do: z.enum(["read", "load_skill"]), uri: z.string().max(2048) }),
  closedObject({
    do: z.literal("get_prompt"),
    prompt: name,
    arguments: z.record(z.string(), z.string()).exactOptional(),
  }),
  closedObject({
    do: z.literal("answer"),
    action: z.enum(["accept", "decline", "cancel"]),
    content: object.exactOptional(),
  }),
  closedObject({ do: z.literal("wait"), clock_ms: milliseconds.exactOptional(), ms: milliseconds.exactOptional() }),
], { error: "an object whose `do` names a step, such as connect, call or wait" });

/** What a driver does, step by step. */
export const driverSchema: Schema<readonly DriverStep[]> = z.array(step).max(MAX_STEPS);
