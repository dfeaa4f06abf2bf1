/** What a client did, as another tool would have recorded it, and the report on that. */
import { judgingArchive } from "../../lib/archive/judge_archive.ts";
import type { Report } from "../../lib/judge/report.ts";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { finish } from "../../lib/runtime/slices.ts";
import { type DoubleOptions, runDouble } from "../interop/double/double.ts";
import { recordedApp, SANDBOX } from "../recorder/recorded_app.ts";
import { read } from "./hars.ts";

export async function recorded(...clients: readonly Partial<DoubleOptions>[]): Promise<readonly Exchange[]> {
  await using app = await recordedApp();
  for (const client of clients) await runDouble({ send: app.send, version: "2025-11-25", ...client });
  return (await app.recording.read(SANDBOX)).exchanges;
}

export async function judge(text: string, isWhole?: boolean): Promise<Report> {
  return finish(
    judgingArchive(await read(text, { piece: 65_536 }), { name: "a.har", ...isWhole === undefined ? {} : { isWhole } }),
  );
}

export const elsewhere = { isOneOrigin: false, tellsAborted: true };

export function statusOf({ clients }: Report, rule: string): string | undefined {
  return clients.flatMap(({ findings }) => findings).find((finding) => finding.rule === rule)?.status;
}
