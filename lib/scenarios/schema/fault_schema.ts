// The shape of faults on the wire: in a scenario, and as a test adds one.
import { z } from "zod";
import { suggest } from "../../http/did_you_mean.ts";
import type { Answer, Edit } from "../edit.ts";
import { endpointKinds } from "../../http/place.ts";
import { OAuthError } from "../../http/errors.ts";
import type { Fault } from "../fault.ts";
import { type Match, messageMembers, sessionConditions, type SessionMatch, type Wanted } from "../match.ts";
import { conditions as said } from "../match.ts";
import { closedObject, type Complete, type Schema } from "../../http/json_body.ts";
import { mintSchema, policySchema } from "./plan_schema.ts";
import { streamSchema } from "./stream_schema.ts";
import { milliseconds, ofRedirect, ofRequest, ofResponse, templated } from "./templated.ts";
import { type Life, readWrittenFaults, type WrittenFault } from "./written_fault.ts";

const text = z.string().max(2048);
const texts = z.union([text, z.array(text).min(1).max(50)], { error: "a string, or a list of strings" });
const name = z.string().regex(/^[\x20-\x7e]{1,100}$/, "1 to 100 printable ASCII characters");
const times = z.number().int().min(1).max(1_000_000);
const status = z.number().int().min(200).max(599);
const headerName = z.string().max(200).regex(/^[!#$%&'*+.^`|~\w-]+$/, "a header name");
const headerValue = z.string().max(8192).regex(/^[\t\x20-\x7e]*$/, "printable ASCII");
const matchable = endpointKinds.filter((endpoint) => endpoint !== "control");
const orList = (issue: { readonly input?: unknown }): string => `${expectedOf(issue.input)}, or a list of them`;
const endpoint = z.enum(matchable, { error: (issue) => expectedOf(issue.input) });

function expectedOf(written: unknown): string {
  const unknown = (Array.isArray(written) ? written : [written]).find((one) => !matchable.includes(one));
  return suggest(String(unknown), matchable);
}

const wanted: z.ZodType<Wanted> = z.union([text, z.number(), z.boolean(), z.null()]);
const wantedOrList = z.union([wanted, z.array(wanted).min(1).max(50)], {
  error: "a string, a number, true, false, null for what is absent, or a list of them",
});

const valueOrList = z.union([text, z.null(), z.array(text.nullable()).min(1).max(50)], {
  error: "a string, null for a header that is absent, or a list of them",
});

/** The first member of a path that no message of JSON-RPC has. */
function unknownMember(paths: unknown): string | undefined {
  const firsts = Object.keys(Object(paths)).map((path) => path.split(".", 1)[0] ?? "");
  return firsts.find((first) => !messageMembers.some((member) => member === first));
}

const messageSchema = z.record(text, wantedOrList).refine((paths) => unknownMember(paths) === undefined, {
  error: ({ input }) =>
    `paths like params.name, which begin with ${suggest(unknownMember(input) ?? "", messageMembers)}`,
});

const count = z.number().int().min(0).max(1_000_000);

const sessionShape = {
  older_than_seconds: z.number().min(0).max(10_000_000_000).exactOptional(),
  after_requests: count.exactOptional(),
  has_stream: z.boolean().exactOptional(),
  alive_at_least: z.number().int().min(0).max(1000).exactOptional(),
} satisfies Complete<SessionMatch>;

describeAll(sessionShape, sessionConditions);

const sessionSchema: z.ZodType<SessionMatch> = closedObject(sessionShape).refine(
  (conditions) => Object.keys(conditions).length > 0,
  { error: `at least one of ${Object.keys(sessionShape).join(", ")}` },
);

const matchShape = {
  endpoint: z.union([endpoint, z.array(endpoint).min(1)], { error: orList }).exactOptional(),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]).exactOptional(),
  path: text.exactOptional(),
  client_id: text.exactOptional(),
  grant_type: text.exactOptional(),
  rpc_method: texts.exactOptional(),
  not_rpc_method: texts.exactOptional(),
  message: messageSchema.exactOptional(),
  not_message: messageSchema.exactOptional(),
  scope: text.exactOptional(),
  has_param: text.exactOptional(),
  lacks_param: text.exactOptional(),
  has_header: headerName.exactOptional(),
  headers: z.record(headerName, valueOrList).exactOptional(),
  authorized: z.boolean().exactOptional(),
  not_accepting: text.exactOptional(),
  revision_after: text.exactOptional(),
  session: sessionSchema.exactOptional(),
  status: z.union([status, z.array(status).min(1)], { error: "a status from 200 to 599, or a list of them" })
    .exactOptional(),
} satisfies Complete<Match>;

describeAll(matchShape, said);

function describeAll(shape: Readonly<Record<string, z.ZodType>>, said: Readonly<Record<string, string>>): void {
  for (const [name, schema] of Object.entries(shape)) {
    z.globalRegistry.add(schema, { description: said[name] ?? name });
  }
}

const matchSchema: z.ZodType<Match> = closedObject(matchShape);

const answerSchema: z.ZodType<Answer> = closedObject(
  {
    status,
    headers: templated(z.record(headerName, headerValue), ofRequest).exactOptional(),
    body: templated(z.unknown(), ofRequest).exactOptional(),
  } satisfies Complete<Answer>,
).refine((answer) => ![204, 205, 304].includes(answer.status) || answer.body === undefined, {
  error: "no body, as a response of this status has none",
  path: ["body"],
});

const editSchema: z.ZodType<Edit> = closedObject(
  {
    status: status.exactOptional(),
    headers: templated(z.record(headerName, headerValue.nullable()), ofResponse).exactOptional(),
    json: closedObject({
      keep: z.array(text).exactOptional(),
      remove: z.array(text).exactOptional(),
      set: templated(z.record(z.string(), z.unknown()), ofResponse).exactOptional(),
      order: z.array(text).exactOptional(),
    }).exactOptional().meta({
      description:
        "Members of a JSON body, or of each message of an event stream; those of `order` come first; what is removed or set " +
        "in a message of JSON-RPC may be named by its path, such as `result.capabilities`",
    }),
    location: templated(z.record(z.string(), text.nullable()), ofRedirect).exactOptional(),
    body: templated(z.string(), ofResponse).exactOptional(),
    content_type: templated(headerValue, ofResponse).exactOptional(),
    encode: z.literal("form").exactOptional(),
    delay_ms: milliseconds.exactOptional(),
    drop: z.boolean().exactOptional(),
    truncate_bytes: z.number().int().min(0).exactOptional(),
    trickle: closedObject({ bytes: z.number().int().min(1), every_ms: milliseconds }).exactOptional(),
    hold: z.literal(true).exactOptional(),
    stream: streamSchema.exactOptional(),
  } satisfies Complete<Edit>,
).refine(canChange, {
  error: "at least one change, such as a header to set, a member to remove, drop: true, or a delay of 1 ms",
});

/** Whether there is a response that an edit would change. */
function canChange({ headers = {}, json = {}, location = {}, delay_ms = 0, drop = false, ...rest }: Edit): boolean {
  const { keep, remove = [], set = {}, order } = json;
  const isAny = [headers, location, remove, set].some((members) => Object.keys(members).length > 0);
  return isAny || keep !== undefined || order !== undefined || delay_ms > 0 || drop || Object.keys(rest).length > 0;
}

const effects = {
  policy: policySchema.exactOptional(),
  mint: mintSchema.exactOptional(),
  answer: answerSchema.exactOptional(),
  edit: editSchema.exactOptional(),
};

const conditions = {
  nth: times.exactOptional(),
  after: closedObject({ match: matchSchema, times: times.exactOptional() }).exactOptional(),
};

const anyEffect = { error: "at least one of answer, edit, policy, mint" };

function hasEffect({ policy, mint, answer, edit }: Pick<Fault, "policy" | "mint" | "answer" | "edit">): boolean {
  return [policy, mint, answer, edit].some((effect) => effect !== undefined);
}

const lifeSchema: z.ZodType<Life> = z.union([
  z.enum(["next", "always"]),
  closedObject({ times }),
  closedObject({ until: z.union([z.number(), z.iso.datetime({ offset: true })]) }),
], { error: '"next", "always", {"times": 2}, or {"until": a time in ms since 1970 or in ISO 8601}' });

/** A fault of a scenario, as {@link faultRequestSchema}, or with the members that a life stands for. */
const writtenFaultSchema = closedObject(
  {
    name: name.exactOptional(),
    match: matchSchema,
    ...conditions,
    life: lifeSchema.exactOptional(),
    times: times.exactOptional(),
    until_ms: z.number().exactOptional(),
    ...effects,
  } satisfies Complete<Exclude<WrittenFault, string>>,
).refine(hasEffect, anyEffect)
  .refine(({ life, times, until_ms }) => life === undefined || (times === undefined && until_ms === undefined), {
    error: "life, or times and until_ms, not both",
    path: ["life"],
  });

/** A fault as text. */
export const faultText: Schema<string> = z.string().max(2048).meta({
  description:
    "The same as text: an endpoint, a colon and an effect, such as token:503, token:drop*2 or mcp:401*always; at " +
    "an MCP endpoint also for one method, such as mcp.tools/call:503, mcp.initialize:delay=500 or mcp.GET:405*always. " +
    "Several are separated by commas",
});

/** The faults of a scenario. */
export const faultsSchema: Schema<readonly Fault[]> = z.array(z.union([faultText, writtenFaultSchema])).max(50)
  .transform((written, { addIssue }): readonly Fault[] => {
    try {
      return readWrittenFaults(written);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      addIssue({ code: "custom", message: error.detail.expected ?? error.message });
      return z.NEVER;
    }
  }).refine(hasUniqueNames, { error: "faults with unique names" });

function hasUniqueNames(all: readonly Fault[]): boolean {
  return new Set(all.map(({ name }) => name)).size === all.length;
}

/** A fault as a test sets it. */
export interface FaultRequest extends Omit<Fault, "name" | "times" | "until_ms"> {
  /** Its name; generated if not given. */
  readonly name?: string;
  /** How long it lasts; `next` if not given. */
  readonly life?: Life;
}

/** A fault as a test sets it, in JSON. */
export const faultRequestSchema: Schema<FaultRequest> = closedObject(
  {
    name: name.exactOptional(),
    match: matchSchema,
    ...conditions,
    life: lifeSchema.exactOptional(),
    ...effects,
  } satisfies Complete<FaultRequest>,
).refine(hasEffect, anyEffect);
