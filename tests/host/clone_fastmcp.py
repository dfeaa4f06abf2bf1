"""An MCP server of FastMCP with its own authorization server, which agrees to everything; prints its URL."""

import socket

from fastmcp import FastMCP
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider
from mcp.server.auth.settings import ClientRegistrationOptions

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]

origin = f"http://127.0.0.1:{port}"
auth = InMemoryOAuthProvider(
    base_url=origin,
    client_registration_options=ClientRegistrationOptions(enabled=True, valid_scopes=["read"]),
)
server = FastMCP("kitchen", instructions="Everything is fresh.", version="1.2.3", auth=auth)


@server.tool
def cook(dish: str, minutes: int = 10) -> str:
    """Cooks a dish."""
    return f"{dish} after {minutes} minutes"


@server.resource("kitchen://menu")
def menu() -> str:
    return "Soup"


print(f"{origin}/mcp", flush=True)
server.run(transport="http", host="127.0.0.1", port=port, show_banner=False, log_level="error")
