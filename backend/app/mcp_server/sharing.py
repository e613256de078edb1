"""The tool that shares an app with somebody who has no account: a link is made, listed and closed."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self, assert_never
from uuid import UUID

from pydantic import Field, model_validator

from app.core.ids import ProjectId
from app.mcp_server.looking import ProjectField
from app.mcp_server.tools import Answer, Arguments, Session, Tool
from app.schemas.text import Name


class ShareIn(Arguments):
    """The links of a project, and the action to take on them."""

    project_id: ProjectField
    action: Annotated[
        Literal["link", "list", "close"],
        Field(description="link makes one, list shows those that are good, close ends one at once."),
    ] = "link"
    label: Annotated[Name | None, Field(description="For link: whom it is for, in the founder's words.")] = None
    days: Annotated[int, Field(ge=1, le=90, description="For link: how many days it is good for.")] = 7
    with_code: Annotated[
        bool, Field(description="For link: whether it also asks for a code, told by another way.")
    ] = False
    link_id: Annotated[UUID | None, Field(description="For close: the link_id that link or list told.")] = None

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if self.action == "link" and self.label is None:
            raise ValueError("label is missing: whom the link is for")
        if self.action == "close" and self.link_id is None:
            raise ValueError("link_id is missing: which link to close; call share with action list to see them")
        return self


async def _share_app(session: Session, arguments: ShareIn) -> Answer:
    match arguments.action:
        case "link":
            return await _make_link(session, arguments)
        case "list":
            return await _list_links(session, arguments)
        case "close":
            return await _close_link(session, arguments)
        case _:
            assert_never(arguments.action)


async def _make_link(session: Session, arguments: ShareIn) -> Answer:
    async with session.services.database.transaction() as tx:
        new_link = await session.services.shares.create(
            tx,
            session.caller.id,
            ProjectId(arguments.project_id),
            label=arguments.label or "",
            days=arguments.days,
            with_code=arguments.with_code,
        )
    # Only a digest of the secret is kept, so this is the one time that it can be told.
    url = f"{session.origin}/s/{new_link.secret}"
    lines = [
        f"Whoever has this link sees what visitors see of the newest version: {url}",
        f"It is good until {new_link.link.expires_at:%Y-%m-%d} and shown this once. "
        f"To end it before: share with action close and link_id {new_link.link.id}.",
    ]
    if new_link.code is not None:
        lines.append(f"It asks for the code {new_link.code}, which the founder tells them by another way.")
    return Answer("\n".join(lines), {"url": url, "code": new_link.code, "link_id": str(new_link.link.id)})


async def _list_links(session: Session, arguments: ShareIn) -> Answer:
    async with session.services.database.autocommit() as tx:
        links = await session.services.shares.list(tx, session.caller.id, ProjectId(arguments.project_id))
    lines = [f"- {link.label}: good until {link.expires_at:%Y-%m-%d} (link_id {link.id})" for link in links]
    data = [{"link_id": str(link.id), "label": link.label} for link in links]
    return Answer("\n".join(lines) or "No link to this project is good.", {"links": data})


async def _close_link(session: Session, arguments: ShareIn) -> Answer:
    assert arguments.link_id is not None
    async with session.services.database.transaction() as tx:
        await session.services.shares.close(
            tx, session.caller.id, ProjectId(arguments.project_id), arguments.link_id
        )
    return Answer(
        "The link is closed: it opens nothing any more, and whoever came by it is out.",
        {"link_id": str(arguments.link_id)},
    )


SHARING: Final[tuple[Tool[Any], ...]] = (
    Tool(
        "share",
        "Share an app by a link",
        "Makes a link by which anybody sees what the newest version shows to visitors, with a code if the founder "
        "wants one; lists the links that are good; closes one. Only if the founder says so.",
        ShareIn,
        _share_app,
    ),
)
