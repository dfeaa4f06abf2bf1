// Words for the search of the scenarios of tools and schemas.

/** What people look for, by scenario. */
export const toolWords: Readonly<Record<string, string>> = {
  "custom-headers": "x-mcp-header Mcp-Param Base64 encoding SEP-2243 http-custom-headers conformance",
  "invalid-tool-headers": "x-mcp-header invalid annotation reject tool SEP-2243 http-invalid-tool-headers conformance",
  "tools-20000": "many huge list large server memory limit pagination nextCursor context window too long",
  "result-10-mib": "large huge big payload response size memory limit truncate stream",
  "structured-content-misfit": "outputSchema validation structuredContent wrong type mismatch ajv check",
  "structured-content-any": "structuredContent array list string null primitive outputSchema not an object",
  "content-of-any-type": "unknown content type audio resource_link embedded resource crash unsupported union zod",
  "tool-error-with-hint": "isError tool execution error self-correct retry swallowed exception model sees",
  "resource-missing": "resources/read not found -32002 -32602 error code deleted",
  "schema-dialects": "JSON Schema draft-04 draft-07 $schema unsupported dialect validator",
  "schema-network-ref": "SSRF JSON Schema $ref dereference fetch remote canary SEP-2106 json-schema-ref-no-deref",
  "schema-ref-elsewhere": "SSRF JSON Schema $ref dereference loopback localhost outputSchema canary",
  "schema-unresolved-ref": "JSON Schema $ref missing document cannot resolve permissive",
  "schema-keywords": "JSON Schema 2020-12 strip lost keywords $defs $anchor allOf anyOf if then else SEP-1613 SEP-2106",
  "schema-deep": "JSON Schema nested recursion stack overflow denial of service DoS levels",
  "schema-wide": "JSON Schema anyOf enum composition denial of service DoS slow validator compile",
  "schema-hostile-pattern": "ReDoS regular expression catastrophic backtracking pattern hang denial of service",
  "names-alike": "case-sensitive homoglyph Cyrillic confusable spoof typosquat shadowing",
  "names-equal": "duplicate tool name collision twice unique",
  "text-with-instructions": "prompt injection tool poisoning exfiltration description jailbreak",
  "text-with-controls": "ANSI escape sequence terminal bidi right-to-left override null byte OSC 8 Trojan Source",
  "text-unseen": "zero width invisible characters tag characters ASCII smuggling unicode hidden",
  "icons-elsewhere": "icon src origin redirect tracking file: scheme SSRF favicon image",
};
