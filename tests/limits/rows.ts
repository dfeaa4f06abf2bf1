/** All limits, in the order of the README's table: a room's rows are a line here. */
import { rows as http } from "./http.ts";
import { rows as mcp } from "./mcp.ts";
import { rows as process } from "./process.ts";
import { rows as remembered } from "./remembered.ts";
import { rows as open } from "./public.ts";
import { rows as record } from "./record.ts";
import type { LimitRow } from "./row.ts";

export const rows: readonly LimitRow[] = [...http, ...mcp, ...process, ...remembered, ...record, ...open];
