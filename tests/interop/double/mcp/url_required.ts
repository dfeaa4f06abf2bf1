/** What the test client does where a URL has to be opened: its person opens it, in a browser. */
import { USER_AGENT } from "../http.ts";
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import { type Answer, objectIn } from "./inbox.ts";

/** What it does wrong there. */
export type UrlSlip = "looks at the URL first" | "repeats without a visit" | "takes any completion for its own";

const URL_ELICITATION_REQUIRED = -32042;

/** Has its person's browser open a page, and press its button. */
export async function visit(url: string, { options, slip }: Setting): Promise<void> {
  const send = async (init: RequestInit): Promise<void> => {
    await (await options.send(new Request(url, init))).body?.cancel();
  };
  if (slip === "looks at the URL first") await send({ headers: USER_AGENT });
  const headers = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0",
    accept: "text/html,application/xhtml+xml",
  };
  await send({ headers });
  const own = { ...headers, origin: new URL(url).origin };
  await send({ method: "POST", headers: own, body: new URLSearchParams({ action: "accept" }) });
}

/**
 * Does what a refusal requires, and tries again.
 *
 * @param again Sends the request once more.
 */
export async function openRequired(
  first: Answer | undefined,
  { setting, again, isTold }: {
    readonly setting: Setting;
    readonly again: () => Promise<Answer | undefined>;
    /** Whether it was told that something is done. */
    readonly isTold: () => boolean;
  },
): Promise<Answer | undefined> {
  if (first?.error?.code !== URL_ELICITATION_REQUIRED) return first;
  const listed = objectIn(first.error, "data")?.elicitations;
  const elicitations: readonly unknown[] = Array.isArray(listed) ? listed : [];
  if (setting.slip === "repeats without a visit") {
    for (let round = 0; round < 5; round++) await again();
    return first;
  }
  if (setting.slip === "takes any completion for its own" && isTold()) await again();
  const { elicitation } = setting.options.declares ?? {};
  if (objectIn({ elicitation }, "elicitation")?.url === undefined) return first;
  for (const one of elicitations) await visit(String(objectIn({ one }, "one")?.url), setting);
  return await again();
}

/** Whether a message says that something is done. */
export function isCompletion({ method }: Document): boolean {
  return method === "notifications/elicitation/complete";
}
