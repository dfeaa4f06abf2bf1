// What else people call what the scenarios of calls in rounds, of changes and of subscriptions show.

/** Other words for each of them. */
export const changeWords: Readonly<Record<string, string>> = {
  "state-json":
    "requestState mrtr input_required multi round-trip re-serialize parse stringify opaque echo byte for byte",
  "state-base64": "requestState mrtr input_required multi round-trip base64url padding decode normalise opaque echo",
  "state-long": "requestState mrtr input_required multi round-trip 8 KB large truncated limit opaque echo",
  "state-odd-characters":
    "requestState mrtr input_required multi round-trip trim whitespace unicode escape opaque echo",
  "rounds-three": "mrtr input_required multi round-trip several questions wizard steps elicitation",
  "state-without-questions": "requestState mrtr input_required no inputRequests empty poll come back later",
  "questions-without-state": "requestState mrtr input_required absent omitted carried over stale",
  "one-of-two-asks": "mrtr input_required parallel concurrent calls isolation mixed up leak",
  "question-declined": "elicitation declined denied refused cancel rejected mrtr error inputResponses roots",
  "request-states": "requestState mrtr input_required multi round-trip echoed isolation conformance sep-2322",
  "tools-change": "notifications/tools/list_changed listChanged dynamic tools refresh reload stale list",
  "prompts-change": "notifications/prompts/list_changed listChanged dynamic prompts refresh reload stale list",
  "resources-change": "notifications/resources/list_changed listChanged dynamic resources refresh reload stale list",
  "tools-change-unsaid": "list_changed missing dynamic tool removed unknown tool -32602 stale list",
  "listening-cut-down": "subscriptions/listen acknowledged filter subset unsupported notification types",
  "listening-breaks-off": "subscriptions/listen disconnect dropped reconnect storm backoff connection reset",
  "listening-ends": "subscriptions/listen graceful closure shutdown result reconnect storm",
  "nobody-may-subscribe": "resources/subscribe capability not declared resource updates unsupported",
};
