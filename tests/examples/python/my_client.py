"""A client of Python's SDK that logs in, with no browser, and calls a tool."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

REDIRECT_URI = "http://127.0.0.1:33418/callback"


class Storage(TokenStorage):
    """Keeps what the SDK wants kept for as long as the program runs."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


class Browser:
    """A person who agrees at once."""

    async def open(self, url):
        async with httpx2.AsyncClient() as http:
            answer = await http.get(f"{url}&auto_approve=true")
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        self.result = {name: values[0] for name, values in query.items()}

    async def back(self):
        return AuthorizationCodeResult(
            code=self.result["code"], state=self.result.get("state"), iss=self.result.get("iss")
        )


async def log_in_and_call(url):
    browser = Browser()
    metadata = OAuthClientMetadata(client_name="my client", redirect_uris=[REDIRECT_URI])
    auth = OAuthClientProvider(url, metadata, Storage(), browser.open, browser.back)
    async with Client(streamable_http_client(url, http_client=create_mcp_http_client(auth=auth))) as client:
        await client.list_tools()
        result = await client.call_tool("mock_echo", {"message": "hi"})
        assert not result.is_error, result


def my_client(url):
    asyncio.run(log_in_and_call(url))
