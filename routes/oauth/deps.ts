// What the handlers of the authorization server are made with; each names what it needs of it.
import type { Pushed } from "../../lib/oauth/authorize/pushed_table.ts";
import type { ClientAuthenticator } from "../../lib/oauth/clients/authenticate.ts";
import type { Clients } from "../../lib/oauth/clients/client_table.ts";
import type { Devices } from "../../lib/oauth/grants/device_table.ts";
import type { KeysOf } from "../../lib/oauth/keys/keys.ts";
import type { Replays } from "../../lib/oauth/replay_table.ts";
import type { Grants } from "../../lib/oauth/tokens/mark_table.ts";
import type { TokenVerifier } from "../../lib/oauth/tokens/verify.ts";
import type { OfferedUser } from "../../lib/oauth/users/declared_users.ts";
import type { Users } from "../../lib/oauth/users/user_table.ts";
import type { Chance } from "../../lib/runtime/chance.ts";

/** Everything, of all sandboxes. */
export type OAuthDeps = Readonly<{
  clients: Clients;
  users: Users;
  offered: readonly OfferedUser[];
  pushed: Pushed;
  devices: Devices;
  grants: Grants;
  replays: Replays;
  authenticate: ClientAuthenticator;
  verifier: TokenVerifier;
  keysOf: KeysOf;
  /** The keys of the identity provider beside a server. */
  keysOfIdp: KeysOf;
  chance: Chance;
}>;
