/** Writes into `README.md` beside it how the clients of both SDKs fare in every scenario. */
import { path, renderTables, walkAll, withTables } from "./table.ts";

const tables = renderTables(await walkAll());
await Deno.writeTextFile(path, withTables(await Deno.readTextFile(path), tables));
Deno.exit(0);
