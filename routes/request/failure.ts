// What a request gets when its handler threw: a page for a person, JSON for a program, and nothing of the inside.
import { OAuthError } from "../../lib/http/errors.ts";
import { errorResponse, prefersHtml } from "../../lib/http/body.ts";
import { StoreError } from "../../lib/store/failure.ts";
import type { Context } from "./router.ts";

/**
 * Turns anything thrown into a response.
 *
 * @param report Told of unexpected failures; the client is not.
 */
export async function failureResponse(
  thrown: unknown,
  context: Pick<Context, "request" | "sandbox">,
  report: (message: string) => void,
): Promise<Response> {
  if (thrown instanceof StoreError) report(describeFailure(thrown.cause));
  else if (!(thrown instanceof OAuthError)) report(describeFailure(thrown));
  const error = thrown instanceof OAuthError ? thrown : new OAuthError(
    "server_error",
    "Something unexpected happened here; it is this server's fault, not the request's",
  );
  if (!prefersHtml(context.request)) return errorResponse(error);
  const { errorPage } = await import("./error_page.tsx");
  return errorPage(error, context.sandbox);
}

/** An unexpected failure in a line of the log. */
export function describeFailure(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
