// The control page: what tests do to a sandbox over HTTP, done by hand.
import type { Urls } from "../../lib/http/urls.ts";
import { ControlForms, type ControlFormsProps } from "./forms.tsx";
import { type ControlState, ControlStateView } from "./state.tsx";
import type { Html } from "../shared/html.ts";
import { assetPath, Page, pathOf } from "../shared/layout.tsx";
import { Field, Notice } from "../shared/parts.tsx";

interface ControlProps {
  readonly urls: Urls;
  readonly name: string;
  readonly banner?: Html | undefined;
  /** What may be changed, or why nothing may. */
  readonly access: ControlAccess | ControlRefusal;
}

/** A sandbox that may be controlled. */
export interface ControlAccess extends Omit<ControlFormsProps, "controlUrl"> {
  readonly state: ControlState;
  /** Name of what the sandbox plays. */
  readonly plays: string;
}

interface ControlRefusal {
  /** Why, as a sentence without a full stop. */
  readonly reason: string;
  /** Whether the control token would help. */
  readonly takesToken: boolean;
}

/** Everything that can be changed in a sandbox. */
export function ControlPage({ urls, name, banner, access }: ControlProps): Html {
  const isRefused = "reason" in access;
  return (
    <Page
      urls={urls}
      title="control"
      description="Break an OAuth 2.1 and MCP server by hand: faults, clock, users, clients, tokens, keys and policy."
      current="control"
      style="control/control.css"
      scripts={[assetPath(urls, "shared/page.js"), assetPath(urls, "control/control.js")]}
    >
      {banner}
      <h1>control</h1>
      <p class="lead">
        Break the sandbox <code>{name}</code>{" "}
        by hand, and mend it again. Everything here is a request that a test can send, too: each form shows the command.
      </p>
      <p class="ways-on">
        <a href={`${pathOf(urls.control)}/openapi.json`}>OpenAPI document</a>
        <a href={pathOf(urls.inspect)}>watch how a client copes</a>
      </p>
      <noscript>
        <Notice tone="info">JavaScript is off: the commands below do what the buttons would.</Notice>
      </noscript>
      <div id="control" data-url={urls.control} data-needs-token={!isRefused && access.needsToken}>
        {isRefused ? <Refused {...access} /> : (
          <>
            <ControlStateView state={access.state} plays={access.plays} />
            <ControlForms {...access} controlUrl={urls.control} />
          </>
        )}
      </div>
    </Page>
  );
}

function Refused({ reason, takesToken }: ControlRefusal): Html {
  return (
    <>
      <Notice tone="warn">{reason}.</Notice>
      {takesToken
        ? (
          <form id="token-form" class="live" method="get">
            <Field id="control-token" label="control token" hint="What the server was started with; kept in this tab.">
              <input
                id="control-token"
                name="token"
                type="password"
                autocomplete="off"
                required
                aria-describedby="control-token-hint"
              />
            </Field>
            <button type="submit">use it</button>
            <p id="token-problem" class="refusal" role="status"></p>
          </form>
        )
        : null}
    </>
  );
}
