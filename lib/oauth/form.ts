// The body of a request: a form (RFC 6749 B).
import { readText, requireContentType } from "../http/body.ts";
import { parseFields } from "../http/form.ts";
import { type Params, parseParams, requireFaultless } from "./params.ts";

/**
 * Reads the fields of a request's form, as they are.
 *
 * @throws OAuthError `invalid_request` for another media type.
 */
export async function readFields(request: Request): Promise<URLSearchParams> {
  requireContentType(request, "application/x-www-form-urlencoded");
  return new URLSearchParams(await readText(request));
}

/**
 * Reads a request's form, where every parameter must be well formed.
 *
 * @throws OAuthError `invalid_request` for another media type, and for parameters that are not well formed.
 */
export async function readForm(request: Request): Promise<Params> {
  requireContentType(request, "application/x-www-form-urlencoded");
  const params = parseParams(parseFields(await readText(request)));
  requireFaultless(params);
  return params;
}
