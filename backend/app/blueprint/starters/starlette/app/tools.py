"""Calculators: what is typed in is worked out at once, and nothing is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from . import database
from .access import Guest
from .entering import read_all
from .fields import Value, show
from .model import Tool
from .rendering import render
from .routing import Routes, Words
from .schema import ABOUT, TOOLS

BY_NAME = {tool.name: tool for tool in TOOLS}
ASKED = "asked"
NOTHING = "–"

routes = Routes()


def worked_out(db: sqlite3.Connection, tool: Tool, values: Mapping[str, Value]) -> list[dict[str, Any]]:
    """Each result for these inputs, as text."""
    columns = ", ".join(f'? AS "{field.name}"' for field in tool.inputs)
    results = ", ".join(field.sql for field in tool.results)
    given = [values.get(field.name) for field in tool.inputs]
    row = db.execute(f"SELECT {results} FROM (SELECT NULL AS id, {columns}) r", given).fetchone()
    return [
        {"field": field, "text": show(field, row[index], currency=ABOUT.currency) or NOTHING}
        for index, field in enumerate(tool.results)
    ]


@routes.get("/calculate-{name}")
def calculate(request: Request, visitor: Guest, name: Words, part: Words = "") -> HTMLResponse:
    """The calculator, with its results where something was typed in; `part` asks for the results alone."""
    if name not in BY_NAME:
        raise HTTPException(404, "There is no such page.")
    tool = BY_NAME[name]
    given = {key: text[:200] for key, text in request.query_params.items()}
    values, wrong = read_all(tool.inputs, given) if ASKED in given else ({}, {})
    results: list[dict[str, Any]] = []
    if ASKED in given and not wrong:
        with database.session() as db:
            results = worked_out(db, tool, values)
    context = {"tool": tool, "given": given, "wrong": wrong, "results": results, "heading": tool.title, "front": True}
    return render(request, "results.html" if part else "tool.html", context, status=422 if wrong and not part else 200)
