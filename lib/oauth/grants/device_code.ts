// The second half of the device grant: polling (RFC 8628 3.4, 3.5).
import { OAuthError, type OAuthErrorCode } from "../../http/errors.ts";
import type { DeviceRecord } from "./device_table.ts";
import type { Entry } from "../../store/store.ts";
import { requireParam } from "../params.ts";
import { issueTokens, type TokenResponse } from "../tokens/tokens.ts";
import { firstRefreshToken, type TokenRequest, usableGrant } from "./context.ts";

/** What a device that polls too soon has to wait longer from then on, in milliseconds (RFC 8628 3.5). */
const SLOW_DOWN_MS = 5000;

/**
 * Answers a poll.
 *
 * @throws OAuthError `authorization_pending`, `slow_down`, `access_denied` or `expired_token` (RFC 8628 3.5), and
 * `invalid_grant` for a code that is unknown, used or another client's.
 */
export async function redeemDeviceCode(request: TokenRequest): Promise<TokenResponse> {
  const { sandbox, params, client, devices } = request;
  const entry = await devices.find(sandbox.id, requireParam(params, "device_code", "RFC 8628 3.4"));
  const device = entry.value;
  if (!device) throw refuse("invalid_grant", "device_code is unknown, or was used before");
  if (device.clientId !== client.value.clientId) {
    throw refuse("invalid_grant", "Client ID mismatch: device_code was issued to another client");
  }
  if (device.expiresAtMs <= sandbox.nowMs) throw refuse("expired_token", "device_code has expired");
  if (device.decision === "denied") throw refuse("access_denied", "The user denied the request", 400);
  if (!device.decision) throw await pollError(request, { ...entry, value: device });
  if (!await devices.take(entry, client)) throw refuse("invalid_grant", "device_code was used before");
  const { scopes, resources } = device.asked;
  const grant = { ...device.decision, scopes, resources, clientId: device.clientId };
  const refreshToken = firstRefreshToken(request, grant);
  return issueTokens(request, usableGrant(grant, refreshToken), refreshToken);
}

/** Notes the poll. A device that polls too soon waits longer from now on. */
async function pollError(
  { sandbox, devices }: TokenRequest,
  entry: Entry<DeviceRecord> & { readonly value: DeviceRecord },
): Promise<OAuthError> {
  const { polledAtMs, intervalMs } = entry.value;
  const nowMs = sandbox.nowMs;
  const isTooSoon = polledAtMs !== undefined && nowMs - polledAtMs < intervalMs;
  const nextIntervalMs = isTooSoon ? intervalMs + SLOW_DOWN_MS : intervalMs;
  // If the person answers at this moment, the next poll will see it.
  await devices.update(entry, { ...entry.value, polledAtMs: nowMs, intervalMs: nextIntervalMs });
  return isTooSoon
    ? refuse("slow_down", `The last poll was ${(nowMs - polledAtMs) / 1000} seconds ago; wait ${nextIntervalMs / 1000}`)
    : refuse("authorization_pending", "The user has not answered yet");
}

function refuse(code: OAuthErrorCode, message: string, status?: number): OAuthError {
  return new OAuthError(code, message, {
    parameter: "device_code",
    reference: "RFC 8628 3.5",
    status,
  });
}
