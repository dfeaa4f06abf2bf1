// A server that is one scenario, to be compared with the original of that.
import type { Start } from "../lib/clone/clone.ts";
import { CLONE_ORIGIN } from "../lib/clone/urls.ts";
import { isObject } from "../lib/http/json.ts";
import { controlPaths } from "../lib/http/urls.ts";
import { sleepOnTimer } from "../lib/runtime/sleep.ts";
import type { Cloning } from "./deps.ts";

/** Makes what starts such servers. */
export function startWith(createApp: Cloning["createApp"]): Start {
  return (scenario) => {
    const app = createApp({ scenario, control: "open", record: false });
    return {
      fetch: (request) => app(request),
      sleep: sleepOnTimer,
      token: async () => {
        const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
        const minted: unknown = await (await app(new Request(CLONE_ORIGIN + controlPaths.tokens, init))).json();
        if (isObject(minted) && typeof minted.access_token === "string") return minted.access_token;
        throw new Error(`A clone issues no token: ${JSON.stringify(minted)}`);
      },
    };
  };
}
