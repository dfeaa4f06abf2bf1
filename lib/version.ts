/**
 * The version, written once, in `deno.json`.
 *
 * @module
 */
import manifest from "../deno.json" with { type: "json" };

/** The version of this server, as semantic versioning writes it. */
export const version: string = manifest.version;
