/** Why we differ from the suite where we do, and why some of its checks have no rule of ours beside them. */
import type { ClientName } from "./compare.ts";

/** One reason, and what it explains. */
export interface Reason {
  readonly scenario: string;
  readonly clients: readonly ClientName[];
  /** Which differences. */
  readonly about: RegExp;
  readonly reason: string;
}

/** What is not here must be alike. */
export const reasons: readonly Reason[] = [
  {
    scenario: "http-standard-headers",
    clients: ["v1"],
    about: /^sep-2243-client-includes-standard-headers failed there, M43 not observed, M44 not observed here$/,
    reason:
      "its initialize has no headers of 2026-07-28, which the suite asks of every message; ours asks them of requests of that revision",
  },
  {
    scenario: "http-custom-headers",
    clients: ["v1"],
    about: /^sep-2243-\S+ failed there, M4[567] not observed here$/,
    reason:
      "the suite's server speaks only 2026-07-28, so this client never gets as far as calling; ours lets it, by its own revision",
  },
  {
    scenario: "http-invalid-tool-headers",
    clients: ["v1"],
    about: /^sep-2243-\S+ (failed|passed) there, M48 not observed here$/,
    reason:
      "the suite's server speaks only 2026-07-28, so this client calls nothing there, which it takes for leaving tools out",
  },
  {
    scenario: "sep-2322-client-request-state",
    clients: ["v1"],
    about: /^sep-2322-\S+ failed there, M(57|88|89|90|92) not observed here$/,
    reason:
      "the suite's server speaks only 2026-07-28, so this client never gets as far as calling; ours lets it, by its own revision",
  },
  {
    scenario: "sep-2322-client-request-state",
    clients: ["v2", "python", "go", "rust"],
    about: /^sep-2322-default-result-type-complete passed there, M57 not observed here$/,
    reason:
      "it refuses the result without resultType, which the suite takes for right as the call is not sent again; ours is about kinds that are not known",
  },
  {
    scenario: "request-metadata",
    clients: ["v1"],
    about: /^sep-2575-\S+ failed there, M(39|40|41|58) not observed here$/,
    reason:
      "it sends initialize, which the suite takes for a request of 2026-07-28 without what those need; ours is a message of an older revision, and so the client has shown nothing",
  },
  ...["no-prefetch", "verify-digest", "verify-size", "verify-frontmatter"].map((name): Reason => ({
    scenario: `sep-2640-client-${name}`,
    clients: ["v1", "python", "go"],
    about: /^passed there, incomplete here$/,
    reason: "it has nothing for skills, and so the suite leaves its check out; ours says that nothing was seen",
  })),
  {
    scenario: "auth/authorization-server-migration",
    clients: ["v1"],
    about: /^(sep-2352-reregister-on-as-change failed there, C10 kept here|C8 broken here alone)$/,
    reason: "the suite's server speaks only 2026-07-28, so this client never gets as far as registering; ours lets it",
  },
  {
    scenario: "auth/scope-step-up",
    clients: ["v1"],
    about: /^(C20 broken here alone|passed there, fail here)$/,
    reason: "it requests the two scopes in turn without end, which the suite counts only in another scenario",
  },
  ...["verify-digest", "verify-size", "verify-frontmatter"].map((name): Reason => ({
    scenario: `sep-2640-client-${name}`,
    clients: ["rust"],
    about: /^sep-2640-\S+ failed there, M16[0-2] not observed here$/,
    reason: "it lists skills, and its SDK does not load any, which the suite takes for a failure",
  })),
  ...["metadata-backcompat", "endpoint-fallback"].map((name): Reason => ({
    scenario: `auth/2025-03-26-oauth-${name}`,
    clients: ["go"],
    about:
      /^(authorization-server-metadata passed there, C31 broken here|C31 broken here alone|passed there, fail here)$/,
    reason: "it asks for metadata without MCP-Protocol-Version, which 2025-03-26 recommends; the suite does not look",
  })),
  {
    scenario: "auth/resource-mismatch",
    clients: ["go"],
    about: /^passed there, incomplete here$/,
    reason:
      "it discards the metadata, and logs in at the origin, as with 2025-03-26; the suite has no such server there, and ours cannot tell",
  },
  {
    scenario: "auth/client-credentials-basic",
    clients: ["go"],
    about: /^(C14 broken here alone|passed there, fail here)$/,
    reason: "its token request has no resource, which the specification requires; the suite does not look",
  },
];

/** A kind of checks, and why there is no rule. */
export interface Unruled {
  readonly checks: readonly string[];
  readonly reason: string;
}

/** Checks that no rule of ours looks at. */
export const unruled: readonly Unruled[] = [
  {
    checks: ["sep-2243-client-supports-custom-headers", "sep-2243-invalid-tool-tools-list-gate"],
    reason: "Says only that tools were listed, or called with any header; M46 and M48 look at which",
  },
  {
    checks: ["json-schema-2020-12-client-tool-found", "json-schema-2020-12-client-echo-completed"],
    reason: "Says only that the tools were listed and called; M125 looks at what was handed back",
  },
  {
    checks: ["tool-add-numbers"],
    reason: "Says only that a tool was called with numbers; here that is no rule, but how far a client came",
  },
  {
    checks: ["authorization-request", "client-registration", "token-request"],
    reason: "Says only that a step was seen; rules look at what was in it",
  },
  {
    checks: ["client-credentials-basic-auth", "client-credentials-jwt-verified", "token-endpoint-auth-method"],
    reason: "Decided by the server: a client that authenticates in another way gets no token, so C22 is not observed",
  },
  {
    checks: [
      "complete-flow-jwt-bearer",
      "complete-flow-token-exchange",
      "sep-1932-client-as-nonce",
      "sep-1932-client-dpop-auth-scheme",
      "sep-1932-client-fresh-proof",
      "sep-1932-client-rs-nonce",
      "sep-1932-client-token-request-proof",
      "wif-assertion-verified",
    ],
    reason: "Part of an extension, and decided by the server in the same way; our rules are those of the specification",
  },
];
