// Everything that can be done to a sandbox, by the names that `lib/http/endpoints.ts` has.
import type { ControlEndpointName, RecordEndpointName } from "../http/endpoints.ts";
import { catalogueOperations } from "./catalogue.ts";
import { clientOperations } from "./clients.ts";
import { clockOperations } from "./clock.ts";
import { faultOperations } from "./faults.ts";
import { keyOperations } from "./keys.ts";
import type { Operation } from "./operation.ts";
import { originOperations } from "./origins.ts";
import { planOperations } from "./plan.ts";
import { recordOperations } from "./record.ts";
import { recordingOperations } from "./recordings.ts";
import { runOperations } from "./runs.ts";
import { scenarioOperations } from "./scenarios.ts";
import { sessionOperations } from "./sessions.ts";
import { streamOperations } from "./streams.ts";
import { tokenOperations } from "./tokens.ts";
import { userOperations } from "./users.ts";

/** Name of an operation. The index and the OpenAPI document describe a face, and a stream of events is none. */
type OperationName = Exclude<
  ControlEndpointName | RecordEndpointName,
  "control_index" | "control_openapi" | "control_events"
>;

/** The operations. */
export const operations = {
  ...faultOperations,
  ...clockOperations,
  ...planOperations,
  ...userOperations,
  ...clientOperations,
  ...tokenOperations,
  ...keyOperations,
  ...sessionOperations,
  ...streamOperations,
  ...catalogueOperations,
  ...scenarioOperations,
  ...originOperations,
  ...recordOperations,
  ...recordingOperations,
  ...runOperations,
} satisfies Readonly<Record<OperationName, Operation>>;
