// What to paste into which MCP client, for the home page.

/** How one client is told about a server. */
export interface ClientConfig {
  readonly client: string;
  /** Where the snippet goes. */
  readonly where: string;
  readonly note: string;
  readonly snippet: string;
  readonly docsUrl: string;
}

/** The name the server gets in the client. */
const SERVER_NAME = "mock";

/** Builds what to paste into each well-known client. */
export function buildClientConfigs(url: string): readonly ClientConfig[] {
  return [
    {
      client: "Claude Code",
      where: "in a shell",
      note: "To log in, run /mcp in Claude Code.",
      snippet: `claude mcp add --transport http ${SERVER_NAME} ${url}`,
      docsUrl: "https://code.claude.com/docs/en/mcp",
    },
    {
      client: "Claude Desktop",
      where: "claude_desktop_config.json",
      note:
        "For a server on this computer, which only a local program can reach. A server with a public https address is added under Settings, Connectors, “Add custom connector”, by its URL alone.",
      snippet: toJson({
        mcpServers: {
          [SERVER_NAME]: {
            command: "npx",
            args: ["-y", "mcp-remote", url, ...allowHttp(url)],
          },
        },
      }),
      docsUrl: "https://modelcontextprotocol.io/docs/develop/connect-local-servers",
    },
    {
      client: "Cursor",
      where: "~/.cursor/mcp.json, or .cursor/mcp.json in a project",
      note: "Then Settings, MCP, Connect.",
      snippet: toJson({ mcpServers: { [SERVER_NAME]: { url } } }),
      docsUrl: "https://cursor.com/docs/mcp",
    },
    {
      client: "VS Code",
      where: ".vscode/mcp.json in a project",
      note: "Or run “MCP: Add Server” and choose HTTP.",
      snippet: toJson({ servers: { [SERVER_NAME]: { type: "http", url } } }),
      docsUrl: "https://code.visualstudio.com/docs/agents/reference/mcp-configuration",
    },
    {
      client: "mcp.json",
      where: ".mcp.json in a project, for Claude Code and many others",
      note: "Some clients call the transport “streamable-http”.",
      snippet: toJson({ mcpServers: { [SERVER_NAME]: { type: "http", url } } }),
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
