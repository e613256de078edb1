"""The server of the protocol: lists the tools and answers the calls of one founder's assistants."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import mcp_types as types
import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from pydantic import ValidationError

from app import __version__
from app.core.errors import AppError, InvalidInput
from app.core.ids import new_debug_id
from app.mcp_server.refusals import refusal_data, refusal_words, wrong_arguments
from app.mcp_server.toolbox import TOOLS
from app.mcp_server.tools import Answer, Session, Tool

log = structlog.get_logger(__name__)

NAME: Final = "cofounder"
INSTRUCTIONS: Final = """\
Co-Founder turns a founder's idea into a real, running web app on their own machine. You design the app by writing
its specification; Co-Founder builds it, checks it, runs it and keeps every version. You write no code.

How a project goes: describe_apps once, to learn what an app can do and how a specification is said. Ask the
founder the few questions that matter (ask_founder suggests some). Write the specification, check_plan until it has
no fault, show the founder the plan in words, then build and follow. When it is ready: look at
evidence, and preview_link for the founder. Later: change for the next version, compare to see what differs.

The founder decides. Never decide a gate, cancel or unpark without their word. Say honestly what an app leaves out.
"""

Handler = Callable[[str, Mapping[str, Any], ServerRequestContext[Any, Any]], Awaitable[types.CallToolResult]]
"""Answers one call of a tool, by its name and arguments."""


def make_server(call: Handler) -> Server[Any]:
    """A server that lists the tools and hands each call to `call`."""

    async def list_tools(
        _: ServerRequestContext[Any, Any], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[describe_tool(tool) for tool in TOOLS.values()])

    async def call_tool(
        context: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        return await call(params.name, params.arguments or {}, context)

    return Server(
        NAME,
        title="Co-Founder",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def describe_tool(tool: Tool[Any]) -> types.Tool:
    """A tool as assistants see it."""
    schema = tool.arguments.model_json_schema()
    # Assistants read every schema at every start, and pydantic's titles only repeat the names.
    schema.pop("title", None)
    schema.pop("description", None)
    for member in schema.get("properties", {}).values():
        member.pop("title", None)
    hints = types.ToolAnnotations(
        read_only_hint=tool.only_reads, destructive_hint=tool.destroys, open_world_hint=False
    )
    return types.Tool(
        name=tool.name, title=tool.title, description=tool.description, input_schema=schema, annotations=hints
    )


async def answer(name: str, arguments: Mapping[str, Any], session: Session) -> types.CallToolResult:
    """The result of a tool, or why there is none; of what nobody foresaw, where the log tells more."""
    try:
        tool = TOOLS.get(name)
        # The names are told, since models make up those that they expect.
        if tool is None:
            raise InvalidInput(f"There is no tool {name!r}.", remedy=f"The tools are: {', '.join(TOOLS)}.")
        return result_of(await tool.run(session, _read_arguments(tool, arguments)))
    except AppError as error:
        return refusal_result(error)
    except Exception as error:
        debug_id = new_debug_id()
        log.error("tool_failed", tool=name, debug_id=debug_id, exc_info=error)
        # The library would say no more than that something is wrong, and nobody could look it up.
        return refusal_result(
            AppError(
                "Something went wrong on our side. Nothing was lost.",
                remedy=f"Tell the founder; the log knows more under {debug_id}.",
                debug_id=debug_id,
            )
        )


def _read_arguments(tool: Tool[Any], arguments: Mapping[str, Any]) -> Any:  # Any: the tool's own arguments
    try:
        return tool.arguments.model_validate(dict(arguments))
    except ValidationError as error:
        raise wrong_arguments(error) from error


def result_of(answer: Answer) -> types.CallToolResult:
    """An answer on the wire: words first, since some assistants read nothing else, and some only the data."""
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=answer.text)]
    content += [
        types.ImageContent(type="image", data=_to_base64(picture.content), mime_type=picture.media_type)
        for picture in answer.pictures
    ]
    content += [
        types.EmbeddedResource(
            type="resource",
            resource=types.BlobResourceContents(
                uri=f"cofounder:///{name}", mime_type=media, blob=_to_base64(blob)
            ),
        )
        for name, media, blob in answer.files
    ]
    structured = {"summary": answer.text, **answer.data} if answer.data else None
    return types.CallToolResult(content=content, structured_content=structured)


def refusal_result(error: AppError) -> types.CallToolResult:
    """A failure on the wire."""
    text = types.TextContent(type="text", text=refusal_words(error))
    return types.CallToolResult(content=[text], structured_content=refusal_data(error), is_error=True)


def _to_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
