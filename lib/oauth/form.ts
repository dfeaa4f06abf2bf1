/**
 * The body of a request to an endpoint for programs: a form, whole and without faults.
 *
 * @module
 */
import { readText, requireContentType } from "../http/body.ts";
import { type Params, parseParams, requireFaultless } from "./params.ts";

/**
 * Reads a request's form.
 *
 * @param request The request; its body is consumed.
 * @throws OAuthError `invalid_request` for another media type, and for parameters that are not well formed.
 */
export async function readForm(request: Request): Promise<Params> {
  requireContentType(request, "application/x-www-form-urlencoded");
  const params = parseParams(new URLSearchParams(await readText(request)));
  requireFaultless(params);
  return params;
}
