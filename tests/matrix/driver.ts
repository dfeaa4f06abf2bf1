/** A driver as a process: jobs go in as lines of JSON, and what became of each step comes out. */
import { TextLineStream } from "./lines.ts";
import { z } from "zod";
import { builds } from "./builds.ts";
import type { DrivenClient } from "./clients.ts";
import { type Job, LIMIT_MS } from "./jobs.ts";

const lineShape = z.union([
  z.object({ id: z.string(), done: z.literal(true) }),
  z.object({
    id: z.string(),
    step: z.number(),
    do: z.string(),
    ok: z.boolean(),
    skipped: z.boolean().default(false),
    lacks: z.boolean().default(false),
    hangs: z.boolean().default(false),
    error: z.string().default(""),
    message: z.string().default(""),
    logins: z.number(),
  }),
]);

/** What became of a step. */
export type StepDone = Extract<z.infer<typeof lineShape>, { step: number }>;

/** A driver that is running. */
export interface Driver extends AsyncDisposable {
  /** Lets it do a job; gives what became of each step, fewer than there were if it ended early. */
  readonly run: (job: Job) => Promise<readonly StepDone[]>;
}

/** No driver is quiet for this long, beside the time that a step waits for: it keeps its limits itself. */
const PATIENCE_MS = LIMIT_MS + 20_000;

/** Starts a driver. */
export function startDriver({ folder, word }: Pick<DrivenClient, "folder" | "word">): Driver {
  const [command = "", ...args] = builds[folder].start;
  const child = new Deno.Command(command, {
    args: [...args, word],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  const waiting = new Map<string, { readonly tell: (step: StepDone) => void; readonly end: () => void }>();
  const reading = read();

  async function read(): Promise<void> {
    for await (const line of child.stdout.pipeThrough(new TextLineStream())) {
      if (!line.startsWith("{")) continue;
      const told = lineShape.parse(JSON.parse(line));
      const job = waiting.get(told.id);
      if ("done" in told) job?.end();
      else job?.tell(told);
    }
    // It has ended, whatever it still had to do.
    for (const { end } of waiting.values()) end();
  }

  return {
    run: async (job) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const steps: StepDone[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      const watch = (): void => {
        clearTimeout(timer);
        const step = job.steps[steps.length];
        const pauseMs = step?.do === "wait" ? step.ms ?? 0 : 0;
        timer = setTimeout(resolve, PATIENCE_MS + pauseMs);
      };
      const tell = (step: StepDone): void => {
        steps.push(step);
        watch();
      };
      waiting.set(job.id, { tell, end: resolve });
      watch();
      await input.write(new TextEncoder().encode(`${JSON.stringify(job)}\n`)).catch(resolve);
      await promise;
      clearTimeout(timer);
      waiting.delete(job.id);
      return steps;
    },
    [Symbol.asyncDispose]: async () => {
      await input.close().catch(() => {});
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
      await child.status;
      clearTimeout(timer);
      await reading;
    },
  };
}
