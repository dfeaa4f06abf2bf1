// How an agent gets into a sandbox: by its name, as it stands in URLs.
import { OAuthError } from "../../http/errors.ts";
import { type Address, parseAddress, type Sandbox } from "../../sandbox/sandbox.ts";
import type { Call, Deps } from "../operation.ts";

/** Lets an agent into a sandbox by its name; throws an OAuthError where there is none, or where the agent may not. */
export type Enter = (sandbox: string) => Promise<Call>;

/**
 * Makes what lets an agent in.
 *
 * @param origin The server as the agent's calls are to name it.
 * @param refuse Says why the agent may not control a sandbox; undefined if it may.
 */
export function createEnter(
  { liveSandboxes }: Pick<Deps, "liveSandboxes">,
  origin: string,
  refuse: (sandbox: Sandbox) => OAuthError | undefined,
): Enter {
  return async (name) => {
    const address = addressOf(name, origin);
    const live = address && await liveSandboxes.find(address);
    if (!live) throw noSandbox(name);
    const sandbox = live.seenFrom(origin, address.prefix);
    const refusal = refuse(sandbox);
    if (refusal) throw refusal;
    return { sandbox, live, plan: live.plan(), param: "", input: undefined };
  };
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
