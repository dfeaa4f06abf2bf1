/**
 * What an exchange means in the flow of a client: reading metadata, registering, asking for authorization or a token,
 * speaking MCP.
 *
 * @module
 */
import type { Exchange } from "../recorder/exchange.ts";
import type { Parameters, ParsedChallenge } from "./reading.ts";
import type { JsonObject } from "../http/json.ts";
import type { EndedBy } from "../http/stream.ts";

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
  /** Which stream of HTTP+SSE (2024-11-05) it opened, or is a message for: equal for one. */
  readonly channel: string | undefined;
  /** What it says of the protocol's revision. */
  readonly versions: SpokenVersions;
  /** The JSON-RPC messages of the request, in order. */
  readonly sent: readonly SentMessage[];
  /** Whether they came in an array. */
  readonly isBatch: boolean;
  /** False where the record has not all of the request's body, so that there may be more messages, or others. */
  readonly isSentWhole: boolean;
  /** The JSON-RPC messages of the response, in order. */
  readonly answered: readonly AnsweredMessage[];
  /** The event stream that the response is, or an answer that its client left before it began; undefined for any other. */
  readonly stream: StreamStep | undefined;
}

/** One JSON-RPC message that a client sent, or what stands in the place of one. */
export interface SentMessage {
  /** Undefined if it is not a JSON object. */
  readonly message: JsonObject | undefined;
  /** What is wrong with it, to continue a sentence with: `is not JSON`; undefined if it is an object. */
  readonly problem: string | undefined;
}

/** One JSON-RPC message that a server answered with, or sent of its own accord. */
export interface AnsweredMessage {
  readonly message: JsonObject;
  /** The id of its event, from which a client that got this far resumes; undefined if there is none. */
  readonly eventId: string | undefined;
  /** When it left, in milliseconds since 1970 of real time. */
  readonly atMs: number;
}

/** A response that is an event stream, or would have begun if its client had waited. */
export interface StreamStep {
  /** When it ended, in milliseconds since 1970 of real time; undefined while it is open. */
  readonly endedAtMs: number | undefined;
  /** Who ended it; undefined while it is open. */
  readonly endedBy: EndedBy | undefined;
  /** The event id that a client resumes it from; undefined if none came. */
  readonly lastEventId: string | undefined;
  /** All event ids that came. */
  readonly eventIds: readonly string[];
  /** How long a client has to wait before it comes back, in milliseconds; undefined if it was not told. */
  readonly retryMs: number | undefined;
  /** Where HTTP+SSE tells a client to send its messages; undefined if this is not such a stream. */
  readonly endpoint: string | undefined;
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

/** An icon was fetched that a server had named. */
export interface IconStep extends StepBase {
  readonly kind: "icon";
}

/** A canary was fetched: a URL of ours that a server names, and that nobody should fetch, or not yet. */
export interface CanaryStep extends StepBase {
  readonly kind: "canary";
  /** What its URL ends with. */
  readonly name: string;
  readonly method: string;
}

/** One step of a client's flow. */
export type Step =
  | ResourceMetadataStep
  | ServerMetadataStep
  | RegistrationStep
  | AuthorizationStep
  | TokenStep
  | McpStep
  | OtherStep
  | IconStep
  | CanaryStep;
