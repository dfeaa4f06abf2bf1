// A scenario that somebody has put into a link: what it says, and the way to have it here.
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import type { Html } from "../shared/html.ts";
import { toCurl } from "../shared/http_text.js";
import { CodeBlock, Endpoint } from "../shared/parts.tsx";
import { ScenarioClients, ScenarioFacts } from "./entry.tsx";

/** A scenario from a link. */
export interface Proposal {
  readonly scenario: Scenario;
  /** The address that makes a scenario of what is posted to it. */
  readonly makeUrl: string;
  readonly label: string;
  /** Paths of what there is in a sandbox, below its own. */
  readonly paths: Readonly<Record<"oauth" | "inspect" | "guide", string>>;
}

/** The scenario, and a button that makes it; `scenarios.js` gives that its effect. */
export function ScenarioProposal({ proposal }: { readonly proposal: Proposal }): Html {
  const { scenario, makeUrl, label, paths } = proposal;
  const definition = JSON.stringify(scenario, null, 2);
  const headers = { "content-type": "application/json" };
  return (
    <section class="proposal" aria-labelledby="link:scenario">
      <h2 id="link:scenario">
        a scenario from a link: <code>{scenario.name}</code>
      </h2>
      <p>{scenario.story}</p>
      <ScenarioFacts scenario={scenario} />
      <ScenarioClients scenario={scenario} />
      <details class="shell">
        <summary>its definition, and how to create it from a shell</summary>
        <CodeBlock label="definition" text={definition} />
        <CodeBlock label="in a shell" text={toCurl({ method: "POST", url: makeUrl, headers, body: definition })} />
      </details>
      <form
        class="live"
        data-url={new URL(makeUrl).pathname}
        data-definition={JSON.stringify(scenario)}
        data-label={label}
      >
        <button type="submit">create it here</button>
      </form>
      <p id="making" role="status"></p>
      <div id="made" hidden>
        <Endpoint method="GET/POST" url={paths.oauth} />
        <p class="ways-on">
          <a href={paths.inspect}>watch what a client does there</a> <a href={paths.guide}>walk through it</a>
        </p>
      </div>
    </section>
  );
}
