// The URLs that people are asked to open: in requests of a server, in results that ask for input, and in refusals until that
// is done.
import { isObject, type JsonObject } from "../http/json.ts";
import { textOf } from "./reading.ts";

/** The URLs that a message of a server has people open. */
export function elicitationUrlsIn({ method, params, result, error }: JsonObject): readonly string[] {
  const asked = method === "elicitation/create" ? [params] : [];
  const requests = isObject(result) && isObject(result.inputRequests) ? Object.values(result.inputRequests) : [];
  const data = isObject(error) && isObject(error.data) ? error.data.elicitations : undefined;
  const required: readonly unknown[] = Array.isArray(data) ? data : [];
  return [...asked, ...requests.map((request) => isObject(request) ? request.params : undefined), ...required]
    .filter(isObject)
    .filter(({ mode }) => mode === "url")
    .flatMap((one) => textOf(one, "url") ?? []);
}
