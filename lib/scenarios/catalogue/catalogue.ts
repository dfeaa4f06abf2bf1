// The scenarios there are: one table, and the pages, the control API, the tests and the README read it.
import { authorizationScenarios } from "./oauth/authorization.ts";
import { changeScenarios } from "./mcp/changes.ts";
import { roundScenarios } from "./mcp/rounds.ts";
import { cacheScenarios } from "./mcp/caches.ts";
import { clientAuthScenarios } from "./oauth/client_auth.ts";
import { discoveryScenarios } from "./oauth/discovery.ts";
import { messageScenarios } from "./mcp/messages.ts";
import { pageScenarios } from "./mcp/pages.ts";
import { questionScenarios } from "./mcp/questions.ts";
import { requestHeaderScenarios } from "./mcp/request_headers.ts";
import { eraScenarios } from "./mcp/eras.ts";
import { officialToolScenarios } from "./mcp/tools_official.ts";
import { skillScenarios } from "./mcp/skills.ts";
import { hostileTextScenarios } from "./mcp/hostile_text.ts";
import { schemaScenarios } from "./mcp/schemas.ts";
import { toolScenarios } from "./mcp/tools.ts";
import { taskScenarios } from "./mcp/tasks.ts";
import { timeScenarios } from "./mcp/time.ts";
import { mcpServerScenarios } from "./mcp/server.ts";
import { sessionScenarios } from "./mcp/sessions.ts";
import { lostSessionScenarios } from "./mcp/lost_sessions.ts";
import { streamScenarios } from "./mcp/streams.ts";
import { providerScenarios } from "./providers.ts";
import { redirectUriScenarios } from "./oauth/redirect_uris.ts";
import { refreshScenarios } from "./oauth/refresh.ts";
import { registrationScenarios } from "./oauth/registration.ts";
import { resourceMetadataScenarios } from "./oauth/resource_metadata.ts";
import { tokenClaimsScenarios } from "./token_claims.ts";
import { tokenScenarios } from "./oauth/token.ts";
import { transportScenarios } from "./transport.ts";
import { officialScenarios } from "./official/index.ts";
import { httpSseScenarios } from "./mcp/http_sse.ts";
import { versionScenarios } from "./mcp/versions.ts";
import { officialVersionScenarios } from "./mcp/versions_official.ts";
import { standard } from "./standard.ts";
import { wordsOf } from "./words.ts";
import type { Scenario } from "../scenario.ts";

const others: readonly Scenario[] = [
  ...discoveryScenarios,
  ...resourceMetadataScenarios,
  ...registrationScenarios,
  ...redirectUriScenarios,
  ...authorizationScenarios,
  ...tokenScenarios,
  ...clientAuthScenarios,
  ...refreshScenarios,
  ...mcpServerScenarios,
  ...messageScenarios,
  ...requestHeaderScenarios,
  ...officialToolScenarios,
  ...skillScenarios,
  ...lostSessionScenarios,
  ...sessionScenarios,
  ...eraScenarios,
  ...versionScenarios,
  ...httpSseScenarios,
  ...officialVersionScenarios,
  ...streamScenarios,
  ...tokenClaimsScenarios,
  ...transportScenarios,
  ...pageScenarios,
  ...toolScenarios,
  ...schemaScenarios,
  ...hostileTextScenarios,
  ...taskScenarios,
  ...timeScenarios,
  ...questionScenarios,
  ...roundScenarios,
  ...changeScenarios,
  ...cacheScenarios,
  ...providerScenarios,
  ...officialScenarios,
];

/** All scenarios, in the order they are shown. */
export const catalogue: readonly Scenario[] = [
  standard,
  ...others.map((scenario) => ({ ...scenario, words: wordsOf[scenario.name] ?? "" })),
];
