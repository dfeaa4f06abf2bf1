// The pieces the guide's steps are made of.
import type { Content, Html } from "../shared/html.ts";
import { CodeBlock } from "../shared/parts.tsx";

interface StepFrameProps {
  /** From 1 to 5. */
  readonly number: number;
  readonly title: string;
  /** The step in a shell. */
  readonly shell: string;
  readonly children: Content;
}

/** A step: heading, a place for its state, content, and the step in a shell. */
export function Step(
  { number, title, shell, children }: StepFrameProps,
): Html {
  const id = `step-${number}`;
  return (
    <section
      class="step"
      id={id}
      data-step={String(number)}
      aria-labelledby={`${id}-title`}
    >
      <h2 id={`${id}-title`}>{`step ${number}: ${title}`}</h2>
      <p class="step-state" aria-live="polite"></p>
      {children}
      <details class="shell shell-step">
        <summary>the same in a shell</summary>
        <CodeBlock label={`step ${number} in a shell`} text={shell} />
      </details>
    </section>
  );
}

/** A form of `guide.js`: disabled until the script enables it, absent where no script runs. */
export function Live(
  { action, children }: {
    readonly action: string;
    readonly children: Content;
  },
): Html {
  return (
    <form class="live" data-action={action} autocomplete="off">
      <fieldset disabled>{children}</fieldset>
    </form>
  );
}

/** Where `guide.js` shows what came of an action. */
export function Results({ of }: { readonly of: string }): Html {
  return <div class="results" data-results={of}></div>;
}

/** A link to the paragraph that says so. */
export function Rfc(
  { number, section }: { readonly number: number; readonly section: string },
): Html {
  const url = `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`;
  return <a href={url}>{`RFC ${number} §${section}`}</a>;
}
