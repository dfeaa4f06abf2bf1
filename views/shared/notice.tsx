/**
 * What stands above every page of a server that anybody can reach.
 *
 * @module
 */
import { render } from "preact-render-to-string";

/** The notice as HTML. */
export function renderNotice(): string {
  return render(
    <aside class="public-notice">
      Everything here is fake, and public: the logins, the tokens, the data. Enter nothing real. What you enter is kept
      for 24 hours at the most, and anybody who knows the address of a sandbox sees what is in it.
    </aside>,
  );
}
