// How an agent gets into a sandbox: by its name, as it stands in URLs.
import { OAuthError } from "../../http/errors.ts";
import type { Errand } from "../../limits/asker.ts";
import { type Address, parseAddress, type Sandbox } from "../../sandbox/sandbox.ts";
import type { Call, Deps } from "../operation.ts";

/** Lets an agent into a sandbox by its name; throws an OAuthError where there is none, or where the agent may not. */
export type Enter = (sandbox: string, purpose: Purpose) => Promise<Call>;

/** What an agent is in a sandbox for: the request that would do the same. */
export type Purpose = Omit<Errand, "sandbox">;

/** What an agent may not do, and why. */
interface Refusals {
  /** Says why it may not control a sandbox; undefined if it may. */
  readonly of: (sandbox: Sandbox) => OAuthError | undefined;
  /** Says why it may not see a run; undefined if it may. */
  readonly ofRun: (label: string) => OAuthError | undefined;
  /** Takes what it costs; throws an OAuthError where the agent cannot pay. */
  readonly pay: (errand: Errand) => void;
}

/** An agent, as far as it matters here. */
export interface Agent {
  /** The server as the answers are to name it. */
  readonly origin: string;
  readonly enter: Enter;
  readonly refusalOfRun: Refusals["ofRun"];
}

/** Makes an agent. */
export function createAgent(
  { liveSandboxes }: Pick<Deps, "liveSandboxes">,
  origin: string,
  refusals: Refusals,
): Agent {
  const enter: Enter = async (name, purpose) => {
    const address = addressOf(name, origin);
    if (!address) throw noSandbox(name);
    refusals.pay({ ...purpose, sandbox: address.name });
    const live = await liveSandboxes.find(address);
    if (!live) throw noSandbox(name);
    const sandbox = live.seenFrom(origin, address.prefix);
    const refusal = refusals.of(sandbox);
    if (refusal) throw refusal;
    return { sandbox, live, plan: live.plan(), param: "", input: undefined };
  };
  return { origin, enter, refusalOfRun: refusals.ofRun };
}

function addressOf(name: string, origin: string): Address | undefined {
  const path = name === "" || name === "main" ? "" : `/s/${name}`;
  return /^[a-z0-9~-]*$/.test(name) ? parseAddress(new URL(origin + path), () => false) : undefined;
}

function noSandbox(name: string): OAuthError {
  return new OAuthError("not_found", "There is no such sandbox", {
    parameter: "sandbox",
    received: name.slice(0, 100),
    expected: "main, or the name of a scenario with or without a label, such as iss-missing~my-test",
  });
}
