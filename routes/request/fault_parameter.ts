// `?fault=token:503` on the URL of an MCP endpoint or of the authorization endpoint: faults for clients that can only be
// given a URL. Each text is set once; a client that sends its URL with every request does not set it again.
import { withFaults } from "../../lib/sandbox/changes.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import type { Fault } from "../../lib/scenarios/fault.ts";
import type { EndpointKind } from "../../lib/http/place.ts";
import { FAULT_PARAMETER, parseFaultText } from "../../lib/scenarios/schema/fault_text.ts";
import type { LiveSandbox, LiveSandboxes } from "../../lib/sandbox/live_sandboxes.ts";
import type { ControlGate } from "../../lib/control/gate.ts";

/** What setting them needs. */
export interface FaultParameterDeps {
  readonly liveSandboxes: Pick<LiveSandboxes, "change">;
  readonly gate: ControlGate;
}

interface FaultCarrier {
  readonly request: Request;
  readonly url: URL;
  readonly live: LiveSandbox;
}

/** Endpoints whose URL a person gives to a client, or a client to a browser. */
const carriers: readonly EndpointKind[] = ["mcp", "open_mcp", "authorize"];

/**
 * Sets the faults that a request's URL names; nearly none names any.
 *
 * @throws OAuthError `invalid_request` for what cannot be read, and the gate's refusal.
 */
export function setFaults(
  { liveSandboxes, gate }: FaultParameterDeps,
  { request, url, live }: FaultCarrier,
  endpoint: EndpointKind,
): Promise<void> | undefined {
  if (!url.search.includes(`${FAULT_PARAMETER}=`) || !carriers.includes(endpoint)) return undefined;
  const faults = url.searchParams.getAll(FAULT_PARAMETER).flatMap(parseFaultText);
  if (endpoint === "open_mcp") requireOpen(faults);
  const known = live.state().faults;
  if (faults.every(({ name }) => known.some((fault) => fault.name === name))) return undefined;
  const refusal = gate({ headers: request.headers, url, live, isChange: true });
  if (refusal) throw refusal;
  return liveSandboxes.change(live, (state) => withFaults(state, faults));
}

/** At an endpoint without a login, `mcp:503` would do nothing: that is the one behind the login. */
function requireOpen(faults: readonly Fault[]): void {
  const behindLogin = faults.find(({ match }) => match.endpoint === "mcp");
  if (!behindLogin) return;
  throw new OAuthError("invalid_request", "mcp is the endpoint behind the login, and this one is open_mcp", {
    parameter: FAULT_PARAMETER,
    received: behindLogin.name,
    expected: behindLogin.name.replace("mcp", "open_mcp"),
  });
}
