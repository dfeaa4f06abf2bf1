/** Where we differ from the official suite's fake servers, and why. What is not here must be equal. */

/** One reason, and what it explains. */
export interface Difference {
  /** Scenarios by their names in the suite; absent for all. */
  readonly scenarios?: readonly string[];
  /** Which facts: the step and the place. */
  readonly at: RegExp;
  /** What they say; anything, if not given. */
  readonly theirs?: RegExp;
  /** What we say; anything, if not given. */
  readonly ours?: RegExp;
  readonly reason: string;
}

/** The token endpoint, and the identity provider's. */
const tokenErrors = /^(token|exchange|second try|try)\b.*: body\.error_description$/;

export const differences: readonly Difference[] = [
  {
    at: /: body\.result(\._meta\.io\.modelcontextprotocol\/|\.)serverInfo\.(name|version)$/,
    theirs: /^("auth-prm-pathbased-server"|"conformance-mock-server"|"1\.0\.0"|nothing)$/,
    ours: /^("Mock MCP Server with one tool"|"\d+\.\d+\.\d+")$/,
    reason: "Our server says who it is, from 2026-07-28 on in every result, as servers should",
  },
  {
    at: /: header content-type$/,
    theirs: /^"application\/json; charset=utf-8"$/,
    ours: /^"application\/json"$/,
    reason: "JSON-RPC comes without a charset, which means nothing for JSON (RFC 8259 11)",
  },
  {
    at: tokenErrors,
    theirs: /^"/,
    ours: /^"/,
    reason: "Our descriptions say what arrived, what would be right and where that is written",
  },
  {
    at: /^server metadata at the resource: /,
    theirs: /^(404|nothing|"text\/html; charset=utf-8"|"<!DOCTYPE html>.*)$/,
    reason: "Our resource and its authorization server share an origin; two servers of the suite's do not",
  },
  {
    scenarios: ["auth/resource-mismatch"],
    at: /^(first message|tools|tool): /,
    ours: /^(401|nothing|"Bearer"|"invalid_token"|"Invalid token"|"\{base\}.*)$/,
    reason: "A token that was asked for another resource is no good here (RFC 8707 2); no client should get so far",
  },
  {
    scenarios: ["auth/enterprise-managed-authorization"],
    at: /^exchange of nonsense: body\.error$/,
    theirs: /^"invalid_grant"$/,
    ours: /^"invalid_request"$/,
    reason: "A subject_token that is not good is an invalid_request (RFC 8693 2.2.2)",
  },
];
