/** Values that a JSON schema allows, drawn by chance: what the description of an API promises to take. */
import type { Chance } from "./chance.ts";
import { isList, isObject, type Json, type JsonObject } from "./message.ts";
import { oddJson } from "./values.ts";

/** How deep what is drawn may nest by itself. */
const MAX_LEVELS = 6;

const texts = [
  "x",
  "{query.x}",
  "{issuer}",
  "<zqx>",
  "token",
  "https://client.example/cb",
  "漢",
  "text/html",
  "mcp:read",
  "{body.redirect_uris}",
  "<script>zqx</script>",
];
const mediaTypes = ["text/html", "text/javascript", "image/svg+xml", "application/json"];
const claimNames = ["aud", "scope", "iss", "exp", "zz"];
const headerNames = [
  "x-a",
  "content-type",
  "service-worker-allowed",
  "set-cookie",
  "refresh",
  "clear-site-data",
  "location",
];

/** Draws a value that a schema allows. */
export function drawFrom(schema: Json | undefined, chance: Chance, level = 0, name = ""): Json {
  if (name === "body" && chance.happens(0.5)) return chance.pick(["<zqx>", "<script>zqx</script>", ""]);
  if (!isObject(schema)) return oddJson(chance);
  const any = schema.anyOf ?? schema.oneOf ?? null;
  if (isList(any) && any.length > 0) return drawFrom(chance.pick(preferred(any, chance)), chance, level, name);
  if (schema.const !== undefined) return schema.const;
  const allowed = schema.enum ?? null;
  if (isList(allowed) && allowed.length > 0) return chance.pick(allowed);
  switch (schema.type) {
    case "object":
      return drawObject(schema, chance, level, name);
    case "array":
      return Array.from({ length: chance.between(1, 2) }, () => drawFrom(schema.items, chance, level + 1));
    case "string":
      return /^content.type$/.test(name) ? chance.pick(mediaTypes) : drawText(schema, chance);
    case "integer":
    case "number":
      return drawNumber(schema, chance);
    case "boolean":
      return chance.happens(0.5);
    case "null":
      return null;
    default:
      if (level > MAX_LEVELS) return null;
      return chance.pick<() => Json>([() => chance.pick(texts), () => chance.happens(0.5), () => oddJson(chance)])();
  }
}

/** Of several shapes the object is the one that says most, and is drawn most often. */
function preferred(shapes: readonly Json[], chance: Chance): readonly Json[] {
  const objects = shapes.filter((shape) => isObject(shape) && shape.type === "object");
  return objects.length > 0 && chance.happens(0.85) ? objects : shapes;
}

function drawObject(
  { properties, required, additionalProperties }: JsonObject,
  chance: Chance,
  level: number,
  name: string,
): Json {
  const needed: readonly Json[] = isList(required ?? null) ? JSON.parse(JSON.stringify(required)) : [];
  const described = isObject(properties) ? Object.entries(properties) : [];
  const share = level > MAX_LEVELS ? 0 : level === 0 ? 0.6 : Math.min(0.5, 3 / Math.max(1, described.length));
  const members = described.filter(([own]) => needed.includes(own) || chance.happens(share))
    .map(([own, member]) => [own, drawFrom(member, chance, level + 1, own)] as const);
  if (!isObject(additionalProperties) || level > MAX_LEVELS) return Object.fromEntries(members);
  const names = name === "headers" ? headerNames : claimNames;
  const more = Array.from({ length: chance.between(0, 2) }, () => {
    const own = chance.pick(names);
    return [own, drawFrom(additionalProperties, chance, level + 1, own)] as const;
  });
  return Object.fromEntries([...members, ...more]);
}

function drawText({ format, maxLength, minLength }: JsonObject, chance: Chance): Json {
  if (format === "email") return chance.pick(["ada@fuzz.example", "grace@fuzz.example"]);
  if (format === "date-time") return "2030-01-02T03:04:05Z";
  if (format === "uri") return "https://client.example/x";
  const limit = typeof maxLength === "number" && maxLength < 1e6 ? maxLength : 40_000;
  if (chance.happens(0.1)) return `<<rep:${Math.max(1, limit)}:${chance.pick(["a", "漢"])}>>`;
  const text = chance.pick(texts);
  return typeof minLength === "number" && text.length < minLength ? "x".repeat(minLength) : text;
}

/** Mostly small: what is a time should not be waited for. */
function drawNumber({ minimum, maximum }: JsonObject, chance: Chance): Json {
  const low = typeof minimum === "number" ? minimum : -10;
  const high = typeof maximum === "number" ? maximum : 1e12;
  return chance.pick([low, Math.min(high, Math.max(low, chance.between(0, 300))), Math.min(high, Math.max(low, 200))]);
}
