/** Lets a client work in the world of a case, and reads the report. */
import type { Exchange } from "../../../lib/recorder/exchange.ts";
import type { Report } from "../../../lib/judge/report.ts";
import type { Revision } from "../../../lib/judge/settled.ts";
import { control } from "../../control/helpers.ts";
import { origin, register, startMs } from "../../helpers.ts";
import { runDouble, type Slip } from "../../interop/double/double.ts";
import { recordedApp, SANDBOX } from "../../recorder/recorded_app.ts";
import { createLimit } from "../scenario_world.ts";
import { createStandstill } from "../standstill.ts";
import type { Case } from "./case.ts";

/** The report on a client that works there; on one that does right, if no slip is given. */
export async function playCase(one: Omit<Case, "rule" | "slips">, version: Revision, slip?: Slip): Promise<Report> {
  return (await recordCase(one, version, slip)).report;
}

/** The same, and the exchanges that it is made from. */
export async function recordCase(
  { twist, app, client, reaches, faults = [] }: Omit<Case, "rule" | "slips">,
  version: Revision,
  slip?: Slip,
): Promise<{ readonly report: Report; readonly exchanges: readonly Exchange[] }> {
  let elapsedMs = 0;
  const pass = async (ms: number): Promise<void> => {
    elapsedMs += ms;
    await recorded.wait(ms);
  };
  const standstill = createStandstill({ now: () => elapsedMs, pass: (ms) => void pass(ms) });
  await using recorded = await recordedApp(twist?.(), {
    sleep: standstill.sleep,
    now: () => startMs + elapsedMs,
    ...app,
  });
  if (faults.length > 0) await control(recorded.test, "POST /control/faults", faults);
  const limit = createLimit(recorded.test, origin);
  const isHeld = JSON.stringify(faults).includes('"hold"');
  const given = client?.given
    ? await register(recorded.test, {
      redirect_uris: ["http://127.0.0.1:3999/callback"],
      ...(client.alone
        ? { grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_basic" }
        : {}),
    })
    : undefined;
  const own = given && { given: { clientId: given.clientId, ...(given.secret ? { secret: given.secret } : {}) } };
  await runDouble({
    send: (request) => standstill.carry(request, recorded.send),
    wait: async (ms, signal) => {
      if (!signal) return await pass(ms);
      const untilLate = standstill.untilLate(ms, signal);
      await (isHeld ? Promise.race([untilLate, limit(signal).then(() => pass(ms))]) : untilLate);
    },
    version,
    nowMs: () => startMs + elapsedMs,
    ...client,
    ...own,
    slip,
  });
  const report = await recorded.report(reaches === undefined ? {} : { reaches });
  return { report, exchanges: (await recorded.recording.read(SANDBOX)).exchanges };
}
