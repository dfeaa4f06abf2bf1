/** The clients that drivers make do what scenarios ask for. */

/** A client, and the program that drives it. */
export interface DrivenClient {
  /** What it is called by: in `--client`, and in the name of its file of results. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  readonly language: "TypeScript" | "Python" | "Go" | "Rust" | "Java" | "Kotlin";
  readonly version: string;
  /** Where its maintainers are. */
  readonly url: string;
  /** The folder of its driver in `drivers/`. */
  readonly folder: "typescript" | "python" | "go" | "rust" | "java" | "spring" | "kotlin";
  /** The word that the driver is started with. */
  readonly word: string;
  /** How many jobs it has at once, if one that is busy takes a server that has answered for one that has not. */
  readonly atOnce?: number;
  /** Whether the SDK leaves OAuth to its user, so that what is about OAuth would show nothing of it. */
  readonly lacksOAuth?: true;
}

/** Every client that has a driver. */
export const drivenClients: readonly DrivenClient[] = [
  {
    name: "typescript-1",
    title: "TypeScript SDK 1.x",
    language: "TypeScript",
    version: "1.32.2",
    url: "https://github.com/modelcontextprotocol/typescript-sdk",
    folder: "typescript",
    word: "v1",
  },
  {
    name: "typescript-2",
    title: "TypeScript SDK 2.x",
    language: "TypeScript",
    version: "2.4.0",
    url: "https://github.com/modelcontextprotocol/typescript-sdk",
    folder: "typescript",
    word: "v2",
  },
  {
    name: "python",
    title: "Python SDK",
    language: "Python",
    version: "2.3.0",
    url: "https://github.com/modelcontextprotocol/python-sdk",
    folder: "python",
    word: "mcp",
    atOnce: 8,
  },
  {
    name: "fastmcp",
    title: "FastMCP",
    language: "Python",
    version: "4.2.3",
    url: "https://github.com/PrefectHQ/fastmcp",
    folder: "python",
    word: "fastmcp",
    atOnce: 6,
  },
  {
    name: "go",
    title: "Go SDK",
    language: "Go",
    version: "1.8.0",
    url: "https://github.com/modelcontextprotocol/go-sdk",
    folder: "go",
    word: "go-sdk",
  },
  {
    name: "mcp-go",
    title: "mcp-go",
    language: "Go",
    version: "1.2.1",
    url: "https://github.com/mark3labs/mcp-go",
    folder: "go",
    word: "mcp-go",
    atOnce: 8,
  },
  {
    name: "rust",
    title: "Rust SDK (rmcp)",
    language: "Rust",
    version: "3.11.0",
    url: "https://github.com/modelcontextprotocol/rust-sdk",
    folder: "rust",
    word: "rmcp",
  },
  {
    name: "java",
    title: "Java SDK",
    language: "Java",
    version: "2.1.0",
    url: "https://github.com/modelcontextprotocol/java-sdk",
    folder: "java",
    word: "mcp",
    lacksOAuth: true,
  },
  {
    name: "java-spring",
    title: "Spring (mcp-client-security)",
    language: "Java",
    version: "0.1.9",
    url: "https://github.com/spring-ai-community/mcp-security",
    folder: "spring",
    word: "mcp-security",
  },
  {
    name: "kotlin",
    title: "Kotlin SDK",
    language: "Kotlin",
    version: "0.16.0",
    url: "https://github.com/modelcontextprotocol/kotlin-sdk",
    folder: "kotlin",
    word: "mcp",
    lacksOAuth: true,
  },
];
