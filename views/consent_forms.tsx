/**
 * The forms of the consent page. They are three, so that the enter key does what the field it is pressed in belongs to.
 *
 * @module
 */
import type { Html } from "./html.ts";
import { Field } from "./parts.tsx";

/** What the forms need of the consent page. */
export interface ConsentFormProps {
  /** Where they are posted. */
  readonly formAction: string;
  /** Token lifetime to begin with. */
  readonly expiresInSeconds?: number;
  /** What was wrong with the last attempt; the page shows it under the id `problem`. */
  readonly problem?: string;
  /** E-mail address of the last attempt. */
  readonly email?: string;
}

/** One button: the server makes up a user. */
export function AutoForm(
  { formAction, expiresInSeconds }: ConsentFormProps,
): Html {
  return (
    <form class="panel" method="post" action={formAction}>
      <h2>continue with a generated user</h2>
      <p>
        The server makes up a user for this login. It is temporary and is not saved.
      </p>
      <LifetimeField id="auto-expires-in" seconds={expiresInSeconds} />
      <button type="submit" name="action" value="auto">
        approve with a generated user
      </button>
    </form>
  );
}

/** The way in for a certain user. */
export function LoginForm(props: ConsentFormProps): Html {
  const { formAction, expiresInSeconds, email, problem } = props;
  const described = problem === undefined ? {} : { "aria-describedby": "problem" };
  return (
    <form class="panel" method="post" action={formAction}>
      <h2>log in with e-mail and password</h2>
      <p>
        A new e-mail address creates a user with this password. A known one needs the password it was created with.
      </p>
      <Field id="email" label="e-mail">
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="username"
          required
          value={email ?? ""}
          {...described}
        />
      </Field>
      <Field id="password" label="password">
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          {...described}
        />
      </Field>
      <LifetimeField id="login-expires-in" seconds={expiresInSeconds} />
      <button type="submit" name="action" value="login">
        log in and approve
      </button>
    </form>
  );
}

function LifetimeField(
  { id, seconds }: {
    readonly id: string;
    readonly seconds: number | undefined;
  },
): Html {
  return (
    <Field
      id={id}
      label="token lifetime in seconds"
      hint="Empty: the token never expires."
    >
      <input
        id={id}
        name="expires_in"
        type="number"
        min="1"
        step="1"
        inputmode="numeric"
        placeholder="never"
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
