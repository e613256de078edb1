"""The pages that show records by day, by status, added up, drawn, as cards and on paper."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from . import charts, database, pages, papers, standings, views
from .access import Here
from .rendering import DONE, Kind, record, render
from .routing import Number, PageNumber, Routes, Words

routes = Routes()


def _only_if(there: object) -> None:
    if not there:
        raise HTTPException(404, "There is no such page.")


@routes.get("/{table}/calendar")
def calendar(request: Request, visitor: Here, entity: Kind, month: Words = "") -> HTMLResponse:
    """The records of one month by their day."""
    _only_if(entity.calendar)
    with database.session() as db:
        return render(request, "calendar.html", {"entity": entity, **views.month(db, entity, month, visitor)})


@routes.get("/{table}/board")
def board(request: Request, visitor: Here, entity: Kind, done: Words = "") -> HTMLResponse:
    """The records in a column for each status."""
    _only_if(entity.board)
    with database.session() as db:
        columns = views.board(db, entity, visitor)
    context = {"entity": entity, "columns": columns, "heading": f"{entity.plural}: board", "done": DONE.get(done, "")}
    return render(request, "board.html", context)


@routes.get("/{table}/totals")
def totals(request: Request, visitor: Here, entity: Kind) -> HTMLResponse:
    """The amounts added up by status, by what they belong to, and by month."""
    _only_if(entity.totals)
    with database.session() as db:
        groups = views.totals(db, entity, visitor)
        added = entity.field(entity.totals)
        context: dict[str, Any] = {"entity": entity, "groups": groups, "late": views.late_sum(db, entity, visitor), "added": added}
    return render(request, "totals.html", {**context, "heading": f"{entity.plural}: totals"})


@routes.get("/{table}/chart")
def chart(request: Request, visitor: Here, entity: Kind) -> HTMLResponse:
    """A number drawn over time or by name, with the same as a table."""
    _only_if(entity.chart)
    with database.session() as db:
        context = {"entity": entity, "chart": charts.chart(db, entity, visitor)}
    return render(request, "chart.html", {**context, "heading": f"{entity.plural}: chart"})


@routes.get("/{table}/gallery")
def gallery(request: Request, visitor: Here, entity: Kind, page: PageNumber = 1) -> HTMLResponse:
    """The records as cards."""
    _only_if(entity.gallery)
    with database.session() as db:
        context = views.gallery(db, entity, visitor, page)
    return render(request, "gallery.html", {"entity": entity, "heading": f"{entity.plural}: gallery", **context})


@routes.get("/{table}/ranking")
def ranking(request: Request, visitor: Here, entity: Kind) -> HTMLResponse:
    """The records by rank."""
    _only_if(entity.ranking)
    with database.session() as db:
        context = {"entity": entity, **standings.ranking(db, entity, visitor)}
    return render(request, "ranking.html", {**context, "heading": f"{entity.plural}: ranking"})


@routes.get("/{table}/review")
def review(request: Request, visitor: Here, entity: Kind, done: Words = "") -> HTMLResponse:
    """What has come up, one after the other; a query such as ?deck=3 keeps to what belongs together."""
    _only_if(entity.review)
    where, values, chosen = pages.narrowed(visitor, entity, "", request)
    with database.session() as db:
        context = {"entity": entity, **standings.review(db, entity, visitor, (where, values)), "chosen": chosen}
        filters = [one for one in pages.filters(db, visitor, entity) if one[0].ref]
    return render(request, "review.html", {**context, "filters": filters, "heading": f"{entity.plural}: review"})


@routes.get("/{table}/results")
def results(request: Request, visitor: Here, entity: Kind) -> HTMLResponse:
    """How often each answer was given."""
    _only_if(entity.results)
    with database.session() as db:
        context = {"entity": entity, **standings.tally(db, entity, visitor.sees(entity))}
    return render(request, "tally.html", {**context, "heading": f"{entity.plural}: results"})


@routes.get("/{table}/{record_id}/document")
def document(request: Request, visitor: Here, entity: Kind, record_id: Number) -> HTMLResponse:
    """A record on paper, with its lines and their total."""
    _only_if(entity.document)
    with database.session() as db:
        context = papers.paper(db, entity, record(db, entity, record_id, visitor), visitor)
    return render(request, "document.html", {"entity": entity, **context})
