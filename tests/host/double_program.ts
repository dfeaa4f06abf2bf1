/**
 * The double as a program, for whatever starts clients by a command: one that does everything right, or knows no better
 * challenge than `plain`.
 *
 * Usage: double_program.ts MCP-URL [plain]
 */
import { runDouble } from "../interop/double/double.ts";

const [url = "", method] = Deno.args;
await runDouble({
  base: url.replace(/\/oauth$/, ""),
  slip: method === "plain" ? "uses plain" : undefined,
  send: (request) => fetch(request),
});
