/** Writes into the README how the clients of both SDKs fare in every scenario. */
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { renderTables, walkAll, withTables } from "./table.ts";

const path = new URL("../../README.md", import.meta.url);
const tables = renderTables(await walkAll(catalogue));
await Deno.writeTextFile(path, withTables(await Deno.readTextFile(path), tables));
Deno.exit(0);
