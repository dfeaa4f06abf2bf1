// The types that `main.ts` exports.
export type { App } from "./request/router.ts";
export type { ControlPolicy } from "../lib/control/gate.ts";
export type { MockServer } from "./fixture/fixture.ts";
export type { MockFault } from "./fixture/fixture_control.ts";
export type { MockOptions, OwnScenario } from "./fixture/fixture_options.ts";
export type { AppOptions } from "./options.ts";
export type { LogEvent } from "../lib/cli/log.ts";
export type { DeclaredUser } from "../lib/oauth/users/declared_users.ts";
export type { Exchange } from "../lib/recorder/exchange.ts";
export type { Report } from "../lib/judge/report.ts";
export type { Fault } from "../lib/scenarios/fault.ts";
export type { Mint, Policy } from "../lib/scenarios/plan.ts";
export type { Scenario } from "../lib/scenarios/scenario.ts";
export type { SigningAlgorithm } from "../lib/oauth/keys/key_table.ts";
