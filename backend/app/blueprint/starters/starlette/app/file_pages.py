"""The pictures and files of records, given out to whoever may see the record that they belong to."""

from __future__ import annotations

import sqlite3
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from . import by_link, database, files, site
from .access import Guest, Here
from .kinds import PICTURES, TYPES, kind_of
from .model import FILES, Field
from .rendering import Kind, record
from .routing import Number, Routes, Words

INERT = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""A file is not a page: nothing in it is run, whatever a browser makes of it."""

routes = Routes()


@routes.get(f"{by_link.ADDRESS}/files/{{name}}")
def by_its_link(
    request: Request, visitor: Guest, table: Words, record_id: Number, sign: Words, name: Words, small: Words = ""
) -> Response:
    """A file of the record that somebody has a link to."""
    entity = by_link.linked_entity(request, table, record_id, sign)
    field = _field(by_link.shown_fields(entity), name)
    with database.session() as db:
        answer = _given_out(db, database.get(db, entity, record_id), field, small)
    answer.headers["cache-control"] = "no-store"
    return answer


@routes.get("/browse-{table}/{record_id}/files/{name}")
def of_the_site(visitor: Guest, table: Words, record_id: Number, name: Words, small: Words = "") -> Response:
    """A file that visitors see of a public record."""
    entity = site.public_entity(table)
    field = _field(site.seen_fields(entity), name)
    with database.session() as db:
        found = database.select(db, entity, f"r.id = ? AND {entity.public_if}", [record_id], limit=1)
        answer = _given_out(db, found[0] if found else None, field, small)
    answer.headers["cache-control"] = "public, max-age=300"
    return answer


@routes.get("/{table}/{record_id}/files/{name}")
def of_a_record(visitor: Here, entity: Kind, record_id: Number, name: Words, small: Words = "") -> Response:
    """A file of a record that whoever is signed in sees."""
    field = _field(entity.fields, name)
    with database.session() as db:
        return _given_out(db, record(db, entity, record_id, visitor), field, small)


def _field(fields: tuple[Field, ...] | list[Field], name: str) -> Field:
    found = next((field for field in fields if field.name == name and field.type in FILES), None)
    if found is None:
        raise HTTPException(404, "There is no such page.")
    return found


def _given_out(db: sqlite3.Connection, row: database.Row | None, field: Field, small: str) -> Response:
    """The file, shown where it is a picture and saved by the browser where it is anything else.

    With `small` a picture is as lists show it, where there is such a one.
    """
    kept = files.find(db, row[field.name]) if row is not None else None
    if kept is None:
        raise HTTPException(404, "There is no such file here.")
    content = files.find_small(db, kept) if small else b""
    how = "inline" if kept.ending in PICTURES else "attachment"
    plain = kept.name.encode("ascii", "replace").decode().replace("?", "_")
    headers = {
        "content-disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(kept.name)}",
        "content-length": str(len(content) or kept.size),
        "content-security-policy": INERT,
        "cross-origin-resource-policy": "same-origin",
    }
    if content:
        return Response(content, media_type=TYPES[kind_of(content)], headers=headers)
    kind = TYPES.get(kept.ending, "application/octet-stream")
    return StreamingResponse(files.pieces(kept), media_type=kind, headers=headers)
