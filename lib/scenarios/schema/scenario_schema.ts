// The shape of custom scenarios: from a file, in a request, or in a link.
import { z } from "zod";
import { suggest } from "../../http/did_you_mean.ts";
import { OAuthError } from "../../http/errors.ts";
import { parseJsonFile } from "../../http/json_file.ts";
import { grantTypes, type Reach, reachNames, refusedSteps, ruleIds, tokenEndpointAuthMethods } from "../vocabulary.ts";
import { findRedirectUriProblem } from "../../http/redirect_uri_syntax.ts";
import type { Fault } from "../fault.ts";
import { type Layout, MAIN, type Scenario, type ScenarioClient } from "../scenario.ts";
import { clientText, closedObject, type Complete, requireShape, type Schema } from "../../http/json_body.ts";
import { catalogueSchema } from "./catalogue_schema.ts";
import { driverSchema } from "./driver_schema.ts";
import { faultsSchema } from "./fault_schema.ts";
import { withNames } from "./names.ts";
import { mintSchema, policySchema } from "./plan_schema.ts";

/** The most a scenario may take, as JSON, in bytes. */
export const MAX_SCENARIO_BYTES = 32 * 1024;
/** The same in a file, which is kept nowhere else: what real servers list takes more. */
const MAX_FILE_SCENARIO_BYTES = 4 * 1024 * 1024;

const text = z.string().max(2000);
const path = z.string().max(200).regex(/^(\/[a-z0-9._~-]+)+$/, "a path such as /tenant1");
const jwk = z.record(z.string(), z.unknown());
const web = z.url({ protocol: /^https?$/, error: "an http or https URL" }).max(2048);

const anyRule = { error: ({ input }: { readonly input?: unknown }) => suggest(String(input), ruleIds) };
const ruleId = z.enum(ruleIds, anyRule);

const reach: z.ZodType<Reach> = z.union([
  z.enum(reachNames),
  closedObject({ refuses_before: z.enum(refusedSteps), rule: ruleId.exactOptional() }),
  closedObject({ gives_up_within: z.number().int().min(1).max(100) }),
], { error: `${reachNames.join(", ")}, or an object with refuses_before or gives_up_within` });

/** Not held to loopback for http: in a network of containers, a client is on another computer. */
const redirectUri = z.string().refine((uri) => findRedirectUriProblem(uri) === undefined, {
  error: "an absolute URI that every parser reads alike, without fragment and credentials",
});

const layoutSchema: z.ZodType<Layout> = closedObject(
  {
    issuer_path: path.exactOptional(),
    second_issuer_path: path.exactOptional(),
    default_endpoints: z.boolean().exactOptional(),
    trailing_slash: z.boolean().exactOptional(),
  } satisfies Complete<Layout>,
);

const clientSchema: z.ZodType<ScenarioClient> = closedObject(
  {
    client_id: clientText,
    client_secret: clientText.exactOptional(),
    token_endpoint_auth_method: z.enum(tokenEndpointAuthMethods),
    grant_types: z.array(z.enum(grantTypes)),
    redirect_uris: z.array(redirectUri).exactOptional(),
    post_logout_redirect_uris: z.array(redirectUri).exactOptional(),
    jwks: closedObject({ keys: z.array(jwk) }).exactOptional(),
    private_key_jwk: jwk.exactOptional(),
    assertions_for: clientText.exactOptional(),
  } satisfies Complete<ScenarioClient>,
);

/** A scenario as it is on the wire; absent members are those of `standard`. */
export const scenarioSchema: Schema<Scenario> = closedObject(
  {
    name: z.string().max(40).regex(
      /^[a-z0-9]+(-[a-z0-9]+)*$/,
      "letters a-z, digits and single hyphens, at most 40 characters",
    ).refine((name) => name !== MAIN, `a name other than ${MAIN}, which is what the sandbox at the root is called`),
    group: z.literal("Custom").default("Custom"),
    story: text.default(""),
    client: text.default(""),
    words: text.exactOptional(),
    plan: closedObject({
      policy: policySchema.exactOptional(),
      mint: mintSchema.exactOptional(),
      faults: faultsSchema.exactOptional(),
    }),
    catalogue: catalogueSchema.exactOptional(),
    layout: layoutSchema.exactOptional(),
    clients: z.array(clientSchema).max(20).exactOptional(),
    needs_origin: z.boolean().exactOptional(),
    expects: z.array(ruleId).max(100).default([]),
    reaches: reach.exactOptional(),
    driver: driverSchema.exactOptional(),
    revisions: z.array(text).max(20).exactOptional(),
    links: z.array(closedObject({ label: text, url: web })).max(50).default([]),
  } satisfies Complete<Omit<Scenario, "official">>,
);

/**
 * Reads a scenario.
 *
 * @param at Its index in a list, if it is in one.
 * @param maxBytes The most that it may take as JSON.
 * @throws OAuthError `invalid_request`, naming the member, or for a scenario that is too large.
 */
export function parseScenario(
  value: unknown,
  at: readonly number[] = [],
  maxBytes: number = MAX_SCENARIO_BYTES,
): Scenario {
  const { length } = new TextEncoder().encode(JSON.stringify(value));
  if (length <= maxBytes) return requireShape(value, scenarioSchema, at);
  throw new OAuthError("invalid_request", "The scenario is too large", {
    status: 413,
    received: `${length} bytes`,
    expected: `at most ${maxBytes} bytes`,
  });
}

/**
 * Reads the file of `--scenarios`: one scenario or a list of them, under the names they give themselves.
 *
 * @throws Error whose message says in one line what is wrong.
 */
export function parseScenariosFile(text: string): readonly Scenario[] {
  const parsed = parseJsonFile(text);
  const items: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const scenarios = items.map((item, index) =>
    parseScenario(item, Array.isArray(parsed) ? [index] : [], MAX_FILE_SCENARIO_BYTES)
  );
  const twice = scenarios.find(({ name }, index) => scenarios.findIndex((other) => other.name === name) !== index);
  if (twice) throw new Error(`The scenario ${twice.name} is declared twice`);
  return scenarios;
}

/**
 * A scenario as JSON that can be read again, and defined under another name: of one of the catalogue, less what says only
 * where it is listed there.
 */
export function defineScenario({ official: _, ...scenario }: Scenario): Readonly<Record<string, unknown>> {
  return describeScenario({ ...scenario, group: "Custom" });
}

/** A scenario as JSON, under the names that members have outside. */
export function describeScenario({ plan, ...rest }: Scenario): Readonly<Record<string, unknown>> {
  const { faults, ...patch } = plan;
  return { ...rest, plan: { ...namesOnTheWire(patch), ...(faults ? { faults: faults.map(namesOnTheWire) } : {}) } };
}

function namesOnTheWire({ policy, mint, ...rest }: Scenario["plan"] | Fault): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    ...(policy ? { policy: withNames(policy, "snake") } : {}),
    ...(mint ? { mint: withNames(mint, "snake") } : {}),
  };
}
