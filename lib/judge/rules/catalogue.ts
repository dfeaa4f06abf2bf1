/**
 * All rules on clients, in the order of their ids.
 *
 * @module
 */
import { discoveryRules } from "./oauth/discovery.ts";
import { earlyClientRules } from "./oauth/early_client.ts";
import { issuerRules } from "./oauth/issuer.ts";
import { frugalityRules } from "./oauth/frugality.ts";
import { loginLifeRules } from "./oauth/login_life.ts";
import { pkceRules } from "./oauth/pkce.ts";
import { registrationRules } from "./oauth/registration.ts";
import { refreshRules } from "./oauth/refresh.ts";
import { refreshingRules } from "./oauth/refreshing.ts";
import { requestRules } from "./oauth/request.ts";
import type { Rule } from "./rule.ts";
import { retryRules } from "./http/retries.ts";
import { handshakeRules } from "./mcp/handshake.ts";
import { idRules } from "./mcp/ids.ts";
import { messageRules } from "./mcp/messages.ts";
import { metaRules } from "./mcp/meta.ts";
import { givenUpRules } from "./mcp/given_up.ts";
import { askedRules } from "./mcp/asked.ts";
import { elicitationRules } from "./mcp/elicitation.ts";
import { pingRules } from "./mcp/pings.ts";
import { urlElicitationRules } from "./mcp/url_elicitation.ts";
import { rootRules } from "./mcp/roots.ts";
import { samplingRules } from "./mcp/sampling.ts";
import { cacheKeyRules } from "./mcp/cache_keys.ts";
import { cachingRules } from "./mcp/caching.ts";
import { changeRules } from "./mcp/changes.ts";
import { roundRules } from "./mcp/rounds.ts";
import { subscriptionRules } from "./mcp/subscriptions.ts";
import { capabilityRules } from "./mcp/capabilities.ts";
import { eraRules } from "./mcp/eras.ts";
import { httpSseRules } from "./mcp/http_sse.ts";
import { schemaRules } from "./mcp/schemas.ts";
import { skillRules } from "./mcp/skills.ts";
import { toolCallRules } from "./mcp/tool_calls.ts";
import { toolResultRules } from "./mcp/tool_results.ts";
import { iconRules } from "./mcp/icons.ts";
import { pageRules } from "./mcp/pages.ts";
import { resumingRules } from "./mcp/resuming.ts";
import { streamReadingRules } from "./mcp/stream_reading.ts";
import { reactionRules } from "./mcp/reactions.ts";
import { requestHeaderRules } from "./mcp/request_headers.ts";
import { serverMessageRules } from "./mcp/server_messages.ts";
import { serverWorkRules } from "./mcp/server_work.ts";
import { askedTaskRules } from "./mcp/asked_tasks.ts";
import { offeredTaskRules } from "./mcp/offered_tasks.ts";
import { taskReceiverRules } from "./mcp/task_receivers.ts";
import { timeRules } from "./mcp/time.ts";
import { statelessRules } from "./mcp/stateless.ts";
import { transportRules } from "./mcp/transport.ts";
import { utilityRules } from "./mcp/utilities.ts";
import { refusedStreamRules } from "./mcp/refused_streams.ts";
import { sessionCursorRules } from "./mcp/session_cursors.ts";
import { sessionEndRules } from "./mcp/session_ends.ts";
import { sessionRules } from "./mcp/sessions.ts";
import { versionHeaderRules } from "./mcp/version_header.ts";
import { versionRules } from "./mcp/versions.ts";
import { scopeRules } from "./oauth/scope.ts";
import { tokenUseRules } from "./oauth/token_use.ts";

/** The rules. C30 (secure storage) is missing, as a server cannot see it. */
export const rules: readonly Rule[] = [
  ...discoveryRules,
  ...earlyClientRules,
  ...registrationRules,
  ...pkceRules,
  ...requestRules,
  ...scopeRules,
  ...refreshRules,
  ...refreshingRules,
  ...loginLifeRules,
  ...retryRules,
  ...frugalityRules,
  ...versionHeaderRules,
  ...tokenUseRules,
  ...issuerRules,
  ...messageRules,
  ...idRules,
  ...metaRules,
  ...handshakeRules,
  ...transportRules,
  ...statelessRules,
  ...utilityRules,
  ...pageRules,
  ...cachingRules,
  ...cacheKeyRules,
  ...toolCallRules,
  ...toolResultRules,
  ...schemaRules,
  ...skillRules,
  ...iconRules,
  ...streamReadingRules,
  ...resumingRules,
  ...givenUpRules,
  ...requestHeaderRules,
  ...sessionRules,
  ...sessionEndRules,
  ...sessionCursorRules,
  ...refusedStreamRules,
  ...serverMessageRules,
  ...serverWorkRules,
  ...reactionRules,
  ...timeRules,
  ...versionRules,
  ...capabilityRules,
  ...roundRules,
  ...changeRules,
  ...subscriptionRules,
  ...httpSseRules,
  ...eraRules,
  ...pingRules,
  ...askedRules,
  ...elicitationRules,
  ...samplingRules,
  ...rootRules,
  ...urlElicitationRules,
  ...askedTaskRules,
  ...taskReceiverRules,
  ...offeredTaskRules,
].sort(byId);

/** Rules on logging in (C) come before those on MCP (M). */
function byId({ id: one }: Rule, { id: other }: Rule): number {
  return one.charCodeAt(0) - other.charCodeAt(0) || Number(one.slice(1)) - Number(other.slice(1));
}
