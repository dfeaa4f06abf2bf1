/**
 * All client scenarios of the official conformance suite (0.2.0-alpha.12), under names of ours.
 *
 * @module
 */
import type { Scenario } from "../scenario.ts";
import { officialClients } from "./official_clients.ts";
import { officialDiscovery } from "./official_discovery.ts";
import { officialExtensions } from "./official_extensions.ts";
import { officialIss } from "./official_iss.ts";
import { officialScopes } from "./official_scopes.ts";

/** The scenarios, in the order they are shown. */
export const officialScenarios: readonly Scenario[] = [
  ...officialDiscovery,
  ...officialClients,
  ...officialScopes,
  ...officialIss,
  ...officialExtensions,
];
