// What else people call the scenarios of questions.

/** Words for the search, by the name of the scenario. */
export const questionWords: Readonly<Record<string, string>> = {
  "form-defaults": "elicitation default prefill pre-populate SEP-1034 schema conformance",
  "form-limits": "elicitation minimum maximum minLength maxLength validate schema number boolean",
  "form-required": "elicitation accept without content missing member mandatory",
  "form-choices": "elicitation enum oneOf anyOf enumNames select dropdown multi-select SEP-1330",
  "form-formats": "elicitation email uri date date-time format validate",
  "form-without-mode": "elicitation mode omitted absent older server form",
  "form-flood": "elicitation rate limit spam many questions prompt fatigue",
  "url-mode": "elicitation url browser consent out of band payment oauth prefetch preview",
  "url-required": "elicitation URLElicitationRequiredError -32042 retry connect third-party authorization",
  "url-completion-unknown": "elicitation notifications/elicitation/complete stray unknown elicitationId",
  "url-to-form-only": "elicitation undeclared mode capability -32602 invalid params",
  "sampling": "createMessage llm model completion role content",
  "sampling-tool-required": "createMessage toolChoice required tool_use agent",
  "sampling-no-tool": "createMessage toolChoice none tool_use forbidden",
  "sampling-five-tokens": "createMessage maxTokens limit truncate budget cost",
  "sampling-tool-loop": "createMessage infinite loop agent iterations limit tool_use cost",
  "sampling-result-missing": "createMessage tool_result missing unbalanced invalid params -32602",
  "roots-listed": "roots/list workspace folder file uri directory",
  "pings-in-calls": "ping keepalive health check liveness pong",
  "undeclared-requests": "capabilities not declared method not found -32601 sampling elicitation roots",
  "undeclared-input": "capabilities not declared input_required mrtr roots",
};
