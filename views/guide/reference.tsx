// The guide's reference section.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { Endpoint } from "../shared/parts.tsx";

/** Every endpoint outside the flow, and what becomes of users. */
export function GuideReference({ urls }: { readonly urls: Urls }): Html {
  return (
    <section class="reference" aria-labelledby="reference">
      <h2 id="reference">reference</h2>
      <h3>no-auth endpoint</h3>
      <Endpoint method="GET/POST" url={urls.noAuth} />
      <p>Simple endpoint with no authentication.</p>
      <h3>bearer endpoint</h3>
      <Endpoint method="GET/POST" url={urls.bearer} />
      <p>
        Accepts any bearer token; with <code>?expected=T</code>, only <code>T</code>.
      </p>
      <h3>other endpoints</h3>
      <Endpoint method="GET" url={urls.home} />
      <p>Server information</p>
      <Endpoint method="GET" url={urls.health} />
      <p>JSON health check</p>
      <h3>user persistence</h3>
      <p>
        Users created with email/password are saved. Auto-generated users are temporary.
      </p>
    </section>
  );
}
