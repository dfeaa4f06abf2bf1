// What a person can have an agent do, as prompts.
import type { GetPromptResult, Prompt } from "@modelcontextprotocol/server";
import { suggest } from "../../http/did_you_mean.ts";
import { excerpt, OAuthError } from "../../http/errors.ts";
import { setNames } from "../../scenarios/catalogue/sets.ts";
import { requireLabel } from "../runs.ts";

interface ControlPrompt {
  readonly listing: Prompt;
  readonly text: (args: Readonly<Record<string, string>>) => string;
}

const prompts: readonly ControlPrompt[] = [
  {
    listing: {
      name: "test-my-client",
      title: "Test my client",
      description: "Runs a client through a set of scenarios, and mends what it gets wrong",
      arguments: [
        {
          name: "command",
          description: "How the client is run against a URL, such as npm test -- URL",
          required: true,
        },
        { name: "run", description: "A label for the run; one of your own if not given" },
        { name: "set", description: "The scenarios: core, all, or a group such as refresh; core if not given" },
      ],
    },
    text: ({ command = "", run = "my-client", set = "core" }) => {
      requireLabel(run);
      requireSet(set);
      return `Test an MCP client with this mock server, and mend the client where it is wrong.

1. Call the tool run with run "${run}" and set "${set}". It lists the scenarios with the url of each.
2. For each scenario that is not tried, run the client against its url: ${command}. What the client has to be made to
   do there stands as \`driver\` in mock://scenarios/<name>. A login needs no person if the authorization URL has
   auto_approve=true.
3. Call run again. For each scenario that failed, call report with sandbox "<scenario>~${run}", read the rule at
   mock://rules/<id> and the exchanges that are its evidence at mock://exchanges/<scenario>~${run}/<number>.
4. Change the client so that it keeps the rule, call reset for that sandbox, and try it once more.
5. Report which scenarios pass now, which do not and why. Do not change what the mock expects to get a pass.`;
    },
  },
  {
    listing: {
      name: "reproduce-this-bug",
      title: "Reproduce this bug",
      description: "Finds or makes the scenario in which a client shows a bug",
      arguments: [
        { name: "bug", description: "What happens, with the server's answers if they are known", required: true },
        { name: "command", description: "How the client is run against a URL" },
      ],
    },
    text: ({ bug = "", command = "the client" }) =>
      `Reproduce this bug of an MCP client with this mock server:

${bug}

1. Call list_scenarios with words of the bug. If a scenario does what the server does there, use a sandbox of it:
   /s/<scenario>~<label>, with a label of your own.
2. If none does, call define_scenarios or, for one answer, add_faults; mock://schemas/define_scenarios has the shape.
3. Run ${command} against the url, and call report. What the client did is at mock://exchanges/<sandbox>/<number>.
4. Say whether the bug shows, which rule it breaks if one does, and give the link that carries the scenario.`,
  },
];

function requireSet(set: string): void {
  if (setNames.includes(set)) return;
  throw new OAuthError("invalid_request", "There is no set of scenarios of this name", {
    parameter: "set",
    received: excerpt(set),
    expected: suggest(set, setNames),
  });
}

/** All prompts. */
export function listPrompts(): Prompt[] {
  return prompts.map(({ listing }) => listing);
}

/**
 * A prompt, filled in; undefined if there is none of the name, a message about what is missing otherwise.
 *
 * @throws OAuthError `invalid_request` for an argument that its tools would refuse.
 */
export function getPrompt(
  name: string,
  args: Readonly<Record<string, string>>,
): GetPromptResult | { readonly missing: string } | undefined {
  const prompt = prompts.find(({ listing }) => listing.name === name);
  if (!prompt) return undefined;
  const missing = prompt.listing.arguments?.find((one) => one.required && args[one.name] === undefined);
  if (missing) return { missing: missing.name };
  return { messages: [{ role: "user", content: { type: "text", text: prompt.text(args) } }] };
}
