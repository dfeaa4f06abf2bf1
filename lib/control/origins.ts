// `/control/origins`: a port of its own for a sandbox.
import { z } from "zod";
import { closest } from "../http/did_you_mean.ts";
import { OAuthError } from "../http/errors.ts";
import { closedObject } from "../http/json_body.ts";
import { buildUrls, paths } from "../http/urls.ts";
import { parseAddress } from "../sandbox/sandbox.ts";
import { one, operation } from "./operation.ts";

/** Enough that no two tests draw the same, in characters. */
const LABEL_LENGTH = 16;

/** What can be done about the origin of a sandbox. */
export const originOperations = {
  control_open_origin: operation({
    summary: "Opens a port of its own for a sandbox, so that its origin needs no name to be resolved",
    description: "For scenarios that require an origin to themselves, and for any other. The sandbox is the one at " +
      "/s/SCENARIO~LABEL; without a label, each call opens a port for a new sandbox. Calls with the same label return the " +
      "same port, until the server stops or needs the port: when 100 are open, one closes that was not used since its " +
      "sandbox was reset, or for a day.",
    input: one(closedObject({
      scenario: z.string().min(1).max(100),
      label: z.string().regex(/^[a-z0-9-]{1,64}$/, { error: "1 to 64 of a-z 0-9 -" }).exactOptional(),
    })),
    example: { scenario: "no-prm", label: "my-test" },
    answer: z.object({ scenario: z.string(), label: z.string(), origin: z.url(), mcp_url: z.url() }),
    run: async ({ liveSandboxes, names, ownOrigins, chance }, { sandbox, input }) => {
      const { scenario, label = chance.base36(LABEL_LENGTH) } = input;
      const address = parseAddress(new URL(`${sandbox.origin}/s/${scenario}~${label}`), () => false);
      if (!address || !await liveSandboxes.find(address)) {
        throw noSuchScenario(scenario, { names, list: sandbox.origin + paths.scenarios });
      }
      const origin = await ownOrigins.open({ scenario, label });
      return { scenario, label, origin, mcp_url: buildUrls({ origin, prefix: "" }).oauth };
    },
  }),
};

function noSuchScenario(
  scenario: string,
  { names, list }: { readonly names: readonly string[]; readonly list: string },
): OAuthError {
  const meant = closest(scenario, names);
  return new OAuthError("invalid_request", "There is no such scenario", {
    parameter: "scenario",
    received: scenario,
    see: list,
    ...(meant === undefined ? {} : { meant: { text: meant } }),
  });
}
