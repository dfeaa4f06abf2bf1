"""The clients of Python's SDK and of FastMCP as drivers: jobs come in as lines of JSON, and what became of each step goes out.

tests/matrix/drivers/README.md has the contract. `driver.py mcp` drives the SDK, `driver.py fastmcp` FastMCP.
"""

import asyncio
import json
import logging
import sys
import warnings
from contextlib import AsyncExitStack, suppress
from urllib.parse import parse_qs, urlsplit

import httpx2
import mcp_types
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

FORMATS = {
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
}
SKIPPED = object()
LACKS = object()
REDIRECT_URI = "http://127.0.0.1:33418/callback"


class Storage(TokenStorage):
    """What is kept for as long as a job lasts."""

    def __init__(self, known):
        self.tokens = None
        self.client = known

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


class Browser:
    """A browser whose person agrees to everything."""

    def __init__(self):
        self.logins = 0
        self.shown = None

    async def open(self, url):
        self.logins += 1
        async with httpx2.AsyncClient(follow_redirects=False) as client:
            self.shown = await client.get(httpx2.URL(url).copy_merge_params({"auto_approve": "true"}))

    async def back(self):
        location = self.shown.headers.get("location")
        if location is None:
            raise RuntimeError(f"the browser shows {self.shown.status_code}")
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        if "error" in query:
            raise RuntimeError(f"the browser returns the error {query['error']}")
        return AuthorizationCodeResult(code=query.get("code", ""), state=query.get("state"), iss=query.get("iss"))


def provider_for(job, browser):
    """The provider that the SDK has for the client that the job describes."""
    known = job.get("client")
    url = job["url"]
    if known and "client_credentials" in known["grant_types"]:
        if "private_key_pem" in known:
            signing = SignedJWTParameters(
                issuer=known["client_id"],
                subject=known["client_id"],
                signing_algorithm="ES256",
                signing_key=known["private_key_pem"],
            )
            return PrivateKeyJWTOAuthProvider(
                url, Storage(None), known["client_id"], signing.create_assertion_provider()
            )
        return ClientCredentialsOAuthProvider(url, Storage(None), known["client_id"], known["client_secret"])
    metadata = OAuthClientMetadata(client_name=f"driver {sys.argv[1]}", redirect_uris=[REDIRECT_URI])
    stored = known and OAuthClientInformationFull(
        client_id=known["client_id"],
        client_secret=known.get("client_secret"),
        token_endpoint_auth_method=known["token_endpoint_auth_method"],
        redirect_uris=[REDIRECT_URI],
    )
    document = job.get("client_metadata_url")
    return OAuthClientProvider(
        url, metadata, Storage(stored), browser.open, browser.back, client_metadata_url=document
    )


def headless(job, browser):
    """FastMCP's own provider, less its browser and its server for the callback."""
    from fastmcp.client.auth import OAuth

    class Headless(OAuth):
        async def redirect_handler(self, authorization_url):
            await browser.open(authorization_url)

        async def callback_handler(self):
            return await browser.back()

    known = job.get("client") or {}
    return Headless(
        job["url"],
        client_name="driver fastmcp",
        callback_port=33418,
        callback_host="127.0.0.1",
        client_metadata_url=job.get("client_metadata_url"),
        client_id=known.get("client_id"),
        client_secret=known.get("client_secret"),
        additional_client_metadata=(
            {"token_endpoint_auth_method": known["token_endpoint_auth_method"]} if known else None
        ),
    )


def value_for(schema):
    """What is filled in where a schema asks for something."""
    if not isinstance(schema, dict):
        return "hi"
    if "default" in schema:
        return schema["default"]
    for choice in (schema.get("enum"), [one.get("const") for one in schema.get("oneOf", []) if isinstance(one, dict)]):
        if choice:
            return choice[0]
    text = FORMATS.get(schema.get("format"), "hi")
    kind = schema.get("type")
    return {"number": 5, "integer": 5, "boolean": True, "array": [], "object": {}}.get(kind, text)


class Person:
    """Who answers what a server asks: agrees to everything, unless a step has said otherwise."""

    def __init__(self):
        self.action = "accept"
        self.content = None

    async def answer(self, _context, params):
        if self.action != "accept":
            return mcp_types.ElicitResult(action=self.action)
        if not isinstance(params, mcp_types.ElicitRequestFormParams):
            return mcp_types.ElicitResult(action="accept")
        content = self.content
        if content is None:
            properties = params.requested_schema.get("properties") or {}
            content = {name: value_for(schema) for name, schema in properties.items()}
        return mcp_types.ElicitResult(action="accept", content=content)

    async def hear(self, *_progress, **_more):
        """Is told of progress."""


async def sample(_context, _params):
    return mcp_types.CreateMessageResult(
        role="assistant", content=mcp_types.TextContent(type="text", text="hi"), model="none"
    )


async def roots(_context):
    return mcp_types.ListRootsResult(roots=[mcp_types.Root(uri="file:///home/person", name="home")])


def connect_mcp(job, auth, person, hear):
    http = create_mcp_http_client(auth=auth)
    return Client(
        streamable_http_client(job["url"], http_client=http),
        message_handler=hear,
        client_info=mcp_types.Implementation(name="driver mcp", version="1"),
        mode="legacy" if job.get("handshake") else "auto",
        elicitation_callback=person.answer,
        sampling_callback=sample,
        list_roots_callback=roots,
    )


def connect_fastmcp(job, auth, person, hear):
    from fastmcp import Client as FastClient
    from fastmcp.skills.client import SkillsClientExtension

    return FastClient(
        job["url"],
        message_handler=hear,
        extensions=[SkillsClientExtension()],
        auth=auth,
        mode="legacy" if job.get("handshake") else "auto",
        client_info=mcp_types.Implementation(name="driver fastmcp", version="1"),
        elicitation_handler=lambda _message, _type, params, context: person.answer(context, params),
        sampling_handler=lambda _messages, _params, _context: "hi",
        roots=["file:///home/person"],
    )


class Run:
    """One job."""

    def __init__(self, job):
        self.job = job
        self.browser = Browser()
        self.person = Person()
        self.stack = AsyncExitStack()
        self.client = None
        self.tools = None
        self.outcomes = {}
        self.listening = set()
        self.listens = any(step["do"] == "listen" for step in job["steps"])
        self.is_fast = sys.argv[1] == "fastmcp"
        self.auth = self.provider()
        self.make = connect_fastmcp if self.is_fast else connect_mcp

    def provider(self):
        known = self.job.get("client")
        is_machine = known and "client_credentials" in known["grant_types"]
        return (headless if self.is_fast and not is_machine else provider_for)(self.job, self.browser)

    async def connect(self, _step):
        await self.end(None)
        self.client = await self.stack.enter_async_context(
            self.make(self.job, self.auth, self.person, self.hear if self.listens else None)
        )

    async def hear(self, message):
        """Lists again what has changed, as the SDKs leave to their user."""
        for kind, again in (
            (mcp_types.ToolListChangedNotification, self.list_tools),
            (mcp_types.PromptListChangedNotification, self.list_prompts),
            (mcp_types.ResourceListChangedNotification, self.list_resources),
        ):
            if isinstance(message, kind):
                self.begin(again(None))

    def begin(self, work):
        async def quietly():
            with suppress(Exception):
                await work

        task = asyncio.create_task(quietly())
        self.listening.add(task)
        task.add_done_callback(self.listening.discard)

    async def listen(self, step):
        if self.client is None:
            await self.connect(None)
        is_modern = self.client.protocol_version in mcp_types.version.MODERN_PROTOCOL_VERSIONS
        if self.is_fast:
            return LACKS if is_modern else None
        wanted = step.get("notifications")
        uris = (wanted or {}).get("resourceSubscriptions", [])
        if not is_modern:
            for uri in uris:
                await self.client.subscribe_resource(uri)
            return None
        every = wanted is None
        ready = asyncio.Event()
        self.begin(
            self.stay_listening(
                ready,
                tools_list_changed=every or wanted.get("toolsListChanged", False),
                prompts_list_changed=every or wanted.get("promptsListChanged", False),
                resources_list_changed=every or wanted.get("resourcesListChanged", False),
                resource_subscriptions=uris,
            )
        )
        with suppress(TimeoutError):
            await asyncio.wait_for(ready.wait(), 5)

    async def stay_listening(self, ready, **wanted):
        """Listens, and listens again when that breaks off. What has changed comes to `hear` as well."""
        pause = 1
        while True:
            try:
                async with self.client.listen(**wanted) as subscription:
                    ready.set()
                    async for _event in subscription:
                        pass
                return
            except SubscriptionLost:
                ready.set()
                await asyncio.sleep(pause)
                pause *= 2

    def capabilities(self):
        return self.client.server_capabilities

    async def call(self, step):
        if self.client is None:
            await self.connect(None)
        # Where the list could not be read, nobody knows what is not in it.
        if self.tools is not None and step["tool"] not in [tool.name for tool in self.tools]:
            return SKIPPED
        kept = {"raise_on_error": False} if self.is_fast else {}
        if step.get("progress"):
            name = "progress_handler" if self.is_fast else "progress_callback"
            kept[name] = self.person.hear
        self.outcomes[step["tool"]] = "error"
        result = await self.client.call_tool(step["tool"], step.get("arguments") or {}, **kept)
        if not result.is_error:
            self.outcomes[step["tool"]] = "result"

    async def report(self, step):
        told = {"tool": step["tool"], "outcome": self.outcomes.get(step["tool"])}
        return await self.call({"tool": "report_outcome", "arguments": told})

    async def hand_back_schema(self, step):
        schema = next((tool.input_schema for tool in self.tools or [] if tool.name == step["tool"]), None)
        return await self.call({"tool": "json_schema_echo", "arguments": {"tool": step["tool"], "schema": schema}})

    async def list_skills(self, _step):
        if not self.is_fast:
            return LACKS
        if self.client is None:
            await self.connect(None)
        await self.client.list_skills()

    async def load_skill(self, step):
        if not self.is_fast:
            return LACKS
        if self.client is None:
            await self.connect(None)
        await self.client.read_skill(step["uri"])

    async def switch_user(self, _step):
        await self.end(None)
        self.auth = self.provider()
        await self.connect(None)

    async def call_at_once(self, step):
        if self.client is None:
            await self.connect(None)
        await asyncio.gather(*[self.call(call) for call in step["calls"]])

    async def cancel(self, step):
        call = asyncio.create_task(self.call(step))
        await asyncio.sleep(step["after_ms"] / 1000)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

    async def list(self, what, capability):
        if self.client is None:
            await self.connect(None)
        if not getattr(self.capabilities(), capability):
            return []
        method = getattr(self.client, f"list_{what}")
        if self.is_fast:
            return await method()
        entries, cursor, seen = [], None, set()
        while True:
            page = await method(cursor=cursor)
            entries += getattr(page, what)
            cursor = page.next_cursor
            # Who is sent in circles has all that there is.
            if cursor is None or cursor in seen:
                return entries
            seen.add(cursor)

    async def list_tools(self, _step):
        self.tools = None
        self.tools = await self.list("tools", "tools")

    async def list_resources(self, _step):
        await self.list("resources", "resources")

    async def list_resource_templates(self, _step):
        await self.list("resource_templates", "resources")

    async def list_prompts(self, _step):
        await self.list("prompts", "prompts")

    async def read(self, step):
        if self.client is None:
            await self.connect(None)
        await self.client.read_resource(step["uri"])

    async def get_prompt(self, step):
        if self.client is None:
            await self.connect(None)
        await self.client.get_prompt(step["prompt"], step.get("arguments"))

    async def wait(self, step):
        if "clock_ms" in step:
            async with httpx2.AsyncClient() as client:
                await client.post(f"{self.job['control']}/clock", json={"advance_seconds": step["clock_ms"] / 1000})
        await asyncio.sleep(step.get("ms", 0) / 1000)

    async def answer(self, step):
        self.person.action = step.get("action", "accept")
        self.person.content = step.get("content")

    async def end(self, _step):
        self.client = None
        for task in list(self.listening):
            task.cancel()
        stack, self.stack = self.stack, AsyncExitStack()
        await stack.aclose()


def innermost(error):
    """Errors of task groups say nothing; what is inside does."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error


async def left(run):
    """Ends the connection, as a program does that will try again with a new one; gives what that says."""
    try:
        async with asyncio.timeout(5):
            await run.end(None)
    except BaseException as raised:
        return raised
    return None


def tell(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def drive(job):
    run = Run(job)
    has_given_up = False
    for index, step in enumerate(job["steps"]):
        has_given_up = has_given_up and step["do"] != "connect"
        if has_given_up:
            continue
        result = {"id": job["id"], "step": index, "do": step["do"], "ok": True}
        stops = False
        try:
            async with asyncio.timeout((job["limit_ms"] + step.get("ms", 0)) / 1000):
                work = getattr(run, step["do"], None)
                done = LACKS if work is None else await work(step)
                if done is SKIPPED:
                    result |= {"skipped": True}
                if done is LACKS:
                    result |= {"lacks": True}
        except TimeoutError:
            result |= {"ok": False, "hangs": True}
            stops = True
        except BaseException as raised:  # An SDK's task group may cancel what runs in it.
            error = innermost(raised)
            ended = await left(run)
            if isinstance(error, asyncio.CancelledError) and ended:
                error = innermost(ended)
            result |= {"ok": False, "error": type(error).__name__, "message": str(error)[:300]}
            has_given_up = step["do"] == "connect"
        tell(result | {"logins": run.browser.logins})
        if stops:
            break
    await left(run)
    tell({"id": job["id"], "done": True})


async def main():
    if sys.argv[1] == "fastmcp":
        # Loading it takes longer than some servers are waited for.
        import fastmcp.client.auth  # noqa: F401
        import fastmcp.skills.client  # noqa: F401
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)
    reader = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    jobs = set()
    while line := await reader.readline():
        job = asyncio.create_task(drive(json.loads(line)))
        jobs.add(job)
        job.add_done_callback(jobs.discard)
    await asyncio.gather(*jobs, return_exceptions=True)


asyncio.run(main())
