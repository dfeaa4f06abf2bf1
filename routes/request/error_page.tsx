// The page that a person gets for an error.
import { withErrorHeaders } from "../../lib/http/body.ts";
import { errorStatus, type OAuthError, referenceUrl } from "../../lib/http/errors.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { ErrorPage } from "../../views/shared/error.tsx";
import { htmlResponse } from "./html.ts";

/** An error, for a person. */
export function errorPage(error: OAuthError, sandbox: Pick<Sandbox, "urls">): Response {
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
