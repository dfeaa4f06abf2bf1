/**
 * All rules on clients, in the order of their ids.
 *
 * @module
 */
import { discoveryRules } from "./discovery.ts";
import { earlyClientRules } from "./early_client.ts";
import { issuerRules } from "./issuer.ts";
import { pkceRules } from "./pkce.ts";
import { registrationRules } from "./registration.ts";
import { refreshRules } from "./refresh.ts";
import { requestRules } from "./request.ts";
import type { Rule } from "./rule.ts";
import { scopeRules } from "./scope.ts";
import { tokenUseRules } from "./token_use.ts";

/** The rules. There is no C30 (secure storage): nothing of it can be seen from a server. */
export const rules: readonly Rule[] = [
  ...discoveryRules,
  ...earlyClientRules,
  ...registrationRules,
  ...pkceRules,
  ...requestRules,
  ...scopeRules,
  ...refreshRules,
  ...tokenUseRules,
  ...issuerRules,
].sort((one, other) => Number(one.id.slice(1)) - Number(other.id.slice(1)));
