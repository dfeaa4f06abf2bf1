// What the pages of a sandbox say of its scenario.
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { ScenarioBanner } from "../../views/scenarios/banner.tsx";
import type { Html } from "../../views/shared/html.ts";
import type { Deps } from "../deps.ts";

/** The name of the scenario that a sandbox plays; undefined for the standard one. */
export function playedBy(scenarioOf: Deps["scenarioOf"], sandbox: Sandbox): string | undefined {
  const { name } = scenarioOf(sandbox);
  return sandbox.name === "main" && name === "standard" ? undefined : name;
}

/** Says on top of a sandbox's pages which scenario it plays, folded where something else comes first; nothing for `main`. */
export function bannerOf(
  { scenarioOf }: Pick<Deps, "scenarioOf">,
  sandbox: Sandbox,
  isFolded = false,
): Html | undefined {
  if (playedBy(scenarioOf, sandbox) === undefined) return undefined;
  const { urls, name } = sandbox;
  return <ScenarioBanner urls={urls} name={name} scenario={scenarioOf(sandbox)} isFolded={isFolded} />;
}
