"""Whoever has the link of a record changes what is theirs to change there, and nothing else."""

from __future__ import annotations

import html
from collections.abc import Mapping

from app.acceptance.form_driver import NUMBER
from app.acceptance.http_session import Answer
from app.acceptance.kept import Kept, excerpt_of
from app.acceptance.people import People
from app.blueprint.spec import UPLOADED, EntitySpec, FieldSpec
from app.blueprint.spec_lines import lines_of
from app.blueprint.spec_queries import changed_by_link, has_link, hidden_by_link, lower_first
from app.domain.failure import BuildFailed, FailureCode

_OPENS = 200


async def try_right_by_link(people: People, entity: EntitySpec) -> str:
    """Change a new record by its link, be refused by another, and read nothing hidden. BuildFailed."""
    hidden = await _try_hiding(people, entity) if hidden_by_link(entity) else ""
    return "; ".join(
        filter(None, [await _try_changing(people, entity) if changed_by_link(entity) else "", hidden])
    )


async def _try_hiding(people: People, entity: EntitySpec) -> str:
    """A new record is not told whole by its link, or by that of the record which it is a line of."""
    record = await people.driver.add(entity)
    holder, parent = record.path, lines_of(people.spec, entity)
    target = people.spec.entity(parent.ref) if parent is not None and parent.ref else None
    if not has_link(people.spec, entity) and target is not None and parent is not None:
        holder = f"/{target.table}/{record.values[parent.name]}"
    page = await people.driver.visitor.get(holder)
    told = await people.anybody().get(_link_on(entity, page))
    for part in hidden_by_link(entity):
        label = html.escape(part.label, quote=False)
        if told.status != _OPENS or any(mark in told.text for mark in (f"<dt>{label}</dt>", f">{label}</th>")):
            raise _wrong_right(entity, f"tell “{part.label}” by their link, or nothing", told)
    labels = " and ".join(lower_first(part.label) for part in hidden_by_link(entity))
    return f"Visitors are not told {labels} of {lower_first(entity.plural)}"


def _link_on(entity: EntitySpec, page: Answer) -> str:
    """The link for customers on the page of a record. BuildFailed where there is none."""
    link = next((link for link in page.page.links if link.startswith("/by-link/")), "")
    if not link:
        raise _wrong_right(entity, "have no link on their page", page)
    return link


async def _try_changing(people: People, entity: EntitySpec) -> str:
    record = await people.driver.add(entity)
    link = _link_on(entity, await people.driver.visitor.get(record.path))
    forged = await people.anybody().get(f"{link[:-1]}{'1' if link[-1] == '0' else '0'}/change")
    if not forged.is_refusal:
        raise _wrong_right(entity, "are changed by a link that is not theirs", forged)
    before = await _row_of(people, record)
    answer, typed = await _change(people, entity, f"{link}/change")
    _must_be_kept(entity, answer, typed, before, await _row_of(people, record))
    labels = ", ".join(lower_first(field.label) for field in changed_by_link(entity))
    return f"Visitors change {labels} of {lower_first(entity.plural)} by the link of their own, and nothing else"


async def _change(people: People, entity: EntitySpec, path: str) -> tuple[Answer, dict[str, str]]:
    """Send the form of the link, which asks for what is theirs and nothing else; the answer, and what was sent."""
    visitor = people.anybody()
    page = await visitor.get(path)
    names, theirs = {field.name for field in entity.fields}, changed_by_link(entity)
    form = max(page.page.forms, key=lambda form: len(form.names & names), default=None)
    if page.status != _OPENS or form is None or form.names & names != {field.name for field in theirs}:
        raise _wrong_right(entity, "do not ask by their link for exactly what is to be changed there", page)
    samples = people.driver.samples.values(entity)
    typed = {field.name: _other_value(field, samples) for field in theirs if field.type not in UPLOADED}
    answer = await visitor.submit(page, form, typed)
    # Another rule may stand against these values, and says so.
    is_ruled_out = answer.status == 422 and any(
        rule.about in answer.page.text for rule in people.spec.rules if rule.entity == entity.name
    )
    if answer.status != 303 and not is_ruled_out:
        raise _wrong_right(entity, "cannot be changed by their link", answer)
    return answer, typed


def _other_value(field: FieldSpec, samples: Mapping[str, str]) -> str:
    """Another value than a new record has, so that a form which keeps nothing is found out."""
    return field.choices[-1] if field.choices else samples.get(field.name, "")


async def _row_of(people: People, kept: Kept) -> dict[str, str]:
    rows = await people.driver.rows(kept.entity)
    return next((row for row in rows if row[NUMBER] == str(kept.id)), {})


def _must_be_kept(
    entity: EntitySpec,
    answer: Answer,
    given: Mapping[str, str],
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    """What was chosen is there, and everything else that people enter stands as it was."""
    if answer.status != 303:
        return
    chosen = {field.label: given[field.name] for field in entity.fields if field.name in given and field.choices}
    lost = [label for label, text in chosen.items() if after.get(label) != text]
    others = [field.label for field in entity.fields if field.name not in given]
    if lost or any(after.get(label) != before.get(label) for label in others):
        raise _wrong_right(entity, "are not what their link was used to say", answer)


def _wrong_right(entity: EntitySpec, what: str, answer: Answer) -> BuildFailed:
    return BuildFailed(
        FailureCode.RIGHT_WRONG,
        f"{entity.plural} {what}, and the plan says what visitors may change of their own. Look at the rights of "
        "the visitor in the plan, and build again.",
        log=f"{answer.path}: {excerpt_of(answer)}",
    )
