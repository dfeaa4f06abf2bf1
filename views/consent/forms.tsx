// The forms of the consent page. They are three, so that the enter key does what the field it is pressed in belongs to.
import type { OfferedUser } from "../../lib/oauth/users/declared_users.ts";
import type { Html } from "../shared/html.ts";
import { Field, Notice } from "../shared/parts.tsx";

interface ConsentFormProps {
  readonly formAction: string;
  /** Token lifetime to begin with. */
  readonly expiresInSeconds?: number | undefined;
  readonly defaultLifetimeSeconds?: number | undefined;
  readonly offered?: readonly OfferedUser[];
  readonly problem?: string | undefined;
  /** E-mail address of the last attempt. */
  readonly email?: string | undefined;
}

/** The most buttons that are quicker than typing. */
const MAX_OFFERED = 12;

/** A button for each user who was declared; nothing where there is none. */
export function OfferedForm({ formAction, expiresInSeconds, offered = [] }: ConsentFormProps): Html | null {
  if (offered.length === 0) return null;
  return (
    <form class="panel" method="post" action={formAction}>
      <h2>continue as</h2>
      <input type="hidden" name="action" value="declared" />
      {expiresInSeconds === undefined
        ? null
        : <input type="hidden" name="expires_in" value={String(expiresInSeconds)} />}
      <ul class="offered">
        {offered.slice(0, MAX_OFFERED).map(({ email, name }) => (
          <li key={email}>
            <button type="submit" name="email" value={email}>
              {name ?? email}
              {name === undefined ? null : <span class="email">{` ${email}`}</span>}
            </button>
          </li>
        ))}
      </ul>
      {offered.length > MAX_OFFERED ? <p class="quiet">Others log in with their password, below.</p> : null}
    </form>
  );
}

/** One button: the server generates a user. */
export function AutoForm(
  { formAction, expiresInSeconds, defaultLifetimeSeconds }: ConsentFormProps,
): Html {
  return (
    <form class="panel" method="post" action={formAction}>
      <h2>continue with a generated user</h2>
      <p>
        The server generates a user for this login. It is temporary and is not saved.
      </p>
      <LifetimeField id="auto-expires-in" seconds={expiresInSeconds} byDefault={defaultLifetimeSeconds} />
      <button type="submit" name="action" value="auto">
        approve with a generated user
      </button>
    </form>
  );
}

/** The way in for a certain user. */
export function LoginForm(props: ConsentFormProps): Html {
  const { formAction, expiresInSeconds, email, problem } = props;
  const describedBy = problem === undefined ? undefined : "problem";
  return (
    <form class="panel" method="post" action={formAction}>
      <h2>log in with e-mail and password</h2>
      {problem === undefined ? null : <Notice tone="bad" id="problem">{problem}</Notice>}
      <p>
        A new e-mail address creates a user with this password. A known address requires the password it was created
        with.
      </p>
      <Field id="email" label="e-mail">
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="username"
          required
          value={email ?? ""}
          aria-describedby={describedBy}
        />
      </Field>
      <Field id="password" label="password">
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          autofocus={problem !== undefined}
          aria-describedby={describedBy}
        />
      </Field>
      <LifetimeField id="login-expires-in" seconds={expiresInSeconds} byDefault={props.defaultLifetimeSeconds} />
      <button type="submit" name="action" value="login">
        log in and approve
      </button>
    </form>
  );
}

function LifetimeField(
  { id, seconds, byDefault }: {
    readonly id: string;
    readonly seconds: number | undefined;
    readonly byDefault: number | undefined;
  },
): Html {
  return (
    <Field
      id={id}
      label="token lifetime in seconds"
      hint={byDefault === undefined ? "Empty: the token never expires." : `Empty: ${byDefault}, the default here.`}
    >
      <input
        id={id}
        name="expires_in"
        type="number"
        min="1"
        step="1"
        inputmode="numeric"
        placeholder={byDefault === undefined ? "never" : String(byDefault)}
        value={seconds === undefined ? "" : String(seconds)}
        aria-describedby={`${id}-hint`}
      />
    </Field>
  );
}

/** The way out. */
export function DenyForm({ formAction }: ConsentFormProps): Html {
  return (
    <form class="deny" method="post" action={formAction}>
      <button type="submit" class="button-quiet" name="action" value="deny">
        deny access
      </button>
    </form>
  );
}
