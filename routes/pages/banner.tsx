// What the pages of a sandbox say of its scenario.
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { ScenarioBanner } from "../../views/scenarios/banner.tsx";
import type { Banner, Deps } from "../deps.ts";

/** The name of the scenario that a sandbox plays; undefined for the standard one. */
export function playedBy(scenarioOf: Deps["scenarioOf"], sandbox: Sandbox): string | undefined {
  const { name } = scenarioOf(sandbox);
  return sandbox.name === "main" && name === "standard" ? undefined : name;
}

/** Makes the banner of a sandbox's pages. */
export function createBanner(scenarioOf: Deps["scenarioOf"]): Banner {
  return (sandbox, isFolded = false) => {
    if (playedBy(scenarioOf, sandbox) === undefined) return undefined;
    const { urls, name } = sandbox;
    return <ScenarioBanner urls={urls} name={name} scenario={scenarioOf(sandbox)} isFolded={isFolded} />;
  };
}
