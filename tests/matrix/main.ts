/** Writes into the README how the clients of both SDKs fare in every scenario. */
import { catalogue } from "../../lib/scenarios/catalogue.ts";
import { renderTable, walkAll, withTable } from "./table.ts";

const path = new URL("../../README.md", import.meta.url);
const table = renderTable(await walkAll(catalogue));
await Deno.writeTextFile(path, withTable(await Deno.readTextFile(path), table));
Deno.exit(0);
