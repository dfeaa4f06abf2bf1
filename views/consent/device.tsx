// The page where a person answers a device (RFC 8628 3.3): first the code it shows, then the question, then the end. It
// works without any script.
import type { Urls } from "../../lib/http/urls.ts";
import { AutoForm, DenyForm, LoginForm } from "./forms.tsx";
import type { Html } from "../shared/html.ts";
import { Page, pathOf } from "../shared/layout.tsx";
import { Fact, Field, Notice } from "../shared/parts.tsx";

interface DeviceCodeProps {
  readonly urls: Urls;
  readonly problem?: string | undefined;
}

/** Asks for the code. */
export function DeviceCodePage({ urls, problem }: DeviceCodeProps): Html {
  return (
    <Page
      urls={urls}
      title="connect a device"
      description="A device shows a code; type it here."
      style="consent/consent.css"
    >
      <div class="narrow">
        <h1>connect a device</h1>
        <p>A device without a browser shows a code. Type it here, and choose who the device acts for.</p>
        {problem === undefined ? null : <Notice tone="bad" id="problem">{problem}</Notice>}
        <form class="panel" method="get" action={pathOf(urls.deviceVerify)}>
          <Field id="user_code" label="the code on your device" hint="Eight letters, such as BCDF-GHJK.">
            <input
              class="user-code"
              id="user_code"
              name="user_code"
              autocomplete="off"
              autocapitalize="characters"
              spellcheck={false}
              required
              aria-describedby="user_code-hint"
            />
          </Field>
          <button type="submit">continue</button>
        </form>
      </div>
    </Page>
  );
}

interface DeviceConsentProps {
  readonly urls: Urls;
  readonly userCode: string;
  /** The name the client registered, else its id. */
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresInSeconds?: number | undefined;
  readonly defaultLifetimeSeconds?: number | undefined;
  readonly problem?: string | undefined;
  readonly email?: string | undefined;
}

/** Asks whether the device may act for the person; that its code is the right one keeps strangers' devices out (5.4). */
export function DeviceConsentPage(props: DeviceConsentProps): Html {
  const { urls, userCode, name, scopes } = props;
  const formAction = `${pathOf(urls.deviceVerify)}?${new URLSearchParams({ user_code: userCode })}`;
  return (
    <Page urls={urls} title="connect a device" description="A device asks for access." style="consent/consent.css">
      <div class="narrow">
        <p class="eyebrow">connect a device</p>
        <h1>
          <bdi>{name}</bdi> wants access
        </h1>
        <dl class="facts">
          <Fact name="code">
            <strong class="host user-code">{userCode}</strong>
          </Fact>
          <Fact name="scopes">
            {scopes.length === 0 ? "none asked for" : (
              <ul class="chips">
                {scopes.map((scope) => <li key={scope}>{scope}</li>)}
              </ul>
            )}
          </Fact>
        </dl>
        <Notice tone="warn">
          <strong>Continue only if your device shows exactly this code.</strong>{" "}
          Otherwise, the person who sent you the code could act for the user you choose here.
        </Notice>
        <AutoForm {...props} formAction={formAction} />
        <LoginForm {...props} formAction={formAction} />
        <DenyForm formAction={formAction} />
      </div>
    </Page>
  );
}

/** Says that it is done. */
export function DeviceDonePage({ urls, isApproved }: { readonly urls: Urls; readonly isApproved: boolean }): Html {
  return (
    <Page urls={urls} title="connect a device" description="The device has its answer." style="consent/consent.css">
      <div class="narrow">
        <h1>{isApproved ? "your device is connected" : "your device was refused"}</h1>
        <p>You can close this page. The device finds out when it polls again.</p>
      </div>
    </Page>
  );
}
