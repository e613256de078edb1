"""The public side of an app: its words, what visitors see of the records, and what its calculators give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Final
from urllib.parse import urlencode

from app.acceptance.evidence import Findings
from app.acceptance.figure_checks import is_shown
from app.acceptance.http_session import HttpSession
from app.acceptance.kept import excerpt_of
from app.acceptance.people import People
from app.blueprint.generate.tool_cases import Case, cases_of
from app.blueprint.spec import AppSpec, EntitySpec, FieldType, Publicity, ToolSpec
from app.blueprint.spec_queries import one_of
from app.blueprint.spec_site import SectionKind, SectionSpec, public_fields
from app.domain.failure import BuildFailed, FailureCode

ASKED = "asked"


def has_site(spec: AppSpec) -> bool:
    """True if the specification gives visitors anything to look at."""
    return bool(spec.site or spec.tools or any(entity.public is not Publicity.NONE for entity in spec.entities))


async def try_site(people: People) -> Findings:
    """The first page in the given words, public records without what is private, and right results."""
    visitor, spec = people.anybody(), people.spec
    saw = [await _try_words(visitor, spec)]
    for section in spec.site.sections if spec.site else ():
        finding = await SECTIONS[section.kind](people, section)
        saw.append(f"{section.title}: {finding}")
    for entity in spec.entities:
        if entity.public is not Publicity.NONE:
            saw.append(await _try_public_records(people, visitor, entity))
    for tool in spec.tools:
        saw.append(await _try_results(visitor, spec, tool))
    return Findings(f"{len(saw)} promises to visitors kept", tuple(saw))


async def _try_words(visitor: HttpSession, spec: AppSpec) -> str:
    sections = spec.site.sections if spec.site else ()
    answer = await visitor.get("/")
    missing = [words for section in sections for words in _texts_of(section) if words not in answer.page.text]
    if answer.status != 200 or missing:
        raise BuildFailed(FailureCode.WORDS_MISSING, log=f"GET /: HTTP {answer.status}, missing: {missing!r}")
    return f"The first page: {len(sections)} sections in the given words"


async def _words_suffice(_: People, section: SectionSpec) -> str:
    """A section of words alone: `_try_words` has looked for them."""
    return f"{section.kind.value} in the given words"


async def _try_catalogue(people: People, section: SectionSpec) -> str:
    """A record that visitors may see stands on the first page, where there is any."""
    entity = people.spec.entity(section.entity or "")
    page = (await people.anybody().get("/")).page
    if entity is None:
        raise _empty_section(section, page.text)
    rows = await people.driver.rows(entity)
    fields = [entity.field(name) for name in public_fields(people.spec, entity)]
    labels = [field.label for field in fields if field is not None and field.type is FieldType.TEXT]
    texts = [row[label] for row in rows for label in labels[:1] if row[label]]
    if texts and not entity.public_if and not any(text in page.text for text in texts):
        raise _empty_section(section, page.text)
    return f"lists {entity.plural.lower()}"


async def _try_signup(people: People, section: SectionSpec) -> str:
    """The form is on the page, or a button leads to it."""
    entity = people.spec.entity(section.entity or "")
    page = (await people.anybody().get("/")).page
    path = f"/forms/{entity.table}" if entity is not None else "/forms/"
    if not any(link.startswith(path) for link in (*page.links, *(form.action for form in page.forms))):
        raise _empty_section(section, page.text)
    return "leads to its form"


async def _try_calculator(people: People, section: SectionSpec) -> str:
    """The calculator is on the page."""
    page = (await people.anybody().get("/")).page
    path = f"/calculate-{section.tool}"
    if not any(link.startswith(path) for link in (*page.links, *(form.action for form in page.forms))):
        raise _empty_section(section, page.text)
    return "holds its calculator"


async def _try_tally(people: People, section: SectionSpec) -> str:
    """The answers are counted on the page."""
    entity = people.spec.entity(section.entity or "")
    rows = await people.driver.rows(entity) if entity is not None else []
    page = (await people.anybody().get("/")).page
    if entity is None or f"{len(rows):,} " not in page.text.partition(section.title)[2]:
        raise _empty_section(section, page.text)
    return f"counts the answers of {len(rows)}"


def _empty_section(section: SectionSpec, text: str) -> BuildFailed:
    return BuildFailed(
        FailureCode.WORDS_MISSING,
        f"The section “{section.title}” of the first page does not show what the plan says. Take it out of the "
        "plan, or say it otherwise, and build again.",
        log=text[:600],
    )


def _texts_of(section: SectionSpec) -> Iterator[str]:
    texts = (
        section.title,
        *section.text.split("\n\n"),
        *(part for item in section.items for part in (item.label, item.text)),
    )
    return (plain for text in texts if (plain := " ".join(text.split())))


async def _try_public_records(people: People, visitor: HttpSession, entity: EntitySpec) -> str:
    """Look for a new record as somebody who was never here, by words that stand nowhere else."""
    visible = public_fields(people.spec, entity)
    # Unlike anything else in the app: a common word would be found for other reasons.
    marks = {field.name: people.samples.mark() for field in entity.fields if field.type is FieldType.TEXT}
    record = await people.driver.add(entity, **marks)
    pages = [f"/browse-{entity.table}", f"/browse-{entity.table}/{record.id}"]
    answers = [await visitor.get(path) for path in pages]
    texts = " ".join(answer.page.text for answer in answers)
    leaked = [name for name, mark in marks.items() if name not in visible and mark in texts]
    if leaked:
        raise BuildFailed(
            FailureCode.NOT_PRIVATE,
            f"Visitors see of {entity.plural.lower()} what is not for them.",
            log=f"{leaked!r}",
        )
    # What has a page of its own tells the rest there.
    readable = texts if entity.public is Publicity.DETAIL else answers[0].page.text
    is_missing = [name for name, mark in marks.items() if name in visible and mark not in readable]
    if answers[0].status != 200 or (is_missing and not entity.public_if and not entity.order):
        raise BuildFailed(
            FailureCode.NOT_PUBLIC,
            f"Visitors do not see the {entity.plural.lower()} that are public.",
            log=f"GET {pages[0]}: {excerpt_of(answers[0])}\nmissing: {is_missing!r}",
        )
    if (answers[1].status == 200) and entity.public is Publicity.LIST:
        raise BuildFailed(FailureCode.NOT_PRIVATE, f"There is a page of {one_of(entity)} that nobody asked for.")
    return f"{entity.plural}: visitors see {', '.join(visible)} and nothing else"


async def _try_results(visitor: HttpSession, spec: AppSpec, tool: ToolSpec) -> str:
    cases = cases_of(spec, tool)
    for case in cases:
        path = f"/calculate-{tool.name}?{urlencode({**case.given, ASKED: '1'})}"
        answer = await visitor.get(path)
        wrong = [name for name in case.results if not _is_shown(tool, case, name, answer.page.text)]
        right = {name: str(case.results[name]) for name in wrong}
        if answer.status != 200 or wrong:
            raise BuildFailed(
                FailureCode.WRONG_RESULT,
                f"{tool.title!r} gives wrong results.",
                log=f"GET {path}: {excerpt_of(answer)}\nexpected: {right!r}",
            )
    return f"{tool.title}: right for {len(cases)} different inputs, worked out without the app"


def _is_shown(tool: ToolSpec, case: Case, name: str, text: str) -> bool:
    """True if the page has the result behind its label."""
    label = next(result.label for result in tool.results if result.name == name)
    return is_shown(text, label, case.results[name])


SECTIONS: Final[dict[SectionKind, Callable[[People, SectionSpec], Awaitable[str]]]] = {
    SectionKind.HERO: _words_suffice,
    SectionKind.ABOUT: _words_suffice,
    SectionKind.STEPS: _words_suffice,
    SectionKind.PRICING: _words_suffice,
    SectionKind.HOURS: _words_suffice,
    SectionKind.FAQ: _words_suffice,
    SectionKind.CONTACT: _words_suffice,
    SectionKind.CATALOGUE: _try_catalogue,
    SectionKind.SIGNUP: _try_signup,
    SectionKind.CALCULATOR: _try_calculator,
    SectionKind.RESULTS: _try_tally,
}
"""What is looked for beside the words of each kind of section."""
