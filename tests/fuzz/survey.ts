/** What cases have to know of a server, asked of itself: so the fuzzer fits any checkout. */
import { isObject, type Json } from "./message.ts";
import type { Ground } from "./drawing.ts";
import type { Target } from "./target.ts";
import type { Wire } from "./wire.ts";

/** Asks a target for its scenarios, and for what its control API takes. */
export async function survey(target: Target): Promise<Ground> {
  const ask = async (path: string): Promise<string> => {
    const wire: Wire = { method: "GET", target: path, headers: [], body: undefined, framing: {} };
    return (await target.send(wire, 0)).body;
  };
  const openapi: Json = JSON.parse(await ask("/s/standard~fuzzer-own-label-survey/control/openapi.json"));
  // The refusal of a name that cannot be lists those that can.
  const listed = /scenarios: ([\w, -]+)/.exec(await ask("/s/none-of-this-name/health"))?.[1];
  const scenarios = listed?.split(", ").filter((name) => /^[\w-]+$/.test(name)) ?? [];
  return {
    mode: target.mode,
    openapi: isObject(openapi) ? openapi : {},
    scenarios: scenarios.length > 0 ? scenarios : ["standard"],
  };
}
