"""The results of the stages of a build, as the journal keeps them for a build that is resumed."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.acceptance import Evidence
from app.blueprint.spec import AppSpec, WishSpec
from app.ports.storage import TreeDigest


class StageResult(BaseModel):
    """The result of a stage without any, and the base of the others."""

    # A build may be resumed by a release that says more or less of a stage than the one that began it.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class ScaffoldResult(StageResult):
    """The specification and the first files. `design` is what a model said beside the specification."""

    digest: TreeDigest
    spec: AppSpec
    design: dict[str, Any] = {}  # Any: what JSON can hold


class CodeResult(StageResult):
    """The app as it was written: its tree, how many files, and the account of the goal."""

    digest: TreeDigest
    files: int
    features: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    wishes: tuple[WishSpec, ...] = ()


class TakenRecords(StageResult):
    """The records that came along from the version before; no `source` where there was nothing to take."""

    # `from` is the word that evidence was written with from the start, and a keyword of Python.
    source: str | None = Field(default=None, alias="from")
    notes: tuple[str, ...] = ()
    is_copied: bool = Field(default=False, alias="copied")


class DepsResult(StageResult):
    """The installed app and the records that it begins with."""

    data: TakenRecords = TakenRecords()


class Pictures(StageResult):
    """The pictures that were taken of the pages; without a browser there are none."""

    digest: str | None = None
    names: tuple[str, ...] = ()


class CheckResult(StageResult):
    """The evidence of every check."""

    checks: list[Evidence]
    pictures: Pictures = Pictures()
