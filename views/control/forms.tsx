// The forms of the control page. Each shows the command that makes the same request, so that what was tried here can be
// written into a test.
import { Act, Card, Choice, type CommandProps, Text } from "./parts.tsx";
import type { Html } from "../shared/html.ts";
import { Field } from "../shared/parts.tsx";

/** What the forms are filled with. */
export interface ControlFormsProps extends CommandProps {
  readonly endpoints: readonly string[];
  /** Rules that can be overridden, and what each is now; undefined for those without a value. */
  readonly members: readonly { readonly member: string; readonly value: unknown }[];
}

/** What a fault can do, in the words of `?fault=`. */
const effects: readonly (readonly [string, string])[] = [
  ["503", "503 Service Unavailable"],
  ["500", "500 Internal Server Error"],
  ["429", "429 Too Many Requests"],
  ["400", "400 Bad Request"],
  ["401", "401 Unauthorized"],
  ["403", "403 Forbidden"],
  ["drop", "drop the connection"],
  ["delay=2000", "answer 2 s late"],
  ["delay=30000", "answer 30 s late"],
  ["truncate=20", "cut the body after 20 bytes"],
  ["trickle=20", "send the body 20 bytes at a time"],
  ["html", "answer with a web page"],
  ["empty", "answer with an empty body"],
  ["access_denied", "access_denied"],
  ["invalid_grant", "invalid_grant"],
  ["invalid_client", "invalid_client"],
  ["invalid_token", "invalid_token"],
  ["insufficient_scope", "insufficient_scope"],
];

const lives: readonly (readonly [string, string])[] = [
  ["", "the next request"],
  ["*2", "the next 2 requests"],
  ["*5", "the next 5 requests"],
  ["*always", "every request"],
];

/** A rule that a client is likely to meet, to begin with. */
const FIRST_MEMBER = "policy.require_state";

/** A fault that `?fault=` has no words for. */
const faultExample = JSON.stringify({
  match: { endpoint: "token", grant_type: "refresh_token" },
  life: { times: 2 },
  answer: { status: 503, headers: { "retry-after": "1" } },
});

/** All the forms, by what they change. */
export function ControlForms(props: ControlFormsProps): Html {
  return (
    <div class="cards">
      <Faults {...props} />
      <Clock {...props} />
      <Keys {...props} />
      <Rules {...props} />
      <Users {...props} />
      <Clients {...props} />
      <Tokens {...props} />
      <StartOver {...props} />
    </div>
  );
}

function Faults(props: ControlFormsProps): Html {
  return (
    <Card title="faults" text="Make one request, several, or all of them fail.">
      <Act {...props} kind="fault" label="set the fault" first={{ endpoint: "token", effect: "503" }}>
        <Choice
          id="fault-endpoint"
          label="where"
          name="endpoint"
          options={props.endpoints.map((name) => [name, name])}
          first="token"
        />
        <Choice id="fault-effect" label="what happens" name="effect" options={effects} />
        <Choice id="fault-life" label="how often" name="life" options={lives} />
      </Act>
      <Act {...props} kind="faults" label="set it from JSON" first={{ definition: faultExample }}>
        <Field id="fault-definition" label="a fault, or a list of them, in JSON">
          <textarea id="fault-definition" name="definition" rows={4} spellcheck={false} required>
            {faultExample}
          </textarea>
        </Field>
      </Act>
      <Act {...props} kind="clear-faults" label="remove all faults" isQuiet />
    </Card>
  );
}

function Clock(props: CommandProps): Html {
  return (
    <Card title="clock" text="Tokens, codes and secrets expire on the sandbox’s clock.">
      <Act {...props} kind="advance" label="advance the clock" first={{ seconds: "3600" }}>
        <Text
          id="clock-seconds"
          label="by this many seconds"
          name="seconds"
          inputMode="numeric"
          value="3600"
          required
        />
      </Act>
      <Act {...props} kind="reset-clock" label="put the clock back" isQuiet />
    </Card>
  );
}

function Keys(props: CommandProps): Html {
  return (
    <Card title="keys" text="What tokens are signed with, and what /oauth/jwks shows.">
      <Act {...props} kind="rotate" label="rotate the keys">
        <Text
          id="keys-keep"
          label="keep old keys for this many seconds"
          name="keep_old_seconds"
          inputMode="numeric"
          hint="Empty: as long as they are kept."
        />
      </Act>
      <Act {...props} kind="break" label="break the keys" first={{ how: "wrong_signature" }}>
        <Choice
          id="keys-how"
          label="what is wrong"
          name="how"
          options={[
            ["wrong_signature", "signatures do not fit"],
            ["foreign_key", "tokens name an unknown key"],
            ["missing_key", "the key set lacks the key"],
            ["none", "nothing, mend them"],
          ]}
        />
      </Act>
    </Card>
  );
}

function Rules(props: ControlFormsProps): Html {
  return (
    <Card title="policy" text="Override what this server enforces and advertises, and what its tokens contain.">
      <Act
        {...props}
        kind="override"
        label="override the policy"
        first={{ member: FIRST_MEMBER, value: "true" }}
      >
        <Choice
          id="plan-member"
          label="member of policy or mint"
          name="member"
          options={props.members.map(optionOf)}
          first={FIRST_MEMBER}
        />
        <Text id="plan-value" label="value, as JSON or a word" name="value" value="true" required />
      </Act>
      <Act {...props} kind="clear-plan" label="remove all overrides" isQuiet />
    </Card>
  );
}

function Users(props: CommandProps): Html {
  return (
    <Card title="users" text="Declare someone who can log in.">
      <Act {...props} kind="user" label="declare the user" first={{ email: "ada@example.com", password: "lovelace" }}>
        <Text id="user-email" label="email" name="email" inputMode="email" value="ada@example.com" required />
        <Text id="user-password" label="password" name="password" value="lovelace" required />
        <Text id="user-name" label="name" name="name" />
      </Act>
    </Card>
  );
}

function Clients(props: CommandProps): Html {
  return (
    <Card title="clients" text="Declare a client without registration.">
      <Act
        {...props}
        kind="client"
        label="add the client"
        first={{
          client_id: "my-app",
          redirect_uris: "http://127.0.0.1/callback",
          token_endpoint_auth_method: "none",
        }}
      >
        <Text id="client-id" label="client_id" name="client_id" value="my-app" />
        <Text
          id="client-redirects"
          label="redirect_uris, separated by spaces"
          name="redirect_uris"
          value="http://127.0.0.1/callback"
          required
        />
        <Choice
          id="client-auth"
          label="token_endpoint_auth_method"
          name="token_endpoint_auth_method"
          options={["none", "client_secret_basic", "client_secret_post"].map((name) => [name, name])}
        />
      </Act>
    </Card>
  );
}

function Tokens(props: CommandProps): Html {
  return (
    <Card title="tokens" text="Mint an access token without a login, or revoke what was issued.">
      <Act {...props} kind="mint" label="mint a token" first={{ expires_in: "60" }}>
        <Text id="mint-user" label="user, by email" name="user" inputMode="email" hint="Empty: a generated user." />
        <Text id="mint-scope" label="scope" name="scope" />
        <Text id="mint-expires" label="expires_in" name="expires_in" inputMode="numeric" value="60" />
      </Act>
      <Act {...props} kind="revoke" label="revoke the token" first={{ token: "TOKEN" }}>
        <Text id="revoke-token" label="access or refresh token" name="token" required />
      </Act>
      <Act {...props} kind="revoke-all" label="revoke all tokens" question="really all of them?" isQuiet />
    </Card>
  );
}

function StartOver(props: CommandProps): Html {
  return (
    <Card title="start over" text="Delete users, clients, tokens, faults, overrides and the record.">
      <Act {...props} kind="reset" label="reset the sandbox" question="really all of it?" isQuiet />
    </Card>
  );
}

function optionOf({ member, value }: ControlFormsProps["members"][number]): readonly [string, string] {
  return [member, `${member} (now ${JSON.stringify(value) ?? "not set"})`];
}
