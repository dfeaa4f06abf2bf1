// Names of faults. One that was set as text is called by it, and `token:503*2` is no secret, though it looks like one.
import { endpointKinds } from "../../http/place.ts";

const asText = new RegExp(
  `^(?:${endpointKinds.join("|")}):(?:\\d{3}|[a-z_]{1,30}(?:=\\d{1,6})?)(?:\\*(?:\\d{1,6}|always))?$`,
);

/**
 * Redacts the names of faults, which their owners choose.
 *
 * @param redact Redacts a text of any kind.
 */
export function redactFaultNames(names: readonly string[], redact: (text: string) => string): readonly string[] {
  return names.map((name) => asText.test(name) ? name : redact(name));
}
