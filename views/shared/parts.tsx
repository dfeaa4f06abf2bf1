// The pieces pages are made of: badges, endpoint rows, code blocks, tables, notices. One look, written once.
import type { Content, Html } from "./html.ts";

/** A row of a table of parameters: the name, and what it is for. */
export type ParameterRow = readonly [name: string, description: string];

/** Badge with an HTTP method; several are joined by a slash. */
export function Method({ name }: { readonly name: string }): Html {
  return <span class={`method method-${methodKind(name)}`}>{name}</span>;
}

function methodKind(name: string): string {
  if (name === "GET") return "read";
  return name === "POST" ? "write" : "both";
}

/**
 * Button that copies the code it stands beside, or a text of its own. The style sheet shows it only where scripts run,
 * and `page.js` gives it its effect.
 */
export function CopyButton(
  { what, text = "" }: { readonly what: string; readonly text?: string },
): Html {
  return (
    <button type="button" class="copy" data-copy={text || undefined}>
      copy<span class="hidden">{` ${what}`}</span>
    </button>
  );
}

/** An endpoint: method, address, and a button to copy the address, unless there is one beside it. */
export function Endpoint(
  { method, url, copies = true }: { readonly method: string; readonly url: string; readonly copies?: boolean },
): Html {
  return (
    <p class="endpoint">
      <Method name={method} />
      <code>{url}</code>
      {copies && <CopyButton what="address" />}
    </p>
  );
}

interface CodeBlockProps {
  readonly label: string;
  readonly text: string;
}

/** A block of code with a label and a copy button. */
export function CodeBlock({ label, text }: CodeBlockProps): Html {
  return (
    <figure class="code">
      <figcaption>
        <span>{label}</span>
        <CopyButton what={label} />
      </figcaption>
      <pre tabindex={0}><code>{text}</code></pre>
    </figure>
  );
}

interface ParameterTableProps {
  /** Titles of the two columns. */
  readonly head: readonly [string, string];
  readonly rows: readonly ParameterRow[];
  /** Id of the heading that names the table. */
  readonly labelledBy: string;
}

/** A table of parameters and what they are for. */
export function ParameterTable(props: ParameterTableProps): Html {
  const { head, rows, labelledBy } = props;
  return (
    <table class="parameters" aria-labelledby={labelledBy}>
      <thead>
        <tr>
          <th scope="col">{head[0]}</th>
          <th scope="col">{head[1]}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, description]) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td>{description}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface NoticeProps {
  /** `bad` is announced at once by screen readers. */
  readonly tone: "info" | "warn" | "bad";
  /** For `aria-describedby`. */
  readonly id?: string;
  readonly children: Content;
}

/** A message that stands out. */
export function Notice({ tone, id, children }: NoticeProps): Html {
  return (
    <div class={`notice notice-${tone}`} id={id} role={tone === "bad" ? "alert" : undefined}>
      {children}
    </div>
  );
}

/** A row of a list of facts: a name, and what it is here. */
export function Fact(
  { name, children }: {
    readonly name: string;
    readonly children: Content;
  },
): Html {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** The input, with the same id; with a hint it is described by `<id>-hint`. */
  readonly children: Content;
}

/** A form field: label, hint, input. */
export function Field({ id, label, hint, children }: FieldProps): Html {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint === undefined ? null : <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {children}
    </div>
  );
}
