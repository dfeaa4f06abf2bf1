// The names of grants, client authentication methods, algorithms and rules that this server knows; policies, metadata and
// scenarios choose from them.

/** Grants a client can register for, as metadata advertises them. */
export const grantTypes = [
  "authorization_code",
  "refresh_token",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:ietf:params:oauth:grant-type:jwt-bearer",
] as const;

/** One of {@link grantTypes}. */
export type GrantType = typeof grantTypes[number];

/** Ways to authenticate at the token endpoint, as metadata advertises them. */
export const tokenEndpointAuthMethods = [
  "none",
  "client_secret_post",
  "client_secret_basic",
  "client_secret_jwt",
  "private_key_jwt",
] as const;

/** Ways to authenticate at the introspection endpoint: one that is a proof (RFC 7662 2.1). */
export const introspectionAuthMethods: readonly string[] = tokenEndpointAuthMethods.filter((name) => name !== "none");

/**
 * What client assertions may be signed with, by the way of authenticating; metadata advertises them together. The two
 * lists have nothing in common, and no `none`.
 */
export const assertionAlgorithms = {
  client_secret_jwt: ["HS256", "HS384", "HS512"],
  private_key_jwt: ["ES256", "ES384", "EdDSA", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
} as const;

/** The revisions of MCP that the server has, newest first; the first is stateless, the others begin with `initialize`. */
export const mcpRevisions = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

/** One of {@link mcpRevisions}. */
export type McpRevision = typeof mcpRevisions[number];

/** Ids of the rules on clients that a scenario can be there for; `lib/judge/rules/` has the rules. */
export const ruleIds = [
  "C1",
  "C2",
  "C3",
  "C4",
  "C5",
  "C6",
  "C7",
  "C8",
  "C9",
  "C10",
  "C11",
  "C12",
  "C13",
  "C14",
  "C15",
  "C16",
  "C17",
  "C18",
  "C19",
  "C20",
  "C21",
  "C22",
  "C23",
  "C24",
  "C25",
  "C26",
  "C27",
  "C28",
  "C29",
  "C31",
  "C32",
  "C33",
  "C34",
  "C35",
  "C36",
  "C37",
  "C38",
  "C39",
  "C40",
  "C41",
  "C42",
  "C43",
  "C44",
  "C45",
  "M1",
  "M2",
  "M3",
  "M4",
  "M5",
  "M6",
  "M7",
  "M8",
  "M9",
  "M10",
  "M11",
  "M12",
  "M13",
  "M14",
  "M15",
  "M16",
  "M17",
  "M18",
  "M19",
  "M20",
  "M21",
  "M22",
  "M23",
  "M24",
  "M25",
  "M26",
  "M27",
  "M28",
  "M29",
  "M30",
  "M31",
  "M32",
  "M33",
  "M34",
  "M35",
  "M36",
  "M38",
  "M39",
  "M40",
  "M41",
  "M42",
  "M43",
  "M44",
  "M45",
  "M46",
  "M47",
  "M48",
  "M49",
  "M50",
  "M51",
  "M52",
  "M53",
  "M54",
  "M56",
  "M57",
  "M58",
  "M59",
  "M60",
  "M61",
  "M62",
  "M63",
  "M64",
  "M65",
  "M66",
  "M67",
  "M68",
  "M69",
  "M70",
  "M71",
  "M72",
  "M73",
  "M74",
  "M75",
  "M76",
  "M77",
  "M78",
  "M79",
  "M80",
  "M81",
  "M82",
  "M83",
  "M84",
  "M85",
  "M86",
  "M87",
  "M88",
  "M89",
  "M90",
  "M91",
  "M92",
  "M93",
  "M94",
  "M95",
  "M96",
  "M98",
  "M99",
  "M100",
  "M102",
  "M103",
  "M104",
  "M105",
  "M107",
  "M108",
  "M109",
  "M110",
  "M111",
  "M112",
  "M113",
  "M114",
  "M115",
  "M116",
  "M117",
  "M118",
  "M119",
  "M120",
  "M121",
  "M122",
  "M123",
  "M124",
  "M125",
  "M126",
  "M127",
  "M128",
  "M129",
  "M130",
  "M131",
  "M132",
  "M133",
  "M134",
  "M135",
  "M136",
  "M137",
  "M138",
  "M139",
  "M140",
  "M141",
  "M142",
  "M143",
  "M144",
  "M145",
  "M146",
  "M147",
  "M148",
  "M149",
  "M150",
  "M151",
  "M152",
  "M153",
  "M154",
  "M155",
  "M157",
  "M159",
  "M160",
  "M161",
  "M162",
] as const;

/** One of {@link ruleIds}. */
export type RuleId = typeof ruleIds[number];

/**
 * How far a scenario wants a client to come, where it may choose what to do then: to call something; to call after a request
 * with a token was refused; to call with a new token after the old one expired; to be there when its token expires; to ask
 * for metadata, to be registered, for authorization, for a token; to be answered by the MCP server, whatever it says; to ask
 * for its token to be revoked.
 */
export const reachNames = [
  "call",
  "call_after_refusal",
  "call_after_expiry",
  "expiry",
  "discovery",
  "registration",
  "authorization",
  "token",
  "connection",
  "logout",
] as const;

/** One of {@link reachNames}. */
export type ReachName = typeof reachNames[number];

/** What a client can refuse to go on to. */
export const refusedSteps = ["authorization", "token"] as const;

/** How far a client has to come, and where it has to stop. */
export type Reach =
  | ReachName
  | {
    /** What it must not go on to. */
    readonly refuses_before: typeof refusedSteps[number];
    /** The rule that requires it to stop: revisions without that rule let it go on. */
    readonly rule?: RuleId;
  }
  | {
    /** How many logins a client may try before it gives up. */
    readonly gives_up_within: number;
  };

/** The tool by which whoever drives a client says how often it has had the client read something, from a cache or not. */
export const HAVE_READ = "mock_have_read";
