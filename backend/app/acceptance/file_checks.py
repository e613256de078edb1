"""The files of records: uploaded through a form, read back as they were, and closed to strangers."""

from __future__ import annotations

from app.acceptance.http_session import Answer, HttpSession
from app.acceptance.kept import Kept, excerpt_of
from app.acceptance.people import People
from app.blueprint.generate.example_files import example_content
from app.blueprint.spec import UPLOADED, AppSpec, EntitySpec, FieldSpec, Publicity
from app.blueprint.spec_site import public_fields
from app.domain.failure import BuildFailed, FailureCode


def uploaded_fields(entity: EntitySpec) -> list[FieldSpec]:
    """The fields of a record that hold files."""
    return [field for field in entity.fields if field.type in UPLOADED]


async def try_files(people: People, entity: EntitySpec) -> str:
    """Upload, read back as another browser of the owner, and ask as a stranger; what was seen. BuildFailed."""
    record = await people.driver.add(entity)
    asked = await people.driver.asked(entity)
    fields = [field for field in uploaded_fields(entity) if field.name in asked]
    owner, stranger = await people.second_owner(), people.anybody()
    for field in fields:
        await _read_back(owner, record, field)
        await _must_refuse(people.spec, stranger, record, field)
    return f"{entity.plural}: {len(fields)} files came back as they were uploaded, and were closed to a stranger"


async def _read_back(owner: HttpSession, record: Kept, field: FieldSpec) -> None:
    address = _file_path(record, field)
    # By another browser: what came back to the first could have come out of its own form.
    page, file = await owner.get(record.path), await owner.get(address)
    is_linked = any(link.partition("?")[0] == address for link in (*page.page.links, *page.page.assets))
    if file.status != 200 or file.body != example_content(record.values[field.name]) or not is_linked:
        raise _lost_file(record, field, file)


def _lost_file(record: Kept, field: FieldSpec, answer: Answer) -> BuildFailed:
    return BuildFailed(
        FailureCode.FILE_LOST,
        f"{field.label} of a new {record.entity.label.lower()} does not come back as it was uploaded.",
        log=f"GET {answer.path}: HTTP {answer.status}, {answer.kind}, {len(answer.body)} bytes",
    )


async def _must_refuse(spec: AppSpec, stranger: HttpSession, record: Kept, field: FieldSpec) -> None:
    """The address of the staff is closed, and that of the site too unless visitors see the field."""
    entity = record.entity
    closed = [_file_path(record, field)]
    if entity.public is Publicity.NONE or field.name not in public_fields(spec, entity):
        closed.append(f"/browse-{entity.table}/{record.id}/files/{field.name}")
    for address in closed:
        answer = await stranger.get(address)
        if answer.status == 200:
            raise BuildFailed(
                FailureCode.OPEN_FILES,
                f"Somebody who has not signed in gets the files of {entity.plural.lower()}.",
                log=f"GET {address}: {excerpt_of(answer)}",
            )


def _file_path(record: Kept, field: FieldSpec) -> str:
    return f"{record.path}/files/{field.name}"
