// Says on a sandbox's pages which sandbox one is in.
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { pathOf } from "../shared/layout.tsx";

interface ScenarioBannerProps {
  readonly urls: Urls;
  readonly name: string;
  readonly scenario: Scenario;
  /** Whether it is folded, on pages where something else comes first. */
  readonly isFolded?: boolean;
}

/** The scenario of a sandbox: its name, what happens, and what a client does that does it right. */
export function ScenarioBanner({ urls, name, scenario, isFolded = false }: ScenarioBannerProps): Html {
  return (
    <aside class="notice banner" aria-label="scenario">
      <p>
        You are in the sandbox <code>{name}</code>, scenario{" "}
        <a href={`${pathOf(urls.scenarios)}#${scenario.name}`}>{scenario.name}</a>.
      </p>
      {isFolded
        ? (
          <details>
            <summary>what happens, and what a correct client does</summary>
            <Story scenario={scenario} />
          </details>
        )
        : <Story scenario={scenario} />}
    </aside>
  );
}

function Story({ scenario: { story, client } }: Pick<ScenarioBannerProps, "scenario">): Html {
  return (
    <dl>
      <dt>what happens</dt>
      <dd>{story}</dd>
      <dt>what a correct client does</dt>
      <dd>{client}</dd>
    </dl>
  );
}
