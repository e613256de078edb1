"""The models that founders chose, and the sealed keys of their providers, in the record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection
from app.domain.model_choice import Chosen, KeptKey

_LOCK: Final = 6_114_014
"""Held while a key is sealed and while all are sealed anew, so that none is lost with a key that is forgotten."""

_CHOSEN: Final = """
    SELECT projects.model, projects.model_url, founders.model, founders.model_url
    FROM founders LEFT JOIN projects ON projects.id = %(project)s AND projects.founder_id = founders.id
    WHERE founders.id = %(founder)s
    """
_CHOOSE: Final = {
    True: "UPDATE projects SET model = %(model)s, model_url = %(url)s WHERE id = %(project)s "
    "AND founder_id = %(founder)s",
    False: "UPDATE founders SET model = %(model)s, model_url = %(url)s WHERE id = %(founder)s",
}
_KEEP: Final = """
    INSERT INTO provider_keys (founder_id, provider, url, sealed, hint)
    VALUES (%(founder)s, %(provider)s, %(url)s, %(sealed)s, %(hint)s)
    ON CONFLICT (founder_id, provider, url)
    DO UPDATE SET sealed = excluded.sealed, hint = excluded.hint, changed_at = now()
    """
_OF: Final = "FROM provider_keys WHERE founder_id = %(founder)s"


async def chosen(tx: Connection, founder_id: FounderId, project_id: ProjectId | None) -> Chosen | None:
    """The model of a project, or else of its founder; None where neither has one."""
    row = await tx.row(_CHOSEN, {"founder": founder_id, "project": project_id})
    if row is None:
        return None
    if row[0] is not None:
        return Chosen(row[0], row[1], of="project")
    return Chosen(row[2], row[3], of="founder") if row[2] is not None else None


async def choose(
    tx: Connection, founder_id: FounderId, project_id: ProjectId | None, *, model: str | None, url: str | None
) -> None:
    """Note the model of a project, or of the founder; None forgets it."""
    values = {"founder": founder_id, "project": project_id, "model": model, "url": url}
    await tx.execute(_CHOOSE[project_id is not None], values)


async def hold_keys(tx: Connection) -> None:
    """Let nobody else seal a key until this transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


async def keep_key(
    tx: Connection, founder_id: FounderId, provider: str, url: str, *, sealed: bytes, hint: str
) -> None:
    """Keep a key, in the place of an earlier one for the same provider and address."""
    values = {"founder": founder_id, "provider": provider, "url": url, "sealed": sealed, "hint": hint}
    await tx.execute(_KEEP, values)


async def sealed_key(tx: Connection, founder_id: FounderId, provider: str, url: str) -> bytes | None:
    """The sealed key for a provider at an address; empty is the provider's own."""
    statement = f"SELECT sealed {_OF} AND provider = %(provider)s AND url = %(url)s"
    row = await tx.row(statement, {"founder": founder_id, "provider": provider, "url": url})
    return bytes(row[0]) if row else None


async def remove_key(tx: Connection, founder_id: FounderId, provider: str, url: str) -> bool:
    """Remove a key; false when there was none."""
    statement = f"DELETE {_OF} AND provider = %(provider)s AND url = %(url)s RETURNING provider"
    return await tx.row(statement, {"founder": founder_id, "provider": provider, "url": url}) is not None


async def keys(tx: Connection, founder_id: FounderId) -> Sequence[KeptKey]:
    """The founder's keys without what they are."""
    statement = f"SELECT provider, url, hint, changed_at {_OF} ORDER BY provider, url"
    return [KeptKey(*row) for row in await tx.rows(statement, {"founder": founder_id})]


async def every_sealed_key(tx: Connection) -> Sequence[tuple[FounderId, str, str, bytes]]:
    """Every key of every founder, as it is sealed."""
    rows = await tx.rows("SELECT founder_id, provider, url, sealed FROM provider_keys", {})
    return [(FounderId(row[0]), row[1], row[2], bytes(row[3])) for row in rows]


async def seal_anew(tx: Connection, founder_id: FounderId, provider: str, url: str, sealed: bytes) -> None:
    """Keep the same key under another seal."""
    statement = (
        "UPDATE provider_keys SET sealed = %(sealed)s WHERE founder_id = %(founder)s AND provider = %(provider)s "
        "AND url = %(url)s"
    )
    await tx.execute(statement, {"founder": founder_id, "provider": provider, "url": url, "sealed": sealed})
