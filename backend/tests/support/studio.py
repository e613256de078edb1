"""The specification of a small studio, for tests of what happens to one; it does not change with the language."""

from __future__ import annotations

from typing import Any, Final

from app.blueprint.spec import AppSpec

GOAL: Final = "A booking app for a yoga studio"


def _field(name: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"name": name, "label": name.replace("_", " ").capitalize(), "type": kind, **more}


def _entity(name: str, table: str, *fields: dict[str, Any]) -> dict[str, Any]:
    words = {"label": name, "plural": table.capitalize(), "about": f"All {table}."}
    return {"name": name, "table": table, **words, "fields": fields}


def studio(goal: str = GOAL) -> AppSpec:
    """Clients who book lessons."""
    client = _entity(
        "Client",
        "clients",
        _field("name", required=True),
        _field("email", "email"),
        _field("phone", "phone"),
        _field("notes", "longtext"),
    )
    lesson = _entity(
        "Lesson",
        "lessons",
        _field("title", required=True),
        _field("starts_at", "datetime"),
        _field("seats", "int"),
    )
    booking = _entity(
        "Booking",
        "bookings",
        _field("client", "ref", ref="Client", required=True, on_delete="cascade"),
        _field("lesson", "ref", ref="Lesson"),
        _field("status", "choice", choices=["New", "Paid"]),
    )
    entities = [booking, lesson, client]
    return AppSpec.model_validate(
        {
            "title": "Yoga Studio Booking",
            "tagline": "Bookings, lessons and clients.",
            "goal": goal,
            "engine": "blueprint",
            "confidence": 0.9,
            "theme": {"hue": 200},
            "entities": entities,
            "views": [
                {"kind": "calendar", "entity": "Lesson", "field": "starts_at"},
                {"kind": "board", "entity": "Booking", "field": "status"},
            ],
            "rules": [{"kind": "unique", "entity": "Client", "fields": ["email"], "about": "One account each."}],
            "pages": [
                {"path": "/", "title": "Overview"},
                *({"path": f"/{one['table']}", "title": one["plural"]} for one in entities),
                *({"path": f"/{one['table']}/new", "title": f"New {one['label']}"} for one in entities),
                {"path": "/lessons/calendar", "title": "Calendar"},
                {"path": "/bookings/board", "title": "Board"},
            ],
        }
    )
