"""The edited specification of a project in the record, the steps to it, and the questions that were answered.

A project has at most one edit, with a number that grows with each change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core.ids import ProjectId
from app.db.engine import Connection

STEPS_KEPT: Final = 50


@dataclass(frozen=True)
class KeptSpec:
    """A founder's edit of a specification."""

    revision: int
    base_number: int
    """The newest ready build when it was edited; 0 for none."""
    spec: Mapping[str, Any]


_FIND: Final = "SELECT revision, base_number, spec FROM project_specs WHERE project_id = %(project)s"
# Saving without a change is no step: an undo that changes nothing would look broken.
_KEEP_STEP: Final = """
    INSERT INTO project_spec_steps (project_id, revision, base_number, spec)
    SELECT project_id, revision, base_number, spec FROM project_specs
    WHERE project_id = %(project)s AND spec <> CAST(%(spec)s AS jsonb)
    """
# What was edited before the newest version is not taken back step by step: that version is what one goes back to.
_FORGET_STEPS: Final = """
    DELETE FROM project_spec_steps
    WHERE project_id = %(project)s AND (base_number <> %(base)s OR revision <= %(revision)s - %(most)s)
    """
_LAST_STEP: Final = """
    SELECT revision, base_number, spec FROM project_spec_steps WHERE project_id = %(project)s
    ORDER BY revision DESC LIMIT 1
    """
_TAKE_STEP: Final = "DELETE FROM project_spec_steps WHERE project_id = %(project)s AND revision >= %(revision)s"
_PUT: Final = """
    INSERT INTO project_specs AS kept (project_id, revision, base_number, spec)
    VALUES (%(project)s, 1, %(base)s, CAST(%(spec)s AS jsonb))
    ON CONFLICT (project_id) DO UPDATE SET revision = kept.revision + 1, base_number = excluded.base_number,
                                           spec = excluded.spec, changed_at = now()
    RETURNING revision
    """
_ANSWERED: Final = "SELECT question FROM project_answers WHERE project_id = %(project)s"
_ANSWER: Final = """
    INSERT INTO project_answers (project_id, question) VALUES (%(project)s, %(question)s) ON CONFLICT DO NOTHING
    """


async def find(tx: Connection, project_id: ProjectId) -> KeptSpec | None:
    """The project's, None when it was never edited."""
    row = await tx.row(_FIND, {"project": project_id})
    return KeptSpec(*row) if row else None


async def put(tx: Connection, project_id: ProjectId, spec: Mapping[str, Any], *, base_number: int) -> int:
    """Keep this one, and the last as a step to take back to; its revision. The caller holds the project's row."""
    await tx.execute(_KEEP_STEP, {"project": project_id, "spec": json.dumps(spec)})
    revision = await _replace(tx, project_id, spec, base_number=base_number)
    values = {"project": project_id, "base": base_number, "revision": revision, "most": STEPS_KEPT}
    await tx.execute(_FORGET_STEPS, values)
    return revision


async def _replace(tx: Connection, project_id: ProjectId, spec: Mapping[str, Any], *, base_number: int) -> int:
    values = {"project": project_id, "base": base_number, "spec": json.dumps(spec)}
    return int(await tx.value(_PUT, values))


async def last_step(tx: Connection, project_id: ProjectId) -> KeptSpec | None:
    """The edit before its last change; None before there was one."""
    row = await tx.row(_LAST_STEP, {"project": project_id})
    return KeptSpec(*row) if row else None


async def take_back(tx: Connection, project_id: ProjectId, step: KeptSpec) -> None:
    """Have an earlier step stand again; the caller holds the project's row."""
    await _replace(tx, project_id, step.spec, base_number=step.base_number)
    await tx.execute(_TAKE_STEP, {"project": project_id, "revision": step.revision})


async def answered(tx: Connection, project_id: ProjectId) -> frozenset[str]:
    """The questions about the plan whose default the founder agreed to."""
    return frozenset(question for [question] in await tx.rows(_ANSWERED, {"project": project_id}))


async def answer(tx: Connection, project_id: ProjectId, question: str) -> None:
    """Note that the founder agrees to what is built when nobody answers this question."""
    await tx.execute(_ANSWER, {"project": project_id, "question": question})
