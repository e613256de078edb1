"""The edited specification of a project in the record: at most one, with a number that grows with each change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.ids import ProjectId
from app.db.engine import Connection
from app.db.tables import project_specs


@dataclass(frozen=True)
class KeptSpec:
    """What a founder made of a specification."""

    revision: int
    base_number: int
    """The newest ready build when it was edited; 0 for none."""
    spec: Mapping[str, Any]


async def find(tx: Connection, project_id: ProjectId) -> KeptSpec | None:
    """The project's, None when it was never edited."""
    columns = project_specs.c.revision, project_specs.c.base_number, project_specs.c.spec
    row = (await tx.execute(sa.select(*columns).where(project_specs.c.project_id == project_id))).one_or_none()
    return KeptSpec(*row) if row else None


async def put(tx: Connection, project_id: ProjectId, spec: Mapping[str, Any], *, base_number: int) -> int:
    """Keep this one in the place of the last; its revision. The caller holds the project's row."""
    values = {"project_id": project_id, "revision": 1, "base_number": base_number, "spec": dict(spec)}
    statement = insert(project_specs).values(values)
    changed = {
        "revision": project_specs.c.revision + 1,
        "base_number": base_number,
        "spec": dict(spec),
        "changed_at": sa.func.now(),
    }
    upsert = statement.on_conflict_do_update(index_elements=[project_specs.c.project_id], set_=changed)
    return int((await tx.execute(upsert.returning(project_specs.c.revision))).scalar_one())
