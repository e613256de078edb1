"""What changes when a specification is edited: which parts live on under another name, and what is new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.blueprint.spec import AppSpec


def lives_on(old: Mapping[str, Any] | None, new: AppSpec) -> bool:
    """Whether some kind of record of the old specification is in the new one; unknown counts as yes."""
    try:
        before = AppSpec.model_validate(old)
    except ValidationError:
        return True
    names = {entity.name for entity in before.entities}
    tables = {entity.table for entity in before.entities}
    return any(entity.name in names or entity.table in tables or entity.was in names for entity in new.entities)
