/** How the test client proves that it holds a key, once the server has asked for that (RFC 9449). */
import type { Setting } from "../options.ts";
import { createProver, type Prover } from "./keys.ts";

/** Sends with proofs. */
export interface Proofs {
  /** Whether the server has asked for them. */
  readonly areWanted: () => boolean;
  /** Notices that a refusal asks for them. */
  readonly notice: (refused: Response) => Promise<void>;
  /** Sends a request with a proof, if the server asks for proofs, and again with the nonce that a refusal brings. */
  readonly proven: (
    url: string,
    accessToken: string | undefined,
    ask: (headers: Record<string, string>) => Promise<Response>,
    verb?: string,
  ) => Promise<Response>;
}

export function createProofs({ slip, nowMs }: Setting): Proofs {
  let prover: Prover | undefined;
  return {
    areWanted: () => prover !== undefined,
    notice: async (refused) => {
      if (/^dpop /i.test(refused.headers.get("www-authenticate") ?? "")) prover ??= await createProver(nowMs);
    },
    proven: async (url, accessToken, ask, verb) => {
      if (!prover) return await ask({});
      const isDeaf = slip === "never repeats the nonce";
      let response = await ask({ dpop: await prover.prove(url, accessToken, verb) });
      for (let again = 0; response.status >= 400 && response.headers.has("dpop-nonce"); again++) {
        if (again === (isDeaf ? 6 : 1)) break;
        await response.body?.cancel();
        if (!isDeaf) prover.learn(url, response);
        response = await ask({ dpop: await prover.prove(url, accessToken, verb) });
      }
      return response;
    },
  };
}
