"""Pages of a bare Starlette app, which asks the same of the same SQLite file as a generated app."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import uvicorn
from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

# As many as the app shows, by the constants of its starter.
PAGE: Final = 20
OPTIONS: Final = 500
OFFERED: Final = 60
ON_FRONT: Final = 6

_NAMED: Final = (
    "SELECT b.*, c.name AS client_name, k.name AS class_name FROM bookings b "
    "LEFT JOIN clients c ON c.id = b.client LEFT JOIN yoga_classes k ON k.id = b.yoga_class"
)
_FOUND: Final = (
    "(b.status LIKE '%' || :q || '%' OR b.notes LIKE '%' || :q || '%' OR "
    "b.client IN (SELECT id FROM clients WHERE name LIKE '%' || :q || '%') OR "
    "b.yoga_class IN (SELECT id FROM yoga_classes WHERE name LIKE '%' || :q || '%'))"
)
_LEFT: Final = (
    "SELECT k.*, k.capacity - (SELECT count(*) FROM bookings b WHERE b.yoga_class = k.id AND "
    "b.status IS NOT 'Cancelled') AS places FROM yoga_classes k WHERE k.starts_at >= :now "
    "ORDER BY k.starts_at LIMIT :most"
)
_TEMPLATES: Final = Environment(
    loader=DictLoader(
        {
            "list": "<!doctype html><title>{{ title }}</title><h1>{{ title }} ({{ total }})</h1><table>"
            "{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>{% endfor %}"
            "</table>",
            "form": "<!doctype html><title>New</title><form method='post'>{% for name, rows in choices.items() %}"
            "<label>{{ name }} <select name='{{ name }}'>{% for row in rows %}<option value='{{ row[0] }}'>"
            "{{ row[1] }}</option>{% endfor %}</select></label>{% endfor %}<textarea name='notes'></textarea>"
            "<button>Add</button></form>",
        }
    ),
    autoescape=True,
)


def serve_pages(database: Path, port: int) -> None:
    """Serve them with the settings of a generated app."""
    uvicorn.run(bare_app(database), host="127.0.0.1", port=port, server_header=False)


def bare_app(database: Path) -> Starlette:
    """The pages by the names of what they are measured beside."""

    def ask(statement: str, **values: Any) -> list[Any]:  # Any: what SQLite holds
        with closing(sqlite3.connect(database)) as db:
            return db.execute(statement, values).fetchall()

    def listing(request: Request) -> HTMLResponse:  # noqa: ARG001 - Starlette's own signature
        total = ask("SELECT count(*) FROM bookings")[0][0]
        rows = ask(f"{_NAMED} ORDER BY b.id DESC LIMIT {PAGE}")
        return _page("list", title="Bookings", total=total, rows=rows)

    def search(request: Request) -> HTMLResponse:
        query = request.query_params["q"]
        total = ask(f"SELECT count(*) FROM bookings b WHERE {_FOUND}", q=query)[0][0]  # noqa: S608 - no input in it
        rows = ask(f"{_NAMED} WHERE {_FOUND} ORDER BY b.id DESC LIMIT {PAGE}", q=query)
        return _page("list", title="Bookings", total=total, rows=rows)

    def sort(request: Request) -> HTMLResponse:  # noqa: ARG001
        total = ask("SELECT count(*) FROM clients")[0][0]
        rows = ask("SELECT * FROM clients ORDER BY name COLLATE NOCASE, id DESC LIMIT :most", most=PAGE)
        return _page("list", title="Clients", total=total, rows=rows)

    def form(request: Request) -> HTMLResponse:  # noqa: ARG001
        tables = {"client": "clients", "yoga_class": "yoga_classes"}
        choices = {
            name: ask(f"SELECT id, name FROM {table} ORDER BY id DESC LIMIT {OPTIONS}")  # noqa: S608 - two known names
            for name, table in tables.items()
        }
        return _page("form", choices=choices)

    def offers(request: Request) -> HTMLResponse:
        most = ON_FRONT if request.url.path == "/" else OFFERED
        moment = datetime.now().isoformat(timespec="minutes")
        rows = ask(_LEFT, now=moment, most=most)
        return _page("list", title="Book a class", total=len(rows), rows=rows)

    pages = {"list": listing, "search": search, "sort": sort, "form": form, "public": offers, "": offers}
    return Starlette(routes=[Route(f"/{name}", page) for name, page in pages.items()])


def _page(template: str, **context: Any) -> HTMLResponse:  # Any: what a template shows
    return HTMLResponse(_TEMPLATES.get_template(template).render(context))
