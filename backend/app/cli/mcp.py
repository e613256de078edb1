"""Serve the founder's own assistant over standard input and output, and say how it is told of this."""

from __future__ import annotations

import json
import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.cli.client import read_token
from app.cli.command_group import command_group
from app.cli.config import load_settings
from app.cli.context import COMMON, PROGRAM, Common, Context, Ctx
from app.cli.errors import Exit, ServerUnreachable
from app.core.settings import Settings

if TYPE_CHECKING:
    from app.mcp_server.stdio import Place

SERVER: Final = "cofounder"
TOKEN_SHOWN: Final = "THE TOKEN THAT `cofounder token` PRINTS"


def serve(*, common: Common = COMMON, context: Ctx) -> int:
    """Serve one assistant over standard input and output until it leaves; the instance must run."""
    # On standard error, since standard output belongs to the protocol.
    if sys.stdin.isatty():
        context.say("An assistant starts this command; there is nothing to type here. What to paste into yours:")
        context.say("cofounder mcp config")
    settings = load_settings(common)
    stdio = import_module("app.mcp_server.stdio")
    # Looked for at each call: the assistant stays open for days, and the instance may be started after it.
    stdio.run(lambda: _find_place(settings, context))
    return Exit.OK


def _find_place(settings: Settings, context: Context) -> Place:
    """The instance that runs now. ServerUnreachable, Unauthenticated."""
    instance = context.wiring().find_instance(settings)
    if instance is None:
        raise ServerUnreachable(
            "Co-Founder is not running on this machine.",
            remedy=f"Ask the founder to type `{context.name} up` in a terminal, then repeat this call.",
        )
    place: Place = import_module("app.mcp_server.stdio").Place(instance.api_url, read_token(settings))
    return place


def config(*, common: Common = COMMON, context: Ctx) -> int:
    """Show the lines to paste into Claude, Cursor, VS Code and others."""
    settings = load_settings(common)
    command = command_of(common)
    url = f"http://{settings.host}:{settings.port}/mcp"
    if common.json:
        context.result_json({"command": command[0], "args": command[1:], "url": url})
        return Exit.OK
    context.verbatim("\n\n".join(f"{title}\n{indent_lines(lines)}" for title, lines in snippets(command, url)))
    return Exit.OK


def command_of(common: Common) -> list[str]:
    """The command that an assistant starts: assistants look for programs in few places, so its whole path."""
    launcher = Path(sys.prefix).parent / "co"
    program = str(launcher) if launcher.is_file() else str(Path(sys.prefix) / "bin" / PROGRAM)
    place = [] if common.data_dir is None else ["--data-dir", str(common.data_dir.expanduser().absolute())]
    return [program, "mcp", *place]


def snippets(command: list[str], url: str) -> list[tuple[str, str]]:
    """Each assistant, where its settings are, and what to put there."""
    server = {"command": command[0], "args": command[1:]}
    usual = as_json({"mcpServers": {SERVER: server}})
    codex = f"[mcp_servers.{SERVER}]\ncommand = {json.dumps(command[0])}\nargs = {json.dumps(command[1:])}"
    remote = {"url": url, "headers": {"Authorization": f"Bearer {TOKEN_SHOWN}"}}
    return [
        (
            "Claude Desktop: Settings > Developer > Edit Config (claude_desktop_config.json), then restart it",
            usual,
        ),
        ("Claude Code: type", f"claude mcp add {SERVER} -- {shlex.join(command)}"),
        ("Cursor: ~/.cursor/mcp.json", usual),
        (
            "VS Code: .vscode/mcp.json of a folder, or the command `MCP: Open User Configuration`",
            as_json({"servers": {SERVER: {"type": "stdio", **server}}}),
        ),
        ("ChatGPT's Codex (command line and editors): ~/.codex/config.toml", codex),
        (
            "ChatGPT in the browser",
            "It calls addresses on the internet that speak OAuth, and this instance is on your machine only.\n"
            "Use Codex, which comes with the same account, with the lines above.",
        ),
        ("Anything that speaks streamable HTTP", as_json({"mcpServers": {SERVER: remote}})),
    ]


def as_json(value: Any) -> str:  # Any: what JSON can hold
    """For a settings file."""
    return json.dumps(value, indent=2)


def indent_lines(text: str) -> str:
    """Each line moved to the right."""
    return "\n".join(f"  {line}" for line in text.splitlines())


app = command_group("mcp", config, default=serve)
