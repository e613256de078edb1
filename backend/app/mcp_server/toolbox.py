"""Every tool by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.mcp_server.building import BUILDING
from app.mcp_server.changing import CHANGING
from app.mcp_server.designing import DESIGNING
from app.mcp_server.looking import LOOKING
from app.mcp_server.sharing import SHARING
from app.mcp_server.steering import STEERING
from app.mcp_server.tools import Tool

TOOLS: Final[Mapping[str, Tool[Any]]] = {
    tool.name: tool for tool in (*DESIGNING, *BUILDING, *LOOKING, *CHANGING, *STEERING, *SHARING)
}
