// The first half of the device grant (RFC 8628 3.1 to 3.3): codes for a device, and a person's answer to the one it shows.
import type { Chance } from "../../runtime/chance.ts";
import { OAuthError } from "../../http/errors.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { prefixed } from "../../http/secret_prefixes.ts";
import type { DeviceRecord, Devices } from "./device_table.ts";
import type { Entry } from "../../store/store.ts";
import { type Params, parseExpiresIn, parseResources, parseScope } from "../params.ts";
import { createAutoUser, type User } from "../users/user.ts";
import { createSessionId } from "../tokens/session_id.ts";

const LIFE_SECONDS = 600;
/** How long a device waits between two polls, in seconds (RFC 8628 3.2). */
const INTERVAL_SECONDS = 5;
/** No vowels, so that no words appear, and no letters that look alike (RFC 8628 6.1). */
const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE_LENGTH = 8;

/** What the device endpoint needs. */
export type DeviceDeps = Readonly<{
  devices: Devices;
  chance: Chance;
}>;

/** The body of a device authorization response (RFC 8628 3.2). */
interface DeviceResponse {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  /** Life of both codes in seconds. */
  readonly expires_in: number;
  /** How long to wait between two polls, in seconds. */
  readonly interval: number;
}

/**
 * Starts the device flow.
 *
 * @param request Who asks for what. With `auto_approve=true` the person has already agreed.
 */
export async function authorizeDevice(
  deps: DeviceDeps,
  sandbox: Sandbox,
  { clientId, params }: { readonly clientId: string; readonly params: Params },
): Promise<DeviceResponse> {
  const { devices, chance } = deps;
  const nowMs = sandbox.nowMs;
  const expiresInSeconds = parseExpiresIn(params.get("expires_in"));
  const record: DeviceRecord = {
    clientId,
    asked: {
      scopes: parseScope(params.get("scope")),
      resources: parseResources(params.all("resource")),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    },
    expiresAtMs: nowMs + LIFE_SECONDS * 1000,
    intervalMs: INTERVAL_SECONDS * 1000,
    ...(params.get("auto_approve") === "true"
      ? { decision: approval(sandbox, chance, { user: createAutoUser(nowMs, chance), expiresInSeconds }) }
      : {}),
  };
  for (;;) {
    const deviceCode = prefixed("device", chance.id(32));
    const userCode = Array.from(chance.bytes(USER_CODE_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
    if (!await devices.add(sandbox.id, { deviceCode, userCode }, record)) continue;
    const shown = showUserCode(userCode);
    return {
      device_code: deviceCode,
      user_code: shown,
      verification_uri: sandbox.urls.deviceVerify,
      verification_uri_complete: `${sandbox.urls.deviceVerify}?user_code=${shown}`,
      expires_in: LIFE_SECONDS,
      interval: INTERVAL_SECONDS,
    };
  }
}

/** A user code as devices show it, whatever it was typed like (RFC 8628 6.1). */
export function showUserCode(typed: string): string {
  const letters = lettersOf(typed);
  return `${letters.slice(0, USER_CODE_LENGTH / 2)}-${letters.slice(USER_CODE_LENGTH / 2)}`;
}

function lettersOf(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z]/g, "");
}

interface DeviceConsent {
  readonly user: User;
  /** Life of access tokens in seconds; tokens do not expire without it. */
  readonly expiresInSeconds?: number | undefined;
}

/**
 * Finds the device that shows a code and is still waiting.
 *
 * @param typed What the person typed, in any case and with anything between the letters.
 * @returns Undefined for a code that was never issued, has expired, or was answered.
 */
export async function findWaitingDevice(
  devices: Devices,
  sandbox: Sandbox,
  typed: string,
): Promise<Entry<DeviceRecord> & { readonly value: DeviceRecord } | undefined> {
  const entry = await devices.findByUserCode(sandbox.id, lettersOf(typed));
  if (!entry?.value || entry.value.decision || entry.value.expiresAtMs <= sandbox.nowMs) return undefined;
  return { ...entry, value: entry.value };
}

/**
 * Records what the person said.
 *
 * @param answer The device, and the person who agrees, and for how long; absent for a refusal.
 * @throws OAuthError `invalid_grant` if the device was answered in the meantime.
 */
export async function decideDevice(
  { devices, chance }: DeviceDeps,
  sandbox: Sandbox,
  { entry, consent }: {
    readonly entry: Entry<DeviceRecord> & { readonly value: DeviceRecord };
    readonly consent?: DeviceConsent;
  },
): Promise<void> {
  if (await devices.decide(entry, consent ? approval(sandbox, chance, consent) : "denied")) return;
  throw new OAuthError("invalid_grant", "The device request has already been answered", { reference: "RFC 8628 3.3" });
}

function approval(
  sandbox: Sandbox,
  chance: Chance,
  { user, expiresInSeconds }: DeviceConsent,
): Exclude<DeviceRecord["decision"], "denied" | undefined> {
  const nowMs = sandbox.nowMs;
  return {
    sessionId: createSessionId(sandbox, chance),
    user,
    authTimeSeconds: Math.floor(nowMs / 1000),
    ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
  };
}
