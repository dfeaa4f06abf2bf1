// Which revisions of MCP a scenario is for, where what it is about came with a later one.

/** Since 2025-06-18, when clients began to look for the authorization server beyond the MCP server's origin. */
export const since2025_06: readonly string[] = ["2025-06-18", "2025-11-25", "2026-07-28"];
/** Since 2025-11-25, when OpenID Connect's metadata and the proof that PKCE is supported were added. */
export const since2025_11: readonly string[] = ["2025-11-25", "2026-07-28"];
/** Up to 2025-11-25, the revisions that begin with `initialize`. */
export const until2025_11: readonly string[] = ["2025-03-26", "2025-06-18", "2025-11-25"];
/** Since 2026-07-28, when clients began to compare issuers. */
export const since2026_07: readonly string[] = ["2026-07-28"];
