// What a request gets when its handler threw: a page for a person, JSON for a program, and nothing of the inside.
import { errorStatus, OAuthError, referenceUrl } from "../../lib/http/errors.ts";
import { errorResponse, prefersHtml, withErrorHeaders } from "../../lib/http/body.ts";
import { StoreError } from "../../lib/store/failure.ts";
import { ErrorPage } from "../../views/shared/error.tsx";
import { htmlResponse } from "./html.ts";
import type { Context } from "./router.ts";

/**
 * Turns anything thrown into a response.
 *
 * @param report Told of unexpected failures; the client is not.
 */
export function failureResponse(
  thrown: unknown,
  context: Pick<Context, "request" | "sandbox">,
  report: (message: string) => void,
): Response {
  if (thrown instanceof StoreError) report(describeFailure(thrown.cause));
  else if (!(thrown instanceof OAuthError)) report(describeFailure(thrown));
  const error = thrown instanceof OAuthError ? thrown : new OAuthError(
    "server_error",
    "Something unexpected happened here; it is this server's fault, not the request's",
  );
  return prefersHtml(context.request) ? errorPage(error, context) : errorResponse(error);
}

/** An unexpected failure in a line of the log. */
export function describeFailure(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}

function errorPage(error: OAuthError, { sandbox }: Pick<Context, "sandbox">): Response {
  const { parameter, received, expected, meant, see, reference } = error.detail;
  const url = referenceUrl(reference);
  const page = htmlResponse(
    <ErrorPage
      urls={sandbox.urls}
      status={errorStatus(error)}
      error={error.code}
      description={error.message}
      parameter={parameter}
      received={received}
      expected={expected}
      meant={meant}
      see={see}
      reference={reference === undefined || url === undefined ? undefined : { label: reference, url }}
    />,
    errorStatus(error),
  );
  return withErrorHeaders(page, error);
}
