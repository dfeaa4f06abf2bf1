// Devices that wait for a person (RFC 8628): found by the code the device polls with, or by the one the person types.
import { hash } from "../../runtime/node_crypto.ts";
import type { Grant } from "../tokens/tokens.ts";
import type { ClientRecord } from "../clients/client_record.ts";
import type { Entry, Key, Store } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";

/** What a device asked for, and how far it is. */
export interface DeviceRecord {
  readonly clientId: string;
  /** What it asked for; the person is put in when they agree, and the lifetime they settle on. */
  readonly asked: Pick<Grant, "scopes" | "resources" | "expiresInSeconds">;
  readonly expiresAtMs: number;
  /** How long the device has to wait between two polls, in milliseconds; polling too soon makes it longer. */
  readonly intervalMs: number;
  readonly polledAtMs?: number;
  /** What the person said; absent while they have said nothing. */
  readonly decision?: "denied" | Pick<Grant, "sessionId" | "user" | "authTimeSeconds" | "expiresInSeconds">;
}

/** The waiting devices of all sandboxes. */
export interface Devices {
  /** Keeps a device; false if its user code is taken. */
  readonly add: (
    sandboxId: string,
    codes: { readonly deviceCode: string; readonly userCode: string },
    record: DeviceRecord,
  ) => Promise<boolean>;
  readonly find: (sandboxId: string, deviceCode: string) => Promise<Entry<DeviceRecord>>;
  readonly findByUserCode: (sandboxId: string, userCode: string) => Promise<Entry<DeviceRecord> | undefined>;
  /** Changes a device; false if it has changed in between. */
  readonly update: (entry: Entry<DeviceRecord>, record: DeviceRecord) => Promise<boolean>;
  /** Writes down what the person said; false if it has been answered before or has expired. */
  readonly decide: (
    entry: Entry<DeviceRecord>,
    decision: NonNullable<DeviceRecord["decision"]>,
  ) => Promise<boolean>;
  /** Hands the tokens out: of any number of callers one is told true, and only if the client is still what it was. */
  readonly take: (entry: Entry<DeviceRecord>, client: Entry<ClientRecord>) => Promise<boolean>;
}

/** Garbage collection runs on real time, and a sandbox's clock may be behind. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/** Opens the table of devices. */
export function createDevices(store: Store): Devices {
  const digest = (text: string): string => hash("sha256", text, "base64url");
  const deviceKey = (sandboxId: string, name: string): Key => [sandboxId, "device", name];
  const userKey = (sandboxId: string, userCode: string): Key => [sandboxId, "user_code", digest(userCode)];
  const find = (sandboxId: string, deviceCode: string): Promise<Entry<DeviceRecord>> =>
    store.get<DeviceRecord>(deviceKey(sandboxId, digest(deviceCode)));

  return {
    find,
    add: (sandboxId, { deviceCode, userCode }, record) => {
      const name = digest(deviceCode);
      const typed = userKey(sandboxId, userCode);
      return store.commit({
        checks: [{ key: typed, versionstamp: null }],
        sets: [
          { key: deviceKey(sandboxId, name), value: record, expireInMs: KEEP_MS },
          { key: typed, value: name, expireInMs: KEEP_MS },
        ],
      });
    },
    findByUserCode: async (sandboxId, userCode) => {
      const { value: name } = await store.get<string>(userKey(sandboxId, userCode));
      return name === undefined ? undefined : await store.get<DeviceRecord>(deviceKey(sandboxId, name));
    },
    update: ({ key, versionstamp }, record) =>
      store.commit({ checks: [{ key, versionstamp }], sets: [{ key, value: record, expireInMs: KEEP_MS }] }),
    // A poll may come between, which changes nothing that matters here.
    decide: async ({ key }, decision) => {
      const { value } = await updateRow(store, key, (device?: DeviceRecord) => ({
        value: device && !device.decision ? { ...device, decision } : undefined,
        expireInMs: KEEP_MS,
      }));
      return value !== undefined;
    },
    take: ({ key, versionstamp }, client) =>
      store.commit({
        checks: [{ key, versionstamp }, { key: client.key, versionstamp: client.versionstamp }],
        deletes: [key],
      }),
  };
}
