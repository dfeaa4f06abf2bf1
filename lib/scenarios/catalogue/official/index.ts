// All client scenarios of the official conformance suite (0.2.0-alpha.12), under names of ours.
import type { Scenario } from "../../scenario.ts";
import { officialClients } from "./clients.ts";
import { officialDiscovery } from "./discovery.ts";
import { officialExtensions } from "./extensions.ts";
import { officialIss } from "./iss.ts";
import { officialScopes } from "./scopes.ts";

/** The scenarios, in the order they are shown. */
export const officialScenarios: readonly Scenario[] = [
  ...officialDiscovery,
  ...officialClients,
  ...officialScopes,
  ...officialIss,
  ...officialExtensions,
];
