// What to paste into which MCP client, so that it knows some servers.

/** How one client is told about servers. */
export interface ClientConfig {
  readonly client: string;
  /** Where the snippet goes. */
  readonly where: string;
  readonly note: string;
  readonly snippet: string;
  readonly docsUrl: string;
}

/** Servers by the names that they get in the client. */
export type NamedServers = readonly (readonly [name: string, url: string])[];

/** Builds what to paste into each well-known client. */
export function buildClientConfigs(servers: NamedServers): readonly ClientConfig[] {
  const each = (config: (url: string) => object): object =>
    Object.fromEntries(servers.map(([name, url]) => [name, config(url)]));
  return [
    {
      client: "Claude Code",
      where: "in a shell",
      note: "To log in, run /mcp in Claude Code.",
      snippet: servers.map(([name, url]) => `claude mcp add --transport http ${name} ${url}`).join("\n"),
      docsUrl: "https://code.claude.com/docs/en/mcp",
    },
    {
      client: "Claude Desktop",
      where: "claude_desktop_config.json",
      note:
        "For a server on this computer, which only a local program can reach. A server with a public https address is added under Settings, Connectors, “Add custom connector”, by its URL alone.",
      snippet: toJson({
        mcpServers: each((url) => ({ command: "npx", args: ["-y", "mcp-remote", url, ...allowHttp(url)] })),
      }),
      docsUrl: "https://modelcontextprotocol.io/docs/develop/connect-local-servers",
    },
    {
      client: "Cursor",
      where: "~/.cursor/mcp.json, or .cursor/mcp.json in a project",
      note: "Then Settings, MCP, Connect.",
      snippet: toJson({ mcpServers: each((url) => ({ url })) }),
      docsUrl: "https://cursor.com/docs/mcp",
    },
    {
      client: "VS Code",
      where: ".vscode/mcp.json in a project",
      note: "Or run “MCP: Add Server” and choose HTTP.",
      snippet: toJson({ servers: each((url) => ({ type: "http", url })) }),
      docsUrl: "https://code.visualstudio.com/docs/agents/reference/mcp-configuration",
    },
    {
      client: "mcp.json",
      where: ".mcp.json in a project, for Claude Code and many others",
      note: "Some clients call the transport “streamable-http”.",
      snippet: toJson({ mcpServers: each((url) => ({ type: "http", url })) }),
      docsUrl: "https://code.claude.com/docs/en/mcp",
    },
  ];
}

/** mcp-remote speaks plain http to `localhost` and `127.0.0.1`, and elsewhere only when told to. */
function allowHttp(url: string): readonly string[] {
  const { protocol, hostname } = new URL(url);
  const isLocal = hostname === "localhost" || hostname === "127.0.0.1";
  return protocol === "http:" && !isLocal ? ["--allow-http"] : [];
}

function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
