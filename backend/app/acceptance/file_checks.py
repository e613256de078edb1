"""The files of records: uploaded through a form, read back as they were, and closed to strangers."""

from __future__ import annotations

from app.acceptance.http_session import Answer, HttpSession
from app.acceptance.kept import Kept, told
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
    kept = await people.driver.add(entity)
    asked = await people.driver.asked(entity)
    fields = [field for field in uploaded_fields(entity) if field.name in asked]
    owner, stranger = await people.second_owner(), people.anybody()
    for field in fields:
        await _read_back(owner, kept, field)
        await _refuse(people.spec, stranger, kept, field)
    return f"{entity.plural}: {len(fields)} files came back as they were uploaded, and were closed to a stranger"


async def _read_back(owner: HttpSession, kept: Kept, field: FieldSpec) -> None:
    address = _address(kept, field)
    page, file = await owner.get(kept.path), await owner.get(address)
    is_linked = any(link.partition("?")[0] == address for link in (*page.page.links, *page.page.assets))
    if file.status != 200 or file.body != example_content(kept.values[field.name]) or not is_linked:
        raise _lost(kept, field, file)


def _lost(kept: Kept, field: FieldSpec, answer: Answer) -> BuildFailed:
    return BuildFailed(
        FailureCode.FILE_LOST,
        f"{field.label} of a new {kept.entity.label.lower()} does not come back as it was uploaded.",
        log=f"GET {answer.path}: HTTP {answer.status}, {answer.kind}, {len(answer.body)} bytes",
    )


async def _refuse(spec: AppSpec, stranger: HttpSession, kept: Kept, field: FieldSpec) -> None:
    """The address of the staff is closed, and that of the site too unless visitors see the field."""
    entity = kept.entity
    closed = [_address(kept, field)]
    if entity.public is Publicity.NONE or field.name not in public_fields(spec, entity):
        closed.append(f"/browse-{entity.table}/{kept.id}/files/{field.name}")
    for address in closed:
        answer = await stranger.get(address)
        if answer.status == 200:
            raise BuildFailed(
                FailureCode.OPEN_FILES,
                f"Somebody who has not signed in gets the files of {entity.plural.lower()}.",
                log=f"GET {address}: {told(answer)}",
            )


def _address(kept: Kept, field: FieldSpec) -> str:
    return f"{kept.path}/files/{field.name}"
