// A scenario: a named way for the server to behave, as data. The catalogue is a list of these, and so is what a test
// adds.
import type { DriverStep } from "./driver_step.ts";
import type { Fault } from "./fault.ts";
import type { Catalogue } from "./mcp_catalogue.ts";
import type { PlanPatch } from "./plan.ts";
import type { Reach, RuleId } from "./vocabulary.ts";

/** What the process's own sandbox, at the root, is called; no scenario can be. */
export const MAIN = "main";

/** Parts of the catalogue, in the order they are shown. */
export const scenarioGroups = [
  "Well-behaved",
  "Official suite",
  "Discovery",
  "Registration",
  "Authorization",
  "Token endpoint",
  "Refresh",
  "MCP server",
  "Sessions",
  "Streams",
  "Versions and eras",
  "Pages",
  "Tools and schemas",
  "Time and cancellation",
  "Questions",
  "Changes and caches",
  "Tasks",
  "Providers",
  "Custom",
] as const;

/** A client that is there without having registered. */
export interface ScenarioClient {
  /** What it is called by. */
  readonly client_id: string;
  /** Its secret, in plain text: it is a fake, and shown on the page. */
  readonly client_secret?: string;
  /** How it authenticates. */
  readonly token_endpoint_auth_method: string;
  /** Grants it may use. */
  readonly grant_types: readonly string[];
  /** Where answers may go; the port of a loopback URI is free. */
  readonly redirect_uris?: readonly string[];
  /** Where the browser may go after a logout. */
  readonly post_logout_redirect_uris?: readonly string[];
  /** Which client the identity provider's assertions are issued to when this one asks; itself, if not said. */
  readonly assertions_for?: string;
  /** Its public keys. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Its private key for `private_key_jwt`, which the client under test needs: a fake, too, and shown. */
  readonly private_key_jwk?: Readonly<Record<string, unknown>>;
}

/** Where things lie, other than usual. */
export interface Layout {
  /** Path of the issuer below the sandbox's prefix, such as `/tenant1`; its endpoints lie below it. */
  readonly issuer_path?: string;
  /** Path of the issuer that the resource moves to. */
  readonly second_issuer_path?: string;
  /** Whether `/authorize`, `/token` and `/register` are endpoints (MCP 2025-03-26, fallback without metadata). */
  readonly default_endpoints?: boolean;
  /** Whether the MCP endpoint has a slash at its end as well. */
  readonly trailing_slash?: boolean;
}

/** What the scenario is about: a paragraph, or a report of the same thing in the wild. */
export interface ScenarioLink {
  /** What to call it: `RFC 9207 2.4`, `ts#1342`. */
  readonly label: string;
  /** Where it is. */
  readonly url: string;
}

/** A named way for the server to behave. */
export interface Scenario {
  /** Its name in URLs: letters, digits and hyphens. */
  readonly name: string;
  /** Its group in the catalogue. */
  readonly group: typeof scenarioGroups[number];
  /** What happens, in one line. */
  readonly story: string;
  /** What a client does that does it right. */
  readonly client: string;
  /** What else people call it, for the search. */
  readonly words?: string;
  /** Where it differs from what the specifications ask, as faults and as rules. */
  readonly plan: PlanPatch & { readonly faults?: readonly Fault[] };
  /** What its MCP endpoints declare, and what they give. */
  readonly catalogue?: Catalogue;
  /** Where things lie. */
  readonly layout?: Layout;
  /** Clients that are there from the start. */
  readonly clients?: readonly ScenarioClient[];
  /** Whether it only shows its full effect with an origin of its own. */
  readonly needs_origin?: boolean;
  /** Rules on clients that it puts to the test. */
  readonly expects: readonly RuleId[];
  /** How far a client has to come, and where it has to stop; to a call if not said. */
  readonly reaches?: Reach;
  /** What a client must be made to do, if not what follows from the rest; `driver.ts` has what that is. */
  readonly driver?: readonly DriverStep[];
  /** Name of the same scenario in the official suite. */
  readonly official?: string;
  /** Revisions of MCP that it applies to; absent for all. */
  readonly revisions?: readonly string[];
  /** Paragraphs and reports. */
  readonly links: readonly ScenarioLink[];
}
