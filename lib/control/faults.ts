// `/control/faults`: what goes wrong, how often, and how often it has.
import { z } from "zod";
import { suggest } from "../http/did_you_mean.ts";
import { OAuthError } from "../http/errors.ts";
import { requireShape } from "../http/json_body.ts";
import { withFaults, withoutFaults } from "../sandbox/changes.ts";
import type { LiveSandbox } from "../sandbox/live_sandboxes.ts";
import type { Fault } from "../scenarios/fault.ts";
import { type FaultRequest, faultRequestSchema, faultText } from "../scenarios/schema/fault_schema.ts";
import { parseFaultText } from "../scenarios/schema/fault_text.ts";
import { withNames } from "../scenarios/schema/names.ts";
import { endOf, unusedNames } from "../scenarios/schema/written_fault.ts";
import { type Call, type Deps, members, oneOrMore, operation } from "./operation.ts";

const count = z.number().int().min(0);
const toldFault = z.looseObject({
  name: z.string(),
  source: z.enum(["scenario", "control"]),
  life: z.union([
    z.enum(["next", "always"]),
    z.object({ times: count }),
    z.object({ until: z.number() }),
  ]),
  met: count,
  has_ended: z.boolean(),
  match: members,
});
const toldFaults = z.object({ faults: z.array(toldFault) });

type ToldFault = z.infer<typeof toldFault>;

/** What can be done to the faults of a sandbox. */
export const faultOperations = {
  control_list_faults: operation({
    summary: "All faults, the scenario's first, and how often each was met",
    answer: toldFaults,
    run: (deps, { live }) => describeAll(deps, live, live.faults()),
  }),
  control_add_faults: operation({
    summary: "Injects a fault: into the next request, some, until a time, or always",
    description:
      "answer replaces the endpoint, which then does nothing. edit changes the endpoint's response after it " +
      "did its work, so a dropped response of the token endpoint has used up the code; a response of which it would " +
      "change nothing does not meet it. policy and mint change the rules for that one request. Texts of answer and edit " +
      "may hold templates. A fault of the same name is replaced, and its count starts again.",
    input: oneOrMore(z.union([faultText, faultRequestSchema]), readFaults),
    example: {
      match: { endpoint: "token", grant_type: "refresh_token" },
      life: { times: 2 },
      answer: { status: 503, headers: { "retry-after": "1" } },
    },
    answer: toldFaults,
    run: add,
  }),
  control_clear_faults: operation({
    summary: "Removes all faults that were set through the control API",
    answer: toldFaults,
    run: async (deps, { live }) => {
      await remove(deps, live, live.state().faults.map(({ name }) => name));
      return await describeAll(deps, live, live.faults());
    },
  }),
  control_read_fault: operation({
    summary: "One fault, and how often it was met",
    answer: toldFault,
    run: (deps, { live, param }) => describe(deps, live, requireFault(live, param)),
  }),
  control_remove_fault: operation({
    summary: "Removes one fault",
    answer: toldFault,
    run: async (deps, { live, param }) => {
      const told = await describe(deps, live, requireFault(live, param));
      if (told.source === "scenario") throw scenarioOwns(told.name);
      await remove(deps, live, [told.name]);
      return told;
    },
  }),
};

/** A fault that may still be without a name. */
type NewFault = Omit<Fault, "name"> & Partial<Pick<Fault, "name">>;

async function add(
  deps: Deps,
  { live, input }: Call<readonly (readonly NewFault[])[]>,
): Promise<{ faults: ToldFault[] }> {
  const asked = input.flat();
  const names = asked.flatMap(({ name }) => name ?? []);
  checkNames(live, names);
  await remove(deps, live, live.state().faults.map(({ name }) => name).filter((name) => names.includes(name)));
  let added: readonly Fault[] = [];
  await deps.liveSandboxes.change(live, (state) => {
    const unused = unusedNames([...live.faults(), ...state.faults]);
    added = asked.map((fault) => ({ ...fault, name: fault.name ?? unused.next().value }));
    // Somebody may have set one of the same name just now.
    return withFaults(withoutFaults(state, names), added);
  });
  return { faults: await Promise.all(added.map((fault) => describe(deps, live, fault, "control"))) };
}

/** When it resolves, no process lets them happen any longer, and what they have counted is forgotten. */
async function remove(
  { liveSandboxes, faultCounts }: Deps,
  live: LiveSandbox,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  await liveSandboxes.change(live, (state) => withoutFaults(state, names));
  for (const name of names) await faultCounts.disarm(live.id(), name);
}

/** A fault as an object, or as the text that may also stand in a URL. */
function readFaults(item: unknown, at: readonly number[]): readonly NewFault[] {
  if (typeof item === "string") return parseFaultText(item);
  const { life = "next", ...rest }: FaultRequest = requireShape(item, faultRequestSchema, at);
  return [{ ...rest, ...endOf(life) }];
}

function lifeOf({ times = Infinity, until_ms }: Fault): ToldFault["life"] {
  if (until_ms !== undefined) return { until: until_ms };
  if (times === Infinity) return "always";
  return times === 1 ? "next" : { times };
}

async function describeAll(
  deps: Deps,
  live: LiveSandbox,
  faults: readonly Fault[],
): Promise<{ faults: ToldFault[] }> {
  return { faults: await Promise.all(faults.map((fault) => describe(deps, live, fault))) };
}

async function describe(
  { faultCounts }: Deps,
  live: LiveSandbox,
  fault: Fault,
  source: ToldFault["source"] = live.state().faults.includes(fault) ? "control" : "scenario",
): Promise<ToldFault> {
  const { name, times = Infinity, until_ms, nth = 1, match, policy, mint, ...rest } = fault;
  const { seen } = await faultCounts.counted(live.id(), name);
  const met = Math.max(0, Math.min(seen - (nth - 1), times));
  return {
    name,
    source,
    life: lifeOf(fault),
    met,
    has_ended: met >= times || (until_ms !== undefined && live.now() >= until_ms),
    ...(nth === 1 ? {} : { nth }),
    match: { ...match },
    ...rest,
    ...(policy ? { policy: withNames(policy, "snake") } : {}),
    ...(mint ? { mint: withNames(mint, "snake") } : {}),
  };
}

function requireFault(live: LiveSandbox, name: string): Fault {
  const fault = live.faults().find((known) => known.name === name);
  if (fault) return fault;
  const names = live.faults().map((known) => known.name);
  throw new OAuthError("not_found", "Not found: there is no such fault", {
    parameter: "name",
    received: name,
    expected: names.length === 0 ? "none, as there are no faults" : suggest(name, names),
  });
}

function checkNames(live: LiveSandbox, names: readonly string[]): void {
  const own = live.state().faults;
  const taken = live.faults().find((fault) => !own.includes(fault) && names.includes(fault.name));
  if (taken) throw scenarioOwns(taken.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new OAuthError("invalid_request", "Two faults have the same name", { parameter: "name", received: twice });
}

function scenarioOwns(name: string): OAuthError {
  return new OAuthError(
    "invalid_request",
    "This fault belongs to the scenario, and can be neither replaced nor removed",
    {
      parameter: "name",
      received: name,
      expected: "a fault that was set through the control API",
    },
  );
}
