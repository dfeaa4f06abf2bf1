// What stands above every page of a server that anybody can reach.
import { render } from "preact-render-to-string";

/** The notice as HTML. */
export function renderNotice(): string {
  return render(
    <aside class="public-notice">
      Everything here is fake and public: the logins, the tokens, the data. Do not enter anything real. What you enter
      is kept for at most 24 hours, and anyone who knows the address of a sandbox can see what is in it.
    </aside>,
  );
}
