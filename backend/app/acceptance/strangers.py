"""Everything a stranger can open in an app: its public side alone, with nobody's name in it."""

from __future__ import annotations

import html
from collections import Counter, deque
from collections.abc import Iterable
from typing import Final
from urllib.parse import urljoin

from app.acceptance.crawl import pattern_of
from app.acceptance.evidence import Findings
from app.acceptance.file_checks import uploaded_fields
from app.acceptance.http_session import Answer, HttpSession, local_path
from app.acceptance.kept import excerpt_of
from app.acceptance.people import People
from app.blueprint.field_types import CONTACTS
from app.blueprint.spec import AppSpec, EntitySpec, FieldType, Publicity
from app.blueprint.spec_queries import title_fields
from app.domain.failure import BuildFailed, FailureCode

FOREIGN: Final = "rebound.example"
MAX_PAGES: Final = 40
MAX_ALIKE: Final = 3
# A shorter name stands in many a page by chance.
MIN_NAME: Final = 6
_OPENS: Final = 200
_STAFF: Final = ("/staff-side", "/staff-outbox", "/staff-accounts", "/your-password")
_LISTS: Final = ("", "/new", "/import", "/export.csv", "/calendar", "/board", "/totals", "/chart", "/gallery")
_RECORDS: Final = ("", "/edit", "/delete", "/moves/0", "/document")
_CHANGES: Final = ("/new", "/import", "/1/edit", "/1/delete", "/1/move", "/1/moves/0", "/undo/1")


async def keep_out(people: People) -> Findings:
    """No page of the staff opens, nothing is changed, and no public page names a person. BuildFailed."""
    opened = await _try_pages(people)
    sent = await _try_changes(people)
    await _try_foreign_name(people)
    read = await _read_public_pages(people)
    return Findings(
        f"{opened} pages of the staff closed, {sent} changes refused, {len(read)} public pages without a name",
        tuple(read),
    )


async def _try_pages(people: People) -> int:
    stranger, addresses = people.anybody(), list(_staff_pages(people.spec))
    for address in addresses:
        answer = await stranger.get(address)
        if answer.status == _OPENS:
            raise _open_to_strangers(answer)
    return len(addresses)


def _staff_pages(spec: AppSpec) -> Iterable[str]:
    yield from _STAFF
    for entity in spec.entities:
        # What visitors may see of a kind of record is said in the specification.
        listed = _LISTS if entity.public is Publicity.NONE else _LISTS[1:4]
        yield from (f"/{entity.table}{suffix}" for suffix in listed)
        record_paths = _RECORDS if entity.public is not Publicity.DETAIL else _RECORDS[1:]
        yield from (f"/{entity.table}/1{suffix}" for suffix in record_paths)
        yield from (f"/{entity.table}/1/files/{field.name}" for field in uploaded_fields(entity))
    for form in spec.forms:
        if (asked := spec.entity(form.entity)) is not None:
            yield f"/forms/{asked.table}/done?id=1&sign=000000000000000000000000"


async def _try_changes(people: People) -> int:
    """Forms of the staff, sent with the token of a page that anybody may open."""
    stranger, sent = people.anybody(), 0
    # With a good token it is the missing sign-in that must refuse, and not the guard of forms.
    token = await _form_token(stranger)
    before = {entity.name: len(await people.driver.rows(entity)) for entity in people.spec.entities}
    for entity in people.spec.entities:
        for suffix in _CHANGES:
            answer = await stranger.post(f"/{entity.table}{suffix}", {"csrf_token": token})
            sent += 1
            leads_on = answer.location and not answer.location.startswith(("/sign-in", "/setup"))
            if answer.status == _OPENS or leads_on:
                raise _open_to_strangers(answer)
    for entity in people.spec.entities:
        if len(await people.driver.rows(entity)) != before[entity.name]:
            raise BuildFailed(
                FailureCode.OPEN_TO_STRANGERS,
                f"Somebody who has not signed in can change {entity.plural.lower()}.",
            )
    return sent


async def _form_token(stranger: HttpSession) -> str:
    page = await stranger.follow(await stranger.get("/sign-in"))
    tokens = (form.untouched().get("csrf_token", "") for form in page.page.forms)
    return next((token for token in tokens if token), "")


async def _try_foreign_name(people: People) -> None:
    """A site whose name was made to lead here must get nothing: its pages could read what the owner reads."""
    for address in ("/", f"/{people.spec.entities[0].table}"):
        answer = await people.sessions.outside(FOREIGN).get(address)
        if not answer.is_refusal:
            raise BuildFailed(
                FailureCode.ANSWERS_TO_ANY_HOST,
                log=f"GET {address} with Host {FOREIGN}: {excerpt_of(answer)}",
            )


async def _read_public_pages(people: People) -> list[str]:
    names = await _private_names(people)
    pages = await _public_pages(people)
    for page in pages:
        text = html.unescape(page.text)
        name_shown = next((name for name in names if name in text), None)
        if name_shown is not None:
            raise BuildFailed(FailureCode.NAMES_SOMEBODY, log=f"GET {page.path} holds {name_shown!r}")
    return [page.path for page in pages]


async def _public_pages(people: People) -> list[Answer]:
    """Every page that a stranger comes to by links, a few of each kind."""
    stranger, alike, visited = people.anybody(), Counter[str](), set[str]()
    waiting, pages = deque(["/", "/about", "/sign-in", "/sign-up"]), list[Answer]()
    while waiting and len(pages) < MAX_PAGES:
        address = waiting.popleft()
        pattern = pattern_of(address)
        if address in visited or alike[pattern] >= MAX_ALIKE:
            continue
        visited.add(address)
        alike[pattern] += 1
        answer = await stranger.get(address)
        links = [answer.location, *answer.page.links] if answer.location else answer.page.links
        waiting += [path for link in links if (path := local_path(urljoin(address, link)))]
        if answer.status == _OPENS:
            pages.append(answer)
    return pages


async def _private_names(people: People) -> set[str]:
    """The names and contacts of everybody in the records, but for those whom visitors choose among."""
    private, offered = set[str](), set[str]()
    for entity in people.spec.entities:
        if not any(field.type in CONTACTS for field in entity.fields) or entity.public is not Publicity.NONE:
            continue
        rows = await people.driver.rows(entity)
        if not rows:
            await people.driver.spare(entity)
            rows = await people.driver.rows(entity)
        contacts = [field.name for field in entity.fields if field.type in CONTACTS]
        private |= _long_values(entity, rows, contacts)
        titles = _long_values(entity, rows, [name for name in _own_names(entity) if name not in contacts])
        if _is_offered(people.spec, entity):
            offered |= titles
        else:
            private |= titles
    return private - offered


def _own_names(entity: EntitySpec) -> list[str]:
    """The fields that name a record itself; what it is called by its links is named by those."""
    fields = [field for field in entity.fields if field.name in title_fields(entity)]
    if any(field.ref for field in fields):
        fields = [field for field in entity.fields if field.type is FieldType.TEXT]
    return [field.name for field in fields]


def _long_values(entity: EntitySpec, rows: list[dict[str, str]], names: list[str]) -> set[str]:
    labels = [field.label for field in entity.fields if field.name in names]
    values = {row.get(label, "") for row in rows for label in (*labels, *names)}
    # A single word, such as "Thursday", stands on pages for other reasons.
    return {value for value in values if len(value) >= MIN_NAME and not value.isalpha()}


def _is_offered(spec: AppSpec, entity: EntitySpec) -> bool:
    """True if a public form lets visitors choose one of them, as they choose a barber."""
    for form in spec.forms:
        asked = spec.entity(form.entity)
        fields = [asked.field(name) for name in form.fields if name != form.person] if asked else []
        if any(field is not None and field.ref == entity.name for field in fields):
            return True
    return False


def _open_to_strangers(answer: Answer) -> BuildFailed:
    return BuildFailed(FailureCode.OPEN_TO_STRANGERS, log=f"{answer.path}: {excerpt_of(answer)}")
