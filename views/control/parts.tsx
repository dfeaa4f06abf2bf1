// The pieces that the forms of the control page are made of.
import { askOf, commandOf } from "./request.js";
import type { Content, Html } from "../shared/html.ts";
import { CodeBlock, Field } from "../shared/parts.tsx";

/** What a command needs beside the request. */
export interface CommandProps {
  readonly controlUrl: string;
  /** Whether it takes the control token. */
  readonly needsToken: boolean;
}

/** A card: something that can be changed. */
export function Card(
  { title, text, children }: { readonly title: string; readonly text: string; readonly children: Content },
): Html {
  const id = `card-${title.replace(" ", "-")}`;
  return (
    <section class="control-card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class="quiet">{text}</p>
      {children}
    </section>
  );
}

interface ActProps extends CommandProps {
  /** What it asks for, by the names of `control_request.js`. */
  readonly kind: string;
  readonly label: string;
  /** What its fields hold at first. */
  readonly first?: Readonly<Record<string, string>>;
  /** What its button asks before it does anything. */
  readonly question?: string;
  /** Whether it is not the first thing to press. */
  readonly isQuiet?: boolean;
  readonly children?: Content;
}

/** A form, and the command that makes the same request. */
export function Act(props: ActProps): Html {
  const { controlUrl, needsToken, kind, label, first = {}, question, isQuiet = false, children } = props;
  return (
    <form data-kind={kind} data-question={question} autocomplete="off">
      <div class="live">
        {children}
        <button type="submit" class={isQuiet ? "button-quiet" : undefined}>{label}</button>
      </div>
      <details class="shell">
        <summary>
          the same with curl<span class="hidden">{`: ${label}`}</span>
        </summary>
        <CodeBlock label="curl" text={commandOf(controlUrl, askOf(kind, first), needsToken)} />
      </details>
      <div class="answer" role="status"></div>
    </form>
  );
}

interface NamedField {
  readonly id: string;
  readonly label: string;
  /** Its name in the request. */
  readonly name: string;
}

interface ChoiceProps extends NamedField {
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly first?: string;
}

/** A field with a list to choose from. */
export function Choice({ id, label, name, options, first }: ChoiceProps): Html {
  return (
    <Field id={id} label={label}>
      <select id={id} name={name}>
        {options.map(([value, text]) => <option key={value} value={value} selected={value === first}>{text}</option>)}
      </select>
    </Field>
  );
}

interface TextProps extends NamedField {
  readonly inputMode?: "text" | "numeric" | "email";
  readonly value?: string;
  readonly required?: boolean;
  readonly hint?: string;
}

/** A field to type into. */
export function Text({ id, label, name, inputMode = "text", value, required = false, hint }: TextProps): Html {
  return (
    <Field id={id} label={label} hint={hint}>
      <input
        id={id}
        name={name}
        inputMode={inputMode}
        value={value}
        required={required}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
    </Field>
  );
}
