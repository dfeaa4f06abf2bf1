// Tools by which a server learns what a client made of what it was sent: what happens within a client, nothing else shows.
// Scenarios declare them, rules look for them, and drivers call them.

/** A skill that nobody loads: whoever reads a file of it, reads ahead. */
export const UNLOADED_SKILL = "never-loaded";

/** Takes what became of a call: `{ "tool": "name", "outcome": "result" }`, or `"error"` where the client took it for one. */
export const REPORT_TOOL = "report_outcome";

/** Takes the inputSchema of {@link SCHEMA_TOOL} as the client has it, as `schema`; the official suite has both. */
export const ECHO_TOOL = "json_schema_echo";

/** The tool whose schema is handed back. */
export const SCHEMA_TOOL = "json_schema_2020_12_tool";
