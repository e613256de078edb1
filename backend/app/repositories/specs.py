"""The edited specification of a project in the record: at most one, with a number that grows with each change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core.ids import ProjectId
from app.db.engine import Connection


@dataclass(frozen=True)
class KeptSpec:
    """A founder's edit of a specification."""

    revision: int
    base_number: int
    """The newest ready build when it was edited; 0 for none."""
    spec: Mapping[str, Any]


_FIND: Final = "SELECT revision, base_number, spec FROM project_specs WHERE project_id = %(project)s"
_PUT: Final = """
    INSERT INTO project_specs AS kept (project_id, revision, base_number, spec)
    VALUES (%(project)s, 1, %(base)s, CAST(%(spec)s AS jsonb))
    ON CONFLICT (project_id) DO UPDATE SET revision = kept.revision + 1, base_number = excluded.base_number,
                                           spec = excluded.spec, changed_at = now()
    RETURNING revision
    """


async def find(tx: Connection, project_id: ProjectId) -> KeptSpec | None:
    """The project's, None when it was never edited."""
    row = await tx.row(_FIND, {"project": project_id})
    return KeptSpec(*row) if row else None


async def put(tx: Connection, project_id: ProjectId, spec: Mapping[str, Any], *, base_number: int) -> int:
    """Keep this one in the place of the last; its revision. The caller holds the project's row."""
    values = {"project": project_id, "base": base_number, "spec": json.dumps(spec)}
    return int(await tx.value(_PUT, values))
