/** Walks the clients through some scenarios, beside others that do: they mostly wait, and each worker has a time of its own. */
import { z } from "zod";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { sdkV1 } from "./sdk_v1.ts";
import { sdkV2 } from "./sdk_v2.ts";
import { walk } from "./walk.ts";

addEventListener("message", async (event) => {
  if (!(event instanceof MessageEvent)) return;
  const names = new Set(z.array(z.string()).parse(event.data));
  const fared: { readonly name: string; readonly v1: string; readonly v2: string }[] = [];
  for (const scenario of catalogue) {
    if (!names.has(scenario.name)) continue;
    fared.push({ name: scenario.name, v1: await walk(sdkV1, scenario), v2: await walk(sdkV2, scenario) });
  }
  event.ports[0]?.postMessage(fared);
});
