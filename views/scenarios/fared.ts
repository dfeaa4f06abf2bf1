// What is known of how clients fared, a file each: `deno task matrix --client NAME` writes them.

/** Reads the files; what is in them is checked by who shows it. */
export async function readFared(): Promise<readonly unknown[]> {
  const files = await Promise.all([
    import("./clients/typescript_1.json", { with: { type: "json" } }),
    import("./clients/typescript_2.json", { with: { type: "json" } }),
    import("./clients/python.json", { with: { type: "json" } }),
    import("./clients/fastmcp.json", { with: { type: "json" } }),
    import("./clients/go.json", { with: { type: "json" } }),
    import("./clients/mcp_go.json", { with: { type: "json" } }),
    import("./clients/rust.json", { with: { type: "json" } }),
    import("./clients/java.json", { with: { type: "json" } }),
  ]);
  return files.map((file): unknown => file.default);
}
