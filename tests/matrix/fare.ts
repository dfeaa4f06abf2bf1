/** What became of a job, put into a cell: what the driver told, and what the server's report says. */
import { z } from "zod";
import type { Scenario } from "../../main.ts";
import type { StepDone } from "./driver.ts";
import type { Job } from "./jobs.ts";
import type { Cell } from "../../lib/scenarios/schema/results_schema.ts";

const reportShape = z.object({
  verdict: z.enum(["pass", "fail", "incomplete"]),
  reason: z.string(),
  clients: z.array(z.object({
    revision: z.string().optional(),
    failures: z.array(z.string()),
    warnings: z.array(z.string()),
    findings: z.array(z.object({
      rule: z.string(),
      detail: z.string(),
      evidence: z.array(z.number()),
    })),
  })),
});

const exchangesShape = z.object({
  exchanges: z.array(z.object({ sequence: z.number(), method: z.string(), url: z.string(), status: z.number() })),
});

/** More exchanges than show anything. */
const MAX_EXCHANGES = 6;
const MAX_TEXT = 240;

/** Fills in a cell. */
export async function cellOf(scenario: Scenario, job: Job, steps: readonly StepDone[]): Promise<Cell> {
  const judged = await judge(job);
  const done = steps.filter(({ do: name }) => name !== "end");
  const { logins = 0 } = done.at(-1) ?? {};
  const failed = done.find(({ ok }) => !ok);
  const lacks = [...new Set(done.filter((step) => step.lacks).map((step) => step.do))];
  const facts = { ...(logins === 0 ? {} : { logins }), ...(lacks.length === 0 ? {} : { lacks }), ...judged };
  if (steps.length === 0 || (!failed && !steps.some(({ do: name }) => name === "end"))) {
    return { outcome: "crashes", ...facts };
  }
  if (!failed) return { outcome: "works", ...facts };
  const at = { at: failed.do, ...(failed.hangs ? {} : { error: errorOf(failed, job) }) };
  const isUse = (name: string): boolean => !["wait", "answer", "connect"].includes(name);
  const later = done.some(({ ok, skipped, lacks, step, do: name }) =>
    ok && !skipped && !lacks && step > failed.step && isUse(name)
  );
  if (failed.hangs) return { outcome: "hangs", ...at, ...facts };
  if (later) return { outcome: "recovers", ...at, ...facts };
  const mayStop = judged.verdict === "pass" && isStop(scenario);
  return { outcome: mayStop ? "refuses" : "gives up", ...at, ...facts };
}

/** Whether a client that does it right ends before it has called a tool twice. */
function isStop({ reaches }: Scenario): boolean {
  if (reaches === undefined) return false;
  return typeof reaches === "object" || !["call_after_expiry", "call_after_refusal"].includes(reaches);
}

function errorOf({ error, message }: StepDone, { url }: Job): string {
  return lastingText(`${error}: ${message}`, url);
}

/** A text without what differs from run to run: the server's port and the sandbox. */
function lastingText(text: string, url: string): string {
  const { host } = new URL(url);
  return text.replaceAll(host, "localhost").replaceAll(/~[a-z0-9-]+/g, "").replaceAll(/\s+/g, " ").trim().slice(
    0,
    MAX_TEXT,
  );
}

async function judge({ control, url, client_metadata_url: document }: Job): Promise<Omit<Cell, "outcome">> {
  const report = reportShape.parse(await (await fetch(`${control}/report`)).json());
  const failing = report.clients.filter(({ failures }) => failures.length > 0);
  const { revision } = failing[0] ?? report.clients.find((one) => one.revision !== undefined) ?? {};
  const broken = await describeBroken(failing, { control, url });
  // Who has no metadata document cannot prefer it to registering.
  const isItsOwn = (rule: string): boolean => rule !== "C6" || document !== undefined;
  const warnings = [...new Set(report.clients.flatMap((one) => one.warnings))].filter(isItsOwn);
  return {
    verdict: report.verdict,
    ...(report.verdict === "pass" ? {} : { reason: lastingText(report.reason, url) }),
    ...(broken.length === 0 ? {} : { broken }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(revision === undefined ? {} : { revision }),
  };
}

/** What failed: each rule once, although a program that registers anew may be several clients in the report. */
async function describeBroken(
  failing: z.infer<typeof reportShape>["clients"],
  { control, url }: Pick<Job, "control" | "url">,
): Promise<NonNullable<Cell["broken"]>> {
  if (failing.length === 0) return [];
  const { exchanges } = exchangesShape.parse(await (await fetch(`${control}/exchanges`)).json());
  const base = url.replace(/\/oauth$/, "");
  const lines = new Map(exchanges.map(({ sequence, method, url: asked, status }) => {
    const path = asked.startsWith(base) ? asked.slice(base.length) : new URL(asked).pathname;
    return [sequence, `${method} ${path.split("?")[0]} → ${status}`];
  }));
  const findings = failing.flatMap(({ failures, findings }) => findings.filter(({ rule }) => failures.includes(rule)));
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
  return rules.map((rule) => {
    const { detail = "", evidence = [] } = findings.find((finding) => finding.rule === rule) ?? {};
    return {
      rule,
      detail: lastingText(detail, url),
      exchanges: evidence.slice(0, MAX_EXCHANGES).map((sequence) => lines.get(sequence) ?? `exchange ${sequence}`),
    };
  });
}
