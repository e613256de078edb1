"""The specification of a project: drafted, shown, edited, and handed to the build that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from app.blueprint.editing import problems, settled, without_was
from app.blueprint.generate.theme import settled_theme
from app.blueprint.language.accounting import counted_again
from app.blueprint.questions import questions_of
from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of
from app.blueprint.trial import exposed_people
from app.core.errors import AppError, Conflict, InvalidInput
from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection
from app.domain.job import Job
from app.repositories import jobs, specs
from app.repositories.specs import KeptSpec
from app.services.change_requests import Proposal, propose
from app.services.plan_editing import correct
from app.services.plan_values import CorrectionRefused
from app.services.project_service import owned
from app.services.spec_states import Base, NoSpec, draft_of, rebased_edit, spec_as_it_stands, spec_of


class SpecRefused(InvalidInput):
    code, title = "spec_refused", "The specification is not valid"


class NothingToUndo(Conflict):
    code, title = "nothing_to_undo", "There is nothing to take back"


class SpecChanged(AppError):
    """Somebody has changed the specification since it was read."""

    status, code, title = 412, "spec_changed", "The specification has changed"


class RevisionMissing(AppError):
    status, code, title = 428, "revision_missing", "The revision is missing"


@dataclass(frozen=True)
class SpecView:
    """A specification as it stands: the one that the next build of its goal uses."""

    spec: AppSpec
    revision: str
    """Changes with everything that changes the specification; an edit names the one that it began with."""
    version: str
    """The newest version that is ready; empty before there is one."""
    is_edited: bool
    """Whether something of it is not built yet."""
    built: AppSpec | None = None
    """What that version was built from."""
    notes: tuple[str, ...] = ()
    """What was understood of an edit."""
    before: AppSpec | None = None
    """What it was before its last change, which can be taken back; None where nothing can."""
    answered: frozenset[str] = frozenset()
    """The questions about it whose default the founder agreed to."""


class SpecService:
    """Shows and keeps specifications."""

    async def draft(self, tx: Connection, founder_id: FounderId, project_id: ProjectId, spec: AppSpec) -> None:
        """Keep what the first build of a project is to make. Conflict once there is a version."""
        await owned(tx, founder_id, project_id, lock=True)
        # A draft would stand in the way of edits, which begin with the newest version.
        if await jobs.newest_ready(tx, project_id) is not None:
            raise Conflict("This project has a version already.", remedy="Change its specification instead.")
        await specs.put(tx, project_id, spec.model_dump(mode="json"), base_number=0)

    async def get(self, tx: Connection, founder_id: FounderId, project_id: ProjectId) -> SpecView:
        """The specification as it stands. NotFound, NoSpec."""
        await owned(tx, founder_id, project_id)
        return await self._current_spec(tx, project_id)

    async def put(
        self,
        tx: Connection,
        founder_id: FounderId,
        project_id: ProjectId,
        raw: Mapping[str, Any],
        *,
        revision: str | None,
        as_written: bool = False,
        is_taking_out: bool = False,
        began: AppSpec | None = None,
    ) -> SpecView:
        """Keep an edit for the next build. SpecRefused, SpecChanged; RevisionMissing when it names no revision.

        Unless `as_written`, parts that seem to be renamed are marked so, and the notes say it. With
        `is_taking_out` the wishes for what is gone count as left out. `began` is what the edit began with, and
        whose account of wishes it keeps, where that is not the specification as it stands.
        """
        await owned(tx, founder_id, project_id, lock=True)
        current = await self._current_spec(tx, project_id)
        _require_same(revision, current.revision)
        base = await self._find_base(tx, project_id)
        try:
            spec, notes = settled(dict(raw), base.spec, began=began or current.spec, guess=not as_written)
        except ValidationError as error:
            raise _refusal_of(error, dict(raw)) from error
        _refuse_exposure(spec, before=current.spec)
        wishes = counted_again(spec, current.spec, is_taking_out=is_taking_out)
        spec = spec.model_copy(update={"wishes": wishes})
        # Nothing is built yet, so no records have to follow a name that changed.
        if base.number == 0:
            spec, notes = without_was(spec), []
        await specs.put(tx, project_id, spec.model_dump(mode="json"), base_number=base.number)
        view = await self._current_spec(tx, project_id)
        return replace(view, notes=tuple(notes))

    async def correct(
        self,
        tx: Connection,
        founder_id: FounderId,
        project_id: ProjectId,
        change: str,
        values: Mapping[str, str],
        *,
        revision: str | None,
    ) -> SpecView:
        """Make one correction in product words. CorrectionRefused, and as for an edit."""
        view = await self.get(tx, founder_id, project_id)
        raw = _kept_in_its_look(view).model_dump(mode="json")
        correct(raw, change, values)
        try:
            return await self.put(
                tx,
                founder_id,
                project_id,
                raw,
                revision=revision,
                as_written=True,
                is_taking_out=change.startswith("remove_"),
            )
        except SpecRefused as error:
            raise _unfit(error) from error

    async def request(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId, text: str, *, instead_of: str = ""
    ) -> tuple[SpecView, Proposal]:
        """Make a change that is said in words; the plan then, and what was made of it. ChangeNotUnderstood.

        `instead_of` is a wish that was left out, and that these words take the place of.
        """
        view = await self.get(tx, founder_id, project_id)
        proposal = await propose(_kept_in_its_look(view), text, instead_of=instead_of)
        began = view.spec.model_copy(update={"wishes": proposal.wishes})
        try:
            changed = await self.put(
                tx, founder_id, project_id, proposal.raw, revision=view.revision, as_written=True, began=began
            )
        except SpecRefused as error:
            raise _unfit(error) from error
        return changed, proposal

    async def reset(self, tx: Connection, founder_id: FounderId, project_id: ProjectId) -> SpecView:
        """Forget every change since the newest version."""
        view = await self.get(tx, founder_id, project_id)
        if view.built is None:
            return view
        return await self._put_whole(tx, founder_id, project_id, view.built, revision=view.revision)

    async def undo(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId, *, revision: str | None
    ) -> SpecView:
        """Take the last change since the newest version back. NothingToUndo, SpecChanged, RevisionMissing."""
        await owned(tx, founder_id, project_id, lock=True)
        view = await self._current_spec(tx, project_id)
        _require_same(revision, view.revision)
        if view.before is None:
            raise NothingToUndo("Nothing was changed that could be taken back.")
        base = await self._find_base(tx, project_id)
        step = await specs.last_step(tx, project_id)
        if step is None or step.base_number != base.number:
            # No step is kept below the first change: it is taken back to what the version was built from.
            step = KeptSpec(0, base.number, base.spec.model_dump(mode="json"))
        await specs.take_back(tx, project_id, step)
        return await self._current_spec(tx, project_id)

    async def agree(self, tx: Connection, founder_id: FounderId, project_id: ProjectId, question: str) -> SpecView:
        """Agree to what is built when nobody answers a question about the plan. CorrectionRefused."""
        await owned(tx, founder_id, project_id, lock=True)
        view = await self._current_spec(tx, project_id)
        if question not in {asked.text for asked in questions_of(view.spec)} - view.answered:
            raise CorrectionRefused("This question is not asked any more.")
        await specs.answer(tx, project_id, question)
        return await self._current_spec(tx, project_id)

    async def of_version(self, tx: Connection, job: Job) -> AppSpec | None:
        """The specification of a version; None when another release has made it and it cannot be read."""
        specified = await jobs.find_specified(tx, job.id)
        if specified is None or specified.spec is None:
            return None
        try:
            return without_was(AppSpec.model_validate(specified.spec))
        except ValidationError:
            return None

    async def return_to(self, tx: Connection, founder_id: FounderId, project_id: ProjectId, job: Job) -> SpecView:
        """Make the specification of an earlier version the one that is built next. NoSpec."""
        spec = await self.of_version(tx, job)
        if spec is None:
            raise NoSpec(f"{job.build_version} was made by another release, and its specification is not kept.")
        view = await self.get(tx, founder_id, project_id)
        return await self._put_whole(tx, founder_id, project_id, spec, revision=view.revision)

    async def _put_whole(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId, spec: AppSpec, *, revision: str
    ) -> SpecView:
        """Have a specification that was whole before stand, with its own account of wishes."""
        raw = spec.model_dump(mode="json")
        return await self.put(tx, founder_id, project_id, raw, revision=revision, as_written=True, began=spec)

    async def to_build(
        self, tx: Connection, project_id: ProjectId, goal: str | None
    ) -> tuple[AppSpec | None, str | None]:
        """The specification that a build of this goal begins with, and its revision: the edit of the same goal.

        None and None where the goal alone is built. Without a goal it is the specification as it stands. NoSpec
        when there is none.
        """
        if goal is None:
            view = await self._current_spec(tx, project_id)
            return view.spec, view.revision
        edit = await specs.find(tx, project_id)
        if edit is None or edit.spec.get("goal") != goal:
            return None, None
        newest = await jobs.newest_ready(tx, project_id)
        if newest is None:
            return draft_of(edit), _revision_of(edit, 0)
        return rebased_edit(edit, spec_of(newest)), _revision_of(edit, newest.number)

    async def to_change(self, tx: Connection, project_id: ProjectId) -> tuple[AppSpec, str]:
        """The specification that a change in words begins with, and its revision.

        NoSpec; Conflict while an edit is not built.
        """
        view = await self._current_spec(tx, project_id)
        if view.is_edited:
            raise Conflict(
                "The specification has an edit that is not built yet; a change in words begins with a version.",
                remedy="Build the edit first, or change it by hand.",
            )
        return view.spec, view.revision

    async def is_given(self, tx: Connection, project_id: ProjectId, goal: str | None) -> bool:
        """True when a build of this goal begins with a specification, so that no engine plans anything."""
        if goal is None:
            return True
        edit = await specs.find(tx, project_id)
        return edit is not None and edit.spec.get("goal") == goal

    async def _current_spec(self, tx: Connection, project_id: ProjectId) -> SpecView:
        base = await self._find_base(tx, project_id)
        edit = await specs.find(tx, project_id)
        spec, is_edited = spec_as_it_stands(edit, base)
        return SpecView(
            spec,
            _revision_of(edit, base.number),
            base.version,
            is_edited,
            base.spec if base.number else None,
            before=await self._before(tx, project_id, spec, edit, base),
            answered=await specs.answered(tx, project_id),
        )

    async def _before(
        self, tx: Connection, project_id: ProjectId, spec: AppSpec, edit: KeptSpec | None, base: Base
    ) -> AppSpec | None:
        """The plan before its last change; None where that is no change, or was made before the newest version."""
        if edit is None or edit.base_number != base.number:
            return None
        step = await specs.last_step(tx, project_id)
        if step is not None and step.base_number == base.number:
            before = draft_of(step)
        else:
            before = base.spec if base.number else None
        return None if before == spec else before

    async def _find_base(self, tx: Connection, project_id: ProjectId) -> Base:
        newest = await jobs.newest_ready(tx, project_id)
        if newest is not None and newest.spec is not None:
            return Base(spec_of(newest), newest.number, newest.build_version)
        edit = await specs.find(tx, project_id)
        # Beside a version an edit is a change of it, and none that could be built alone.
        draft = None if edit is None or newest is not None else draft_of(edit)
        if draft is None:
            raise NoSpec(
                "This project has no version yet, so it has no specification.",
                remedy="Build it from a goal first.",
                project_id=str(project_id),
            )
        return Base(draft, 0, "")


def _revision_of(edit: KeptSpec | None, number: int) -> str:
    """The name of an edit on top of a version, as the function that accepts builds has it too."""
    # Also the version, since a build that became ready in the meantime changes what the edit begins with.
    return f"{edit.revision if edit else 0}-{number}"


def _kept_in_its_look(view: SpecView) -> AppSpec:
    """The specification with its look named, so that other words do not change what people know by now.

    The look that nobody has named is chosen by the words of the goal, the title and the records.
    """
    return view.spec if view.built is None else view.spec.model_copy(update={"theme": settled_theme(view.spec)})


def _require_same(given: str | None, current: str) -> None:
    if given is None:
        raise RevisionMissing(
            "An edit has to say which revision it began with.", remedy="Read it, and send its ETag as If-Match."
        )
    if given != current:
        raise SpecChanged(
            "The specification was changed by somebody else since you read it.",
            remedy="Read it again and repeat your change.",
        )


def _unfit(error: SpecRefused) -> CorrectionRefused:
    """The refusal of a plan that its founder did not write: where its faults are is no word of theirs."""
    return CorrectionRefused(
        "This does not fit the rest of the plan, so nothing was changed.",
        remedy="Say it in another way, or change the plan by clicking.",
        **error.extra,
    )


def _refuse_exposure(spec: AppSpec, *, before: AppSpec) -> None:
    """SpecRefused where the edit shows people to visitors that were not shown before."""
    faults = [
        {"field": exposed.place, "problem": exposed.problem}
        for exposed in exposed_people(spec)
        # A plan of an earlier release may do so, and is corrected by edits one by one.
        if exposed not in [*exposed_people(before)]
    ]
    if faults:
        raise SpecRefused(f"{faults[0]['field']}: {faults[0]['problem']}.", errors=faults)


def _refusal_of(error: ValidationError, raw: dict[str, Any]) -> SpecRefused:
    faults = faults_of(raw)[1] or problems(error, raw)
    # Five are as much as somebody reads in one sentence; `errors` has all of them.
    summary = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults[:5])
    return SpecRefused(f"{summary}.", errors=faults)
