"""Answers as JSON."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel


def answer(model: BaseModel, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The model as it is: the framework would first turn it into plain objects, and walk through those again."""
    return Response(model.model_dump_json(), status, headers, "application/json")
