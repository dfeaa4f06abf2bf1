// How an app records: with what, what the recorder is told of a request, and which requests it keeps.
import type { Chance } from "../../lib/runtime/chance.ts";
import { createFineClock } from "../../lib/runtime/clock.ts";
import { MAX_PUBLIC_EXCHANGE_BYTES } from "../../lib/limits/limits.ts";
import { createRecorder, type ExchangeSummary, type Recorder } from "../../lib/recorder/recorder.ts";
import type { RecordedRequest } from "../../lib/recorder/seen_exchange.ts";
import { MAX_EXCHANGE_BYTES } from "../../lib/recorder/fit.ts";
import { createEvidence } from "../../lib/recorder/tape/evidence.ts";
import { createPseudonyms } from "../../lib/recorder/redact/pseudonyms.ts";
import { createRecording, type Recording } from "../../lib/recorder/recording.ts";
import { createRings } from "../../lib/recorder/tape/rings.ts";
import { createSpares, type Spares } from "../../lib/recorder/spares.ts";
import { createSharedTape } from "../../lib/recorder/tape/shared_tape.ts";
import { createMemoryTape } from "../../lib/recorder/tape/memory_tape.ts";
import type { HeldExchange } from "../../lib/recorder/tape/ring.ts";
import type { Tape } from "../../lib/recorder/tape/tape.ts";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import type { Slices } from "../../lib/runtime/slices.ts";
import { createExchangeTable } from "../../lib/recorder/tape/exchange_table.ts";
import type { Store } from "../../lib/store/store.ts";
import type { AppOptions } from "../options.ts";
import type { Served } from "./serve.ts";
import type { Arrival } from "./shape.ts";

type RecordOptions = Pick<
  AppOptions,
  "record" | "shared" | "public" | "now" | "recordSinceMs" | "log" | "quiet" | "signal"
>;

/** What a recorder is made with. */
export interface RecordDeps {
  readonly chance: Chance;
  readonly store: Store;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly sleep: Sleep;
  readonly slices: Slices;
  readonly report: (message: string, error: unknown) => void;
}

/** Makes what an app records with; nothing if it does not record. */
export function createRecorders(
  options: RecordOptions,
  deps: RecordDeps,
): { readonly recording: Recording | undefined; readonly recorder: Recorder | undefined } {
  const { record = true, log, quiet = false } = options;
  const { now, monotonicMs } = deps;
  const report = (error: unknown): void => deps.report("An exchange is not on record", error);
  const spares = createSpares();
  const tape = record ? createTapeFor(options, deps, report, spares) : undefined;
  const isAlone = !options.shared || options.now !== undefined;
  const fineNow = isAlone ? undefined : createFineClock(now, monotonicMs);
  const recording = tape && createRecording({ tape, now: fineNow ?? now, report, spares });
  const listen = quiet
    ? undefined
    : log && ((summary: ExchangeSummary): void => log({ event: "exchange", ...summary }));
  const isNeeded = recording !== undefined || listen !== undefined;
  return { recording, recorder: isNeeded ? createRecorder({ recording, listen, monotonicMs, fineNow }) : undefined };
}

/** Memory is enough for a process with a database of its own. */
function createTapeFor(
  { shared = false, public: isPublic = false, recordSinceMs: sinceMs, signal }: RecordOptions,
  { chance, store, now, monotonicMs, sleep, slices }: RecordDeps,
  report: (error: unknown) => void,
  spares: Spares,
): Tape {
  const seed = new DataView(chance.bytes(4).buffer).getUint32(0);
  if (!shared) {
    const evidence = createEvidence();
    const rings = createRings({ seed, onForget: (id, entries) => spares.takeBack(evidence.add(id, entries)) });
    return createMemoryTape({ pseudonyms: createPseudonyms(chance.bytes(32)), rings, evidence, slices, report });
  }
  const table = createExchangeTable(store, chance, isPublic ? MAX_PUBLIC_EXCHANGE_BYTES : MAX_EXCHANGE_BYTES);
  const onForget = (_sandboxId: string, entries: readonly HeldExchange[]): void => spares.takeBack(entries);
  return createSharedTape({ table, now, monotonicMs, sleep, signal, sinceMs, report, seed, onForget });
}

/**
 * A request as the recorder notes it.
 *
 * @param isLocal Whether it can only come from this machine: then its address says nothing, and asking costs.
 */
export function recordedRequest(
  { url, info, sandbox, sentPath }: Pick<Arrival, "url" | "info" | "sandbox" | "sentPath">,
  isLocal: boolean,
): RecordedRequest {
  const address = isLocal ? undefined : info?.remoteAddr?.hostname;
  const { id: sandboxId, origin } = sandbox;
  const { href } = url;
  const isSeenAsSent = href.startsWith(origin) && href[origin.length] === "/";
  return {
    sandboxId,
    // A proxy may have changed the origin; the client has asked for the public one.
    url: isSeenAsSent ? href : origin + url.pathname + url.search,
    startedAtMs: sandbox.nowMs,
    remoteAddress: address ?? "",
    isAside: sentPath.startsWith("/control/"),
  };
}

/** Whether a request belongs to a client's flow, unlike a test's calls of the control API and a person's visits of pages. */
export function isOfFlow({ method }: Request, { endpoint, response }: Served): boolean {
  if (endpoint === "control") return false;
  // A client that takes a page for an endpoint should see that it does.
  return endpoint !== "pages" || (method !== "GET" && method !== "HEAD") || response.status >= 400;
}
