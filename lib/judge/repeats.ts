// Which requests are the same, and which answers refuse them in the same way.

import { messagesOf, parseObject, textOf } from "./reading.ts";
import type { Step } from "./step.ts";
import { headerOf } from "../recorder/exchange.ts";
import { isObject } from "../http/json.ts";

/** What differs in a form each time it is sent. */
const FRESH = /(^|&)client_assertion=[^&]*/;

/** What a request asks for: equal for a request that is sent again, whichever token it brings. */
export function requestOf(step: Step): string {
  const { exchange: { method, request }, address } = step;
  switch (step.kind) {
    case "mcp": {
      const [message] = messagesOf(request);
      return [
        method,
        address,
        headerOf(request, "mcp-session-id") ?? "",
        step.method ?? "",
        JSON.stringify(message?.params) ?? "",
      ].join(" ");
    }
    case "token":
    case "registration":
    case "other":
      return [method, address, (request.body ?? "").replace(FRESH, "")].join(" ");
    default:
      return [method, address].join(" ");
  }
}

/** What a request was refused with; undefined if it was not refused. */
export function refusalOf({ status, exchange: { response } }: Step): string | undefined {
  if (status < 400) return undefined;
  return `${status} ${errorOf(response.body) ?? ""}`.trim();
}

/** The error code of OAuth or of JSON-RPC. */
function errorOf(body: string | undefined): string | undefined {
  const document = parseObject(body);
  const error = document?.error;
  return isObject(error) ? String(error.code) : textOf(document, "error");
}
