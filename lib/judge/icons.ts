// Icons that servers name: their own, and those of what they list.
import { isObject, type JsonObject } from "../http/json.ts";
import { textOf } from "./reading.ts";

/** Lists whose entries may have icons. */
const lists = ["tools", "prompts", "resources", "resourceTemplates"] as const;

/**
 * The URLs of icons in an answer, without those that hold the icon itself.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic#icons}
 */
export function iconsIn({ result }: JsonObject): readonly string[] {
  if (!isObject(result)) return [];
  const listed = lists.flatMap((name) => Array.isArray(result[name]) ? result[name] : []);
  const meta = isObject(result._meta) ? result._meta["io.modelcontextprotocol/serverInfo"] : undefined;
  const icons = [result.serverInfo, meta, ...listed].flatMap((one) =>
    isObject(one) && Array.isArray(one.icons) ? one.icons : []
  );
  return icons.filter(isObject).flatMap((icon) => textOf(icon, "src") ?? []).filter((src) => /^https?:/i.test(src));
}
