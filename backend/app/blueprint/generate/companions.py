"""Sets of records that may stand beside an example, by how many a condition counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from app.blueprint.generate.scenes import Key
from app.blueprint.spec import EntitySpec

MOST_BESIDE: Final = 12
_MOST_CROWDED: Final = 60


def companion_sets(
    entity: EntitySpec, kinds: Sequence[str], numbers: Sequence[Decimal]
) -> Iterator[tuple[Key, ...]]:
    """Sets of records beside: one of each kind that is counted, several of one, then one of all."""
    sizes = dict.fromkeys((1, 2, *(int(number) for number in numbers if 2 < number <= MOST_BESIDE)))
    for size in sizes:
        for kind in kinds:
            yield _several(entity, kind, size)
    if len(kinds) > 1:
        yield tuple((kind, 2 if kind == entity.name else 1) for kind in kinds)


def crowds(entity: EntitySpec, kinds: Sequence[str], numbers: Sequence[Decimal]) -> Iterator[tuple[Key, ...]]:
    """Sets of more records than are tried otherwise: twenty permits a year are refused at the next one."""
    for number in dict.fromkeys(int(number) for number in numbers if MOST_BESIDE < number <= _MOST_CROWDED):
        for kind in kinds:
            yield _several(entity, kind, number)


def _several(entity: EntitySpec, kind: str, size: int) -> tuple[Key, ...]:
    start = 2 if kind == entity.name else 1
    return tuple((kind, number) for number in range(start, start + size))
