// What Deno lets the program do, asked before it does it: Deno itself would stop at a question in a terminal, and end in
// a stack trace elsewhere. Neither says that `deno.json` has all the permissions, which `-P` grants.
import { ConfigError } from "./config_values.ts";

/** Insists on a permission; returns at once where it is granted. */
type Demand = (needed: Deno.PermissionDescriptor) => void;

/**
 * Makes what insists on permissions.
 *
 * @param command What to type to grant all of them, such as `deno run -P main.ts`.
 * @param query Says whether a permission is granted, without asking anyone.
 * @returns Throws a {@link ConfigError} for a permission that is missing.
 */
export function createDemand(
  command: () => string,
  query: (needed: Deno.PermissionDescriptor) => Pick<Deno.PermissionStatus, "state">,
): Demand {
  return (needed) => {
    if (query(needed).state === "granted") return;
    throw new ConfigError(`Deno does not allow this program ${describe(needed)}; run ${command()}`);
  };
}

function describe(needed: Deno.PermissionDescriptor): string {
  switch (needed.name) {
    case "env":
      return `to read the environment variable ${needed.variable}`;
    case "net":
      return `to listen on ${needed.host}`;
    case "read":
    case "write":
      return `to ${needed.name} ${needed.path ?? "files"}`;
    default:
      return needed.name;
  }
}
