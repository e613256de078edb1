"""A chart of a number, drawn as SVG, and the same figures for a table."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

from . import database
from .access import Visitor
from .fields import money, show
from .model import Entity, Field, lower_first
from .schema import ABOUT

MOST_POINTS = 24
MOST_GROUPS = 12
WIDTH, LEFT, BASE = 640, 76, 220


def chart(db: sqlite3.Connection, entity: Entity, visitor: Visitor) -> dict[str, Any]:
    """The points of the chart, where they stand in the drawing, and what they are called."""
    field = entity.field(entity.chart)
    number = field if field.type in ("int", "decimal", "money") else None
    when = next(iter(entity.of_type("date", "datetime")), None)
    where, values = visitor.sees(entity)
    if number is not None and when is not None:
        what, points = f"{field.label} by {lower_first(when.label)}", _over_time(db, entity, number, when, where, values)
        many = database.count(db, entity, f'{where} AND "{when.name}" IS NOT NULL AND "{number.name}" IS NOT NULL', values)
        what += f", the newest {len(points)} of {many:,}" if many > len(points) else ""
    elif number is not None:
        what, points = f"{field.label} by {entity.one}", _by_record(db, entity, number, where, values)
        many = database.count(db, entity, f'{where} AND "{number.name}" IS NOT NULL', values)
        what += f", the highest {len(points)} of {many:,}" if many > len(points) else ""
    else:
        what, points = f"{entity.plural} by {_by(field)}", _counted(db, entity, field, where, values)
    most = max((value for _, value in points), default=0) or 1
    # The middle of the axis is a whole number of whatever is counted.
    most += most % 2
    named = when if number is not None and when is not None else field if number is None else None
    return {
        "what": what, "points": _placed(points, most, number), "line": when is not None and number is not None,
        "most": _short_said(most, number), "half": _short_said(most // 2, number),
        "by": named.label if named is not None else entity.label, "counted": number.label if number is not None else "How many",
    }  # fmt: skip


def _by(field: Field) -> str:
    return "month" if field.type in ("date", "datetime") else lower_first(field.label)


def _over_time(
    db: sqlite3.Connection, entity: Entity, number: Field, when: Field, where: str, values: list[Any]
) -> list[tuple[str, int]]:
    dated = f'{where} AND "{when.name}" IS NOT NULL AND "{number.name}" IS NOT NULL'
    rows = database.select(db, entity, dated, values, order=f'"{when.name}" DESC', limit=MOST_POINTS)
    return [(_short(str(row[when.name])), int(row[number.name] or 0)) for row in reversed(rows)]


def _short(iso: str) -> str:
    when = date.fromisoformat(iso[:10])
    return f"{when.day} {when:%b}" if len(iso) > 7 else iso


def _by_record(
    db: sqlite3.Connection, entity: Entity, number: Field, where: str, values: list[Any]
) -> list[tuple[str, int]]:
    given = f'{where} AND "{number.name}" IS NOT NULL'
    rows = database.select(db, entity, given, values, order=f'"{number.name}" DESC', limit=MOST_GROUPS)
    titles = database.title_rows(db, entity, rows)
    return [(titles[int(row["id"] or 0)], int(row[number.name] or 0)) for row in rows]


def _counted(db: sqlite3.Connection, entity: Entity, field: Field, where: str, values: list[Any]) -> list[tuple[str, int]]:
    by = f'substr("{field.name}", 1, 7)' if field.type in ("date", "datetime") else f'"{field.name}"'
    order = "1 DESC" if field.type in ("date", "datetime") else "2 DESC"
    sql = f'SELECT {by}, count(*) FROM "{entity.table}" WHERE {where} AND {by} IS NOT NULL GROUP BY 1 ORDER BY {order}'
    found = [(row[0], int(row[1])) for row in db.execute(sql, values)]
    shown, rest = found[:MOST_GROUPS], found[MOST_GROUPS:]
    if field.type in ("date", "datetime"):
        earlier = [(f"{len(rest)} earlier", sum(many for _, many in rest))] if rest else []
        return [*earlier, *((_month(str(key)), many) for key, many in reversed(shown))]
    names = database.ref_labels(db, entity, field.name, [{field.name: key} for key, _ in shown]) if field.ref else {}
    others = [(f"{len(rest)} others", sum(many for _, many in rest))] if rest else []
    return [*((names.get(key, "–") if field.ref else show(field, key), many) for key, many in shown), *others]


def _month(key: str) -> str:
    return f"{date.fromisoformat(key + '-01'):%b %Y}"


def _placed(points: list[tuple[str, int]], most: int, number: Field | None) -> list[dict[str, Any]]:
    """Each point with the left edge, middle, top and height of its bar."""
    step = (WIDTH - LEFT - 10) / max(1, len(points))
    placed = []
    for index, (name, value) in enumerate(points):
        height = round((BASE - 20) * max(0, value) / most, 1)
        placed.append(
            {
                "name": name, "said": _said(value, number), "x": round(LEFT + index * step + step * 0.15, 1),
                "mid": round(LEFT + index * step + step / 2, 1), "width": round(step * 0.7, 1), "y": BASE - height,
                "height": height, "label": name[:11] if index % max(1, len(points) // 8) == 0 else "",
            }
        )  # fmt: skip
    return placed


def _short_said(value: int, number: Field | None) -> str:
    """The figure as it fits beside an axis."""
    if number is not None and number.type == "decimal":
        return f"{value / 10**number.digits:,.{number.digits}f}".rstrip("0").rstrip(".")
    return _said(value, number).removesuffix(".00")


def _said(value: int, number: Field | None) -> str:
    if number is not None and number.type == "decimal":
        return show(number, value)
    return money(value, ABOUT.currency) if number is not None and number.type == "money" else f"{value:,}"
