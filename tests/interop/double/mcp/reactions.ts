/** What the test client makes of unusual answers to its calls: nothing, unless it has a slip. */
import type { Login } from "../oauth/login.ts";
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Mcp } from "./client.ts";
import type { Answer } from "./inbox.ts";

/** What it makes of them wrongly. */
export type ReactionSlip = "takes an old code for a lost login" | "goes on with any result";

/** Does what a slip has it do after the answer to a call of a tool. */
export async function react(
  { link, call }: Mcp,
  { slip }: Setting,
  { login, params, answer }: {
    readonly login: Pick<Login, "renew">;
    readonly params: Document;
    readonly answer: Answer | undefined;
  },
): Promise<void> {
  const code = Number(answer?.error?.code);
  if (slip === "takes an old code for a lost login" && code <= -32000 && code > -32020) {
    await login.renew(link.revision);
  }
  const { requestState } = answer?.result ?? {};
  if (slip === "goes on with any result" && requestState !== undefined) {
    await call("tools/call", { ...params, requestState, inputResponses: {} });
  }
}
