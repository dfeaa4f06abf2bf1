/**
 * `/control/faults`: what goes wrong, how often, and how often it has.
 *
 * @module
 */
import { readBodies, requireShape } from "../../lib/http/json_body.ts";
import { type FaultRequest, faultRequestSchema } from "../../lib/scenarios/schema/fault_schema.ts";
import { buildFault, describeFault, unusedNames } from "../../lib/control/faults.ts";
import { withFaults, withoutFaults } from "../../lib/sandbox/changes.ts";
import { suggest } from "../../lib/http/did_you_mean.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { noStoreJson } from "../../lib/http/body.ts";
import type { Fault } from "../../lib/scenarios/fault.ts";
import { parseFaultText } from "../../lib/scenarios/schema/fault_text.ts";
import type { LiveSandbox } from "../../lib/sandbox/live_sandboxes.ts";
import type { Context, ControlDeps, ControlHandlers } from "../../lib/control/operation.ts";

/** What these rows do. */
export type FaultHandlers = Pick<
  ControlHandlers,
  "control_list_faults" | "control_add_faults" | "control_clear_faults" | "control_read_fault" | "control_remove_fault"
>;

/** The handlers of faults. */
export function faultHandlers({ liveSandboxes, faultCounts }: ControlDeps): FaultHandlers {
  async function describe(live: LiveSandbox, fault: Fault): Promise<Readonly<Record<string, unknown>>> {
    const source = live.state().faults.includes(fault) ? "control" : "scenario";
    return describeFault(fault, {
      source,
      counted: await faultCounts.counted(live.id(), fault.name),
      nowMs: live.now(),
    });
  }

  async function describeAll(live: LiveSandbox, faults: readonly Fault[]): Promise<Response> {
    return noStoreJson({ faults: await Promise.all(faults.map((fault) => describe(live, fault))) });
  }

  /** When it resolves, no process lets them happen any more, and what they have counted is forgotten. */
  async function remove(live: LiveSandbox, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await liveSandboxes.change(live, (state) => withoutFaults(state, names));
    for (const name of names) await faultCounts.disarm(live.id(), name);
  }

  async function add({ request, sandbox }: Context): Promise<Response> {
    const live = liveSandboxes.of(sandbox);
    const asked = (await readBodies(request, readItem)).flat();
    const names = asked.flatMap(({ name }) => name ?? []);
    checkNames(live, names);
    await remove(live, live.state().faults.map(({ name }) => name).filter((name) => names.includes(name)));
    let added: readonly Fault[] = [];
    await liveSandboxes.change(live, (state) => {
      const unused = unusedNames([...live.faults(), ...state.faults]);
      added = asked.map((item) => "times" in item ? item : buildFault(item, item.name ?? unused.next().value));
      return withFaults(state, added);
    });
    const kept = live.state().faults.filter(({ name }) => added.some((fault) => fault.name === name));
    return await describeAll(live, kept);
  }

  function requireOwn({ sandbox, param }: Context): { readonly live: LiveSandbox; readonly fault: Fault } {
    const live = liveSandboxes.of(sandbox);
    const fault = live.faults().find(({ name }) => name === param);
    if (fault) return { live, fault };
    const names = live.faults().map(({ name }) => name);
    throw new OAuthError("not_found", "Not found: there is no such fault", {
      parameter: "name",
      received: param,
      expected: names.length === 0 ? "none, as there are no faults" : suggest(param, names),
    });
  }

  return {
    control_list_faults: ({ sandbox }) => describeAll(liveSandboxes.of(sandbox), liveSandboxes.of(sandbox).faults()),
    control_add_faults: add,
    control_clear_faults: async ({ sandbox }) => {
      const live = liveSandboxes.of(sandbox);
      await remove(live, live.state().faults.map(({ name }) => name));
      return await describeAll(live, live.faults());
    },
    control_read_fault: async (context) => {
      const { live, fault } = requireOwn(context);
      return noStoreJson(await describe(live, fault));
    },
    control_remove_fault: async (context) => {
      const { live, fault } = requireOwn(context);
      const told = await describe(live, fault);
      if (told.source === "scenario") throw scenarioOwns(fault.name);
      await remove(live, [fault.name]);
      return noStoreJson(told);
    },
  };
}

/** A fault as an object, or as the text that may also stand in a URL. */
function readItem(
  item: unknown,
  at: readonly number[],
): readonly (FaultRequest | (Fault & { readonly times: number }))[] {
  if (typeof item !== "string") return [requireShape(item, faultRequestSchema, at)];
  return parseFaultText(item).map((fault) => ({ ...fault, times: fault.times ?? Infinity }));
}

function checkNames(live: LiveSandbox, names: readonly string[]): void {
  const own = live.state().faults;
  const taken = live.faults().find((fault) => !own.includes(fault) && names.includes(fault.name));
  if (taken) throw scenarioOwns(taken.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new OAuthError("invalid_request", "Two faults have one name", { parameter: "name", received: twice });
}

function scenarioOwns(name: string): OAuthError {
  return new OAuthError("invalid_request", "This fault is one of the sandbox's own and stays", {
    parameter: "name",
    received: name,
    expected: "a fault that was set here",
  });
}
