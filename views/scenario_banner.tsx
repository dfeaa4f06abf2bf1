/**
 * Says on a sandbox's pages which world one is in.
 *
 * @module
 */
import type { Scenario } from "../lib/scenarios/scenario.ts";
import type { Urls } from "../lib/urls.ts";
import type { Html } from "./html.ts";
import { pathOf } from "./layout.tsx";

/** What a {@link ScenarioBanner} shows. */
export interface ScenarioBannerProps {
  /** Addresses of the sandbox. */
  readonly urls: Urls;
  /** What the sandbox is called. */
  readonly name: string;
  /** What it plays. */
  readonly scenario: Scenario;
}

/** The scenario of a sandbox: its name, what happens, and what a client does that does it right. */
export function ScenarioBanner({ urls, name, scenario }: ScenarioBannerProps): Html {
  return (
    <aside class="notice banner" aria-label="scenario">
      <p>
        You are in the sandbox <code>{name}</code>, scenario{" "}
        <a href={`${pathOf(urls.scenarios)}#${scenario.name}`}>{scenario.name}</a>.
      </p>
      <dl>
        <dt>what happens</dt>
        <dd>{scenario.story}</dd>
        <dt>what a correct client does</dt>
        <dd>{scenario.client}</dd>
      </dl>
    </aside>
  );
}
