/**
 * What an exchange means in the flow of a client: reading metadata, registering, asking for authorization or a token,
 * speaking MCP.
 *
 * @module
 */
import type { Exchange } from "../recorder/exchange.ts";
import type { Parameters, ParsedChallenge } from "./reading.ts";
import type { JsonObject } from "../http/json.ts";

/** What every step has. */
export interface StepBase {
  /** Position of its exchange in the order: a step is later than another if this is higher. */
  readonly at: number;
  readonly exchange: Exchange;
  /** URL of the request, without query. */
  readonly address: string;
  readonly status: number;
}

/** Protected resource metadata was asked for (RFC 9728 3). */
export interface ResourceMetadataStep extends StepBase {
  readonly kind: "resource_metadata";
  readonly document: JsonObject | undefined;
}

/** Authorization server metadata was asked for (RFC 8414 3, OpenID Connect Discovery 4). */
export interface ServerMetadataStep extends StepBase {
  readonly kind: "server_metadata";
  readonly document: JsonObject | undefined;
}

/** A client was to be registered (RFC 7591 3.1). */
export interface RegistrationStep extends StepBase {
  readonly kind: "registration";
  readonly sent: JsonObject | undefined;
  /** What was answered, if the client was registered. */
  readonly registered: JsonObject | undefined;
}

/** A person was sent to authorize (RFC 6749 4.1.1): the request and everything the page for it led to. */
export interface AuthorizationStep extends StepBase {
  readonly kind: "authorization";
  /** The request's parameters, where they were pushed those. */
  readonly params: Parameters;
  /** The response that went back to the client, if any did. */
  readonly answer: Parameters | undefined;
  /** Position of the exchange with that response. */
  readonly answeredAt: number | undefined;
  /** Positions of all its exchanges. */
  readonly all: readonly number[];
}

/** A token was asked for (RFC 6749 3.2). */
export interface TokenStep extends StepBase {
  readonly kind: "token";
  readonly params: Parameters;
  readonly issued: JsonObject | undefined;
}

/** A request to an MCP server. */
export interface McpStep extends StepBase {
  readonly kind: "mcp";
  readonly verb: string;
  /** The token that was sent, redacted. */
  readonly token: string | undefined;
  /** Method of the (first) JSON-RPC message. */
  readonly method: string | undefined;
  /** What a 401 or 403 asked for. */
  readonly challenge: ParsedChallenge | undefined;
  /** Which session it began, or belongs to: equal for one. */
  readonly session: string | undefined;
  /** What it says of the protocol's revision. */
  readonly versions: SpokenVersions;
}

/** The revisions of the protocol that a request and its answer name. */
export interface SpokenVersions {
  /** What an `initialize` was answered with, or what the `_meta` of a request outside a session said that was answered well. */
  readonly settled: string | undefined;
  /** What an `initialize`, or the `_meta` of any other request, offered. */
  readonly offered: string | undefined;
  /** What the header said. */
  readonly inHeader: string | undefined;
}

/** Another request to the authorization server: revocation, userinfo, keys, a pushed request, a device. */
export interface OtherStep extends StepBase {
  readonly kind: "other";
  readonly params: Parameters;
}

/** One step of a client's flow. */
export type Step =
  | ResourceMetadataStep
  | ServerMetadataStep
  | RegistrationStep
  | AuthorizationStep
  | TokenStep
  | McpStep
  | OtherStep;
