// Step 3's forms: every query parameter of an authorization request, and every field of the consent page, to play with.
import type { Html } from "../shared/html.ts";
import { Field } from "../shared/parts.tsx";

/** The fields of an authorization request; `guide.js` fills them and builds the URL from them as one types. */
export function AuthorizationFields(): Html {
  return (
    <>
      <button type="submit" id="authorize-submit">
        go to the consent page
      </button>
      <p>
        This is the request that the button sends. Change it below, and see what the server says.
      </p>
      <div id="authorize-url"></div>
      <div class="pair">
        <TextField name="client_id" required />
        <TextField name="redirect_uri" required />
        <TextField name="state" />
        <TextField name="code_challenge" />
      </div>
      <TextField
        name="code_verifier"
        hint="Stays in this page until step 4; the challenge is its SHA-256."
        readonly
      />
      <p>
        <button type="button" id="renew" class="button-quiet">
          new state and pair
        </button>
      </p>
      <p>Optional: skip the consent page, or set the token’s lifetime.</p>
      <div class="field check">
        <input
          id="authorize-auto_approve"
          name="auto_approve"
          type="checkbox"
          value="true"
        />
        <label for="authorize-auto_approve">auto_approve</label>
      </div>
      <div class="pair">
        <TextField name="auto_approve_email" />
        <TextField name="auto_approve_password" />
        <TextField name="expires_in" />
      </div>
    </>
  );
}

/** The fields of the consent page's form; `guide.js` posts them to the same URL. */
export function AnswerFields(): Html {
  return (
    <>
      <p>
        Or skip the browser: post the consent form’s fields to the same URL yourself.
      </p>
      <div class="pair">
        <Field id="answer-action" label="action">
          <select id="answer-action" name="action">
            <option>auto</option>
            <option>login</option>
            <option>deny</option>
          </select>
        </Field>
        <TextField form="answer" name="email" />
        <TextField form="answer" name="password" />
      </div>
      <div id="answer-request"></div>
      <button type="submit" class="button-quiet">
        post the answer
      </button>
    </>
  );
}

interface TextFieldProps {
  readonly form?: string;
  readonly name: string;
  readonly required?: boolean;
  readonly readonly?: boolean;
  readonly hint?: string;
}

function TextField(props: TextFieldProps): Html {
  const { form = "authorize", name, required, readonly, hint } = props;
  const id = `${form}-${name}`;
  return (
    <Field id={id} label={name} hint={hint}>
      <input
        id={id}
        name={name}
        required={required === true}
        readOnly={readonly === true}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
    </Field>
  );
}
