"""The specification that stands: the edit, as a change of the newest version, or that of the version itself."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from app.blueprint.editing import settled, without_was
from app.blueprint.spec import AppSpec
from app.core.errors import NotFound
from app.domain.job import SpecifiedJob
from app.repositories.specs import KeptSpec


class NoSpec(NotFound):
    code, title = "no_spec", "There is no specification yet"


@dataclass(frozen=True)
class Base:
    """The base of an edit: the newest version, or the draft of a project that has none."""

    spec: AppSpec
    number: int
    version: str


def spec_as_it_stands(kept: KeptSpec | None, base: Base) -> tuple[AppSpec, bool]:
    """The edit as long as it belongs to the newest version, else what that version was built from."""
    built = base.spec
    if kept is None:
        return built, False
    if base.number == 0:
        return built, True
    # A newer version of another goal has overtaken the edit; one of the same goal is what the edit changes.
    if kept.base_number != base.number and kept.spec.get("goal") != built.goal:
        return built, False
    edited = rebased_edit(kept, built) or built
    return edited, edited != built


def rebased_edit(kept: KeptSpec, built: AppSpec) -> AppSpec | None:
    """The edit, as a change of the newest version; None when another release has made it and it cannot be read."""
    try:
        began = AppSpec.model_validate(kept.spec)
        return settled(dict(kept.spec), built, began=began, guess=False)[0]
    except ValidationError:
        return None


def draft_of(kept: KeptSpec) -> AppSpec | None:
    """The draft, or None when another release has made it and it cannot be read."""
    try:
        return AppSpec.model_validate(kept.spec)
    except ValidationError:
        return None


def spec_of(job: SpecifiedJob) -> AppSpec:
    """The specification that a version was built from. NoSpec when another release has made it."""
    try:
        return without_was(AppSpec.model_validate(job.spec))
    except ValidationError as error:
        raise NoSpec(
            f"{job.build_version} was made by another release, and its specification cannot be edited here.",
            remedy="Build its goal again, then edit that version.",
        ) from error
